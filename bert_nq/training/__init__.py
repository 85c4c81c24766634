"""Losses, the optimizer and the training run."""
