"""Random swap of neighbouring words of the context.

After Wei and Zou, "EDA: Easy Data Augmentation Techniques for Boosting Performance on Text
Classification Tasks" (2019), section 2, where any two words of a sentence may be swapped.
"""
from typing import Optional

import numpy as np

from bert_nq.augmentation.augmentation import Augmentation, Draws, WordEdits
from bert_nq.augmentation.checks import check_rate, check_words
from bert_nq.augmentation.plain_words import plain_context
from bert_nq.datasets.nq.example import Example

# The purposes of the draws.
_PAIRING, _CHOSEN = range(2)


class Swap(Augmentation):
    """Swaps neighbouring words of letters and digits, each word at most once."""

    def __init__(self, rate: float, words: str = "context"):
        """
        Args:
          rate: the share of the words with such a neighbour that move.
          words: must be "context".

        Raises:
          UserError: the rate is not in (0, 1], or `words` is another value.
        """
        self._rate = check_rate(rate)
        check_words(words, ["context"], "the words of an answer keep their order")

    def edits(self, example: Example, draws: Draws) -> Optional[WordEdits]:
        """Cuts each run of neighbouring words into pairs and swaps some of them.

        A run ends at a tag, an answer, a punctuation mark, and where a candidate begins or ends.
        With equal chances it is cut from its first word or from its second one:

            a b c d e    (a b) (c d) e    or    a (b c) (d e)

        Of n words n - 1 are in pairs, on average. A pair is swapped with probability
        rate * n / (n - 1), so that a share of `rate` of all words moves.
        """
        places = np.flatnonzero(plain_context(example).is_eligible)
        if len(places) < 2:
            return None
        begins = self._run_begins(example, places)
        first = np.flatnonzero(begins)  # the index in `places` of each run's first word
        run = np.cumsum(begins) - 1
        length = np.diff(np.append(first, len(places)))[run]
        skipped = (draws.uniform(_PAIRING, places[first]) < 0.5)[run]
        at = np.arange(len(places)) - first[run] - skipped  # index in the run, after a skipped word
        pairs = np.flatnonzero((at >= 0) & (at % 2 == 0) & (at + skipped + 1 < length))
        share = self._rate * length[pairs] / (length[pairs] - 1)
        chosen = pairs[draws.uniform(_CHOSEN, places[pairs]) < share]

        words, tokens = {}, example.tokens
        for i in places[chosen].tolist():
            if tokens[i] != tokens[i + 1]:
                words[i], words[i + 1] = tokens[i + 1], tokens[i]
        return WordEdits(words) if words else None

    @staticmethod
    def _run_begins(example: Example, places: np.ndarray) -> np.ndarray:
        """Whether a run begins at each of `places`, the numbers of eligible tokens; bool."""
        is_bound = np.zeros([len(example.tokens) + 1], bool)
        is_bound[[bound for candidate in example.candidates for bound in candidate[:2]]] = True
        begins = is_bound[places]
        begins[1:] |= np.diff(places) > 1
        begins[0] = True
        return begins
