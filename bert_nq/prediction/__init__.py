"""Logits to answers, and the prediction run over shards."""
