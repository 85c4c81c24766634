"""Spans of words (Joshi et al. 2020, SpanBERT, section 3.1).

A span begins with any word and has 1 to 10 words; each further one is there with a chance of 0.8,
which makes 3.8 words in the mean. Its pieces become masks, or others, or stay, all together. A span
that overlaps an earlier one, runs over the end of the block or exceeds the budget is drawn again.
Where that goes on, the rest of the budget is filled by words that are left, cut to it.
"""
from typing import List

import numpy as np

from bert_nq.features.maskings import Block, Chosen, Masking, words

_STOP = 0.2  # the chance that a span ends with a word
_MOST_WORDS = 10
_TRIES = 100  # draws in a row that come to nothing


def choose(block: Block, k: int, random: np.random.RandomState) -> Chosen:
    """Chooses k pieces of a block; see Masking."""
    found = words.words_of(block)
    groups = np.full(len(block.ids), -1)  # the span of each piece
    left, span, tries = k, 0, 0
    while left and tries < _TRIES:
        tries += 1
        first = random.randint(len(found))
        last = first + min(random.geometric(_STOP), _MOST_WORDS) - 1
        if last >= len(found):
            continue
        start, end = found[first][0], found[last][1]
        if end - start > left or (groups[start:end] >= 0).any():
            continue
        groups[start:end] = span
        left, span, tries = left - (end - start), span + 1, 0
    if left:
        _fill(groups, found, left, span, random)
    positions = np.flatnonzero(groups >= 0)
    return Chosen(positions, groups[positions])


def _fill(groups: np.ndarray, found: List[words.Word], left: int, span: int,
          random: np.random.RandomState) -> None:
    """Hides `left` pieces more, in words that are left; each word is a span of its own."""
    for word in random.permutation(len(found)).tolist():
        start, end = found[word]
        if left and groups[start] < 0:
            end = min(end, start + left)
            groups[start:end] = span
            left, span = left - (end - start), span + 1


MASKING = Masking(choose)
