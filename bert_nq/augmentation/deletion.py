"""Random deletion of words of the context.

After Wei and Zou, "EDA: Easy Data Augmentation Techniques for Boosting Performance on Text
Classification Tasks" (2019), section 2.
"""
from typing import Optional

import numpy as np

from bert_nq.augmentation.augmentation import Augmentation, Draws, WordEdits
from bert_nq.augmentation.checks import check_rate, check_words
from bert_nq.augmentation.plain_words import plain_context
from bert_nq.datasets.nq.example import Example

_CHOSEN = 0  # the purpose of the draw


class Deletion(Augmentation):
    """Deletes words; punctuation, answers and markers stay."""

    def __init__(self, rate: float, words: str = "context"):
        """
        Args:
          rate: the share of the deletable words that are deleted.
          words: must be "context".

        Raises:
          UserError: the rate is not in (0, 1], or `words` is another value.
        """
        self._rate = check_rate(rate)
        check_words(words, ["context"], "an answer without its words cannot be marked on the page")

    def edits(self, example: Example, draws: Draws) -> Optional[WordEdits]:
        """Chooses words to delete, among those of letters and digits outside the answers.

        The first and last token of each candidate stay. Between two tags at least one word stays,
        so that no paragraph, cell or heading becomes empty: where all are drawn, the word with the
        highest random number stays.
        """
        plain = plain_context(example)
        bounds = [bound for start, end, _ in example.candidates for bound in (start, end - 1)]
        is_deletable = plain.is_eligible.copy()
        is_deletable[bounds] = False
        tokens = np.flatnonzero(is_deletable)
        numbers = draws.uniform(_CHOSEN, tokens)
        drawn = numbers < self._rate
        tokens, numbers = tokens[drawn], numbers[drawn]

        stretch_of = np.cumsum(plain.is_html)  # the same number for words with no tag between them
        num_words = np.bincount(stretch_of[plain.is_plain])
        is_emptied = num_words == np.bincount(stretch_of[tokens], minlength=len(num_words))
        kept = {}  # {stretch of text that would become empty: index of the token that stays}
        for i in np.flatnonzero(is_emptied[stretch_of[tokens]]).tolist():
            stretch = stretch_of[tokens[i]]
            if stretch not in kept or numbers[i] > numbers[kept[stretch]]:
                kept[stretch] = i
        tokens = np.delete(tokens, list(kept.values())) if kept else tokens
        return WordEdits(dict.fromkeys(tokens.tolist())) if len(tokens) else None
