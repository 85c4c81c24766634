"""BERT encoders and heads, their checkpoints and conversions."""
