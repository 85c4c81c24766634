"""An example to windows of wordpieces, with labels or token maps."""
