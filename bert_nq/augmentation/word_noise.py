"""What the kinds of noise share: words are drawn, and each is changed by itself."""
from typing import List, Optional

import numpy as np

from bert_nq.augmentation.augmentation import (
    WORDS,
    Augmentation,
    Draws,
    WordEdits,
    choose_words,
)
from bert_nq.augmentation.checks import check_rate, check_words
from bert_nq.datasets.nq.example import Example

# The purposes of the draws: whether a word is changed, and three numbers for how.
_CHOSEN, *_HOW = range(4)


class WordNoise(Augmentation):
    """Changes words at random; what becomes of one, a subclass says in `changed`.

    Words of answers and of the question may be among them: an answer stays where it is, its text
    changes with the page.
    """

    def __init__(self, rate: float, words: str = "context"):
        """
        Args:
          rate: the share of the words that can be changed to change.
          words: one of augmentation.WORDS.

        Raises:
          UserError: the rate is no share, or there are no such words.
        """
        self._rate = check_rate(rate)
        self._words = check_words(words, WORDS)

    def changed(self, word: str, numbers: List[float]) -> Optional[str]:
        """What a word becomes; None where it cannot be changed.

        Args:
          word: a token that is no tag and no marker, and holds no blanks.
          numbers: three, in [0, 1).
        """
        raise NotImplementedError

    def edits(self, example: Example, draws: Draws) -> Optional[WordEdits]:
        """The drawn words that can be changed, in the page and in the question."""
        choice = choose_words(example, self._words)
        words = self._changes(example.tokens, choice.tokens, choice.tokens, draws)
        question = None
        if choice.question:
            parts = example.question.split(" ")
            places = np.arange(len(parts))
            # Negative numbers, as no token has them.
            changes = self._changes(parts, places, -1 - places, draws)
            if changes:
                question = " ".join(changes.get(i, part) for i, part in enumerate(parts))
        return WordEdits(words, question) if words or question else None

    def _changes(self, texts, places, items, draws):
        """{place: new text} of the drawn ones; `items` are what the draws know them by."""
        drawn = draws.uniform(_CHOSEN, items) < self._rate
        places, items = places[drawn].tolist(), items[drawn]
        numbers = np.stack([draws.uniform(purpose, items) for purpose in _HOW], 1).tolist()
        changes = {}
        for place, how in zip(places, numbers):
            text = texts[place]
            if text[:1] != "[" and text.split() == [text]:
                new = self.changed(text, how)
                if new:
                    changes[place] = new
        return changes
