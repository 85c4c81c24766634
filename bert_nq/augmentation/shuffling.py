"""Shuffles the paragraphs of a page."""
from typing import Optional

import numpy as np

from bert_nq.augmentation.augmentation import Augmentation, BlockEdits, Draws
from bert_nq.augmentation.blocks import NUM_CANDIDATES_READ, is_paragraph, top_level_blocks
from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import Example

# The most orders drawn until one differs from the page's; each is a purpose of its own for `Draws`.
_TRIES = 8


class ParagraphShuffle(Augmentation):
    """Puts the top-level paragraphs in another order; tables and lists stay where they are."""

    def __init__(self, first: int = NUM_CANDIDATES_READ):
        """
        Args:
          first: number of top-level candidates, from the top of a page, among which paragraphs are
            shuffled. Later paragraphs stay, so that no answer moves out of all windows.

        Raises:
          UserError: `first` is below 2.
        """
        if first < 2:
            raise UserError("paragraphs are shuffled among 2 candidates at least, not %s"
                            % (first,))
        self._first = first

    def edits(self, example: Example, draws: Draws) -> Optional[BlockEdits]:
        """Draws another order of the paragraphs; None if there is none or a few draws find none."""
        blocks = top_level_blocks(example)[:self._first]
        places = [block for block in blocks if is_paragraph(example, block)]
        if len(places) < 2:
            return None
        starts = np.array([place.start_token for place in places])
        texts = [example.tokens[start:end] for start, end in places]
        for purpose in range(_TRIES):
            order = np.argsort(draws.uniform(purpose, starts), kind="stable").tolist()
            if any(texts[i] != texts[j] for i, j in enumerate(order)):
                return BlockEdits(places, [places[j] for j in order])
        return None
