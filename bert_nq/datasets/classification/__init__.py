"""Texts with labels, as JSON lines or tables.

    labels   the labels of a set, in order
    reading  files of either format → examples
"""
