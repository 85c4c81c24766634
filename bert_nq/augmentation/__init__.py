"""Data augmentation: copies of pages with some of their words or parts changed."""
