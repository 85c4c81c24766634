"""Shared parts of the programs: flags, checks, progress and printed reports."""
