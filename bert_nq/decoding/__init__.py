"""Decoders: a model's outputs for the windows of a page become its answers with their scores."""
