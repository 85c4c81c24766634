"""Model outputs to answers: spans, scores, and entries of the prediction file."""
