"""Search for the pages of a folder that may answer a question."""
