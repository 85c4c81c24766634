"""The official scores of SQuAD, versions 1.1 and 2.0, and reports on them."""
