"""Flags that several programs share, by topic."""
