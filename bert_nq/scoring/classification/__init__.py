"""Scores of texts with labels, and reports on them."""
