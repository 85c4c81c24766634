"""Natural Questions in its own terms: examples and their answers, both file formats, shards."""
