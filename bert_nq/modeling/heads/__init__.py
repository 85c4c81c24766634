"""Heads: an encoder's vectors to a task's logits."""
