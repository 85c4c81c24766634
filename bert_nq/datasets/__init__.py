"""Formats of datasets in their own terms."""
