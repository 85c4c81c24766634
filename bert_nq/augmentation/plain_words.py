"""Plain words, of letters and digits only: the words that may be deleted or moved."""
from typing import NamedTuple

import numpy as np

from bert_nq.augmentation.augmentation import choose_words, tags_of
from bert_nq.datasets.nq.example import Example


class PlainWords(NamedTuple):
    """Properties of the T tokens of a page; bool [T] each."""
    is_html: np.ndarray  # a tag
    is_plain: np.ndarray  # a plain word, in an answer or not
    is_eligible: np.ndarray  # a plain word outside all answers


def plain_context(example: Example) -> PlainWords:
    """Finds the plain words of a page, and those of them that belong to its context.

    Punctuation, abbreviations with dots and marker tokens such as [Q] are not plain words.
    """
    is_html = tags_of(example)
    is_plain = np.frombuffer(bytes(map(str.isalnum, example.tokens)), bool) & ~is_html
    is_context = np.zeros([len(example.tokens)], bool)
    is_context[choose_words(example, "context").tokens] = True
    return PlainWords(is_html, is_plain, is_context & is_plain)
