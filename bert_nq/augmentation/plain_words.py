"""The words of a page that may be taken out or moved as they are: letters and digits alone."""
from typing import NamedTuple

import numpy as np

from bert_nq.augmentation.augmentation import choose_words, tags_of
from bert_nq.datasets.nq.example import Example


class PlainWords(NamedTuple):
    """Three facts of each of the T tokens of a page; bool [T] each."""
    is_html: np.ndarray
    is_plain: np.ndarray  # a word of letters and digits, wherever it is
    is_eligible: np.ndarray  # such a word outside all answers


def plain_context(example: Example) -> PlainWords:
    """The plain words of a page and which of them belong to its context.

    Punctuation, abbreviations with dots and marker tokens such as [Q] are no plain words.
    """
    is_html = tags_of(example)
    is_plain = np.frombuffer(bytes(map(str.isalnum, example.tokens)), bool) & ~is_html
    is_context = np.zeros([len(example.tokens)], bool)
    is_context[choose_words(example, "context").tokens] = True
    return PlainWords(is_html, is_plain, is_context & is_plain)
