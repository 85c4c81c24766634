"""Encoders: token ids to a vector for each position."""
