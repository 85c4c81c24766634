"""Words to wordpieces to ids, and vocabularies."""
