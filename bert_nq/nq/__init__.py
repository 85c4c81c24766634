"""Natural Questions in its own terms: examples, candidates, annotations, both file formats, shards."""
