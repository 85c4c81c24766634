"""Texts without annotations, of whatever files have some."""
