"""Random deletion: some words of the context are left out.

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
          rate: the share of the words that can be deleted to delete.
          words: "context" alone.

        Raises:
          UserError: words of answers, or of the question, are to be deleted.
        """
        self._rate = check_rate(rate)
        check_words(words, ["context"], "an answer without its words cannot be marked on the page")

    def edits(self, example: Example, draws: Draws) -> Optional[WordEdits]:
        """The words to delete, of those of letters and digits that are not in an answer.

        The first and last token of each candidate stay, and of the words between two tags one at
        least, so that no paragraph, cell or heading becomes empty: where all of them are drawn,
        the one with the highest number stays.
        """
        plain = plain_context(example)
        bounds = [bound for start, end, _ in example.candidates for bound in (start, end - 1)]
        can_go = plain.is_eligible.copy()
        can_go[bounds] = False
        places = np.flatnonzero(can_go)
        numbers = draws.uniform(_CHOSEN, places)
        drawn = numbers < self._rate
        places, numbers = places[drawn], numbers[drawn]

        between_tags = np.cumsum(plain.is_html)  # the same number for words without a tag between
        left = np.bincount(between_tags[plain.is_plain])
        emptied = left == np.bincount(between_tags[places], minlength=len(left))
        spared = {}
        for i in np.flatnonzero(emptied[between_tags[places]]).tolist():
            run = between_tags[places[i]]
            if run not in spared or numbers[i] > numbers[spared[run]]:
                spared[run] = i
        places = np.delete(places, list(spared.values())) if spared else places
        return WordEdits(dict.fromkeys(places.tolist())) if len(places) else None
