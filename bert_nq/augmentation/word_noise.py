"""Base class of the noises, which draw words and change each by itself."""
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

# The purposes of the draws: whether a word changes, and three numbers that decide how.
_CHOSEN, *_HOW = range(4)


class WordNoise(Augmentation):
    """Changes random words; a subclass defines in `changed` how a word changes.

    Words of answers and of the question may change too: an answer keeps its tokens, and its text
    changes with the page.
    """

    def __init__(self, rate: float, words: str = "context"):
        """
        Args:
          rate: the share of the changeable words that change.
          words: one of augmentation.WORDS.

        Raises:
          UserError: the rate is not in (0, 1], or `words` is not one of WORDS.
        """
        self._rate = check_rate(rate)
        self._words = check_words(words, WORDS)

    def changed(self, word: str, numbers: List[float]) -> Optional[str]:
        """The changed word; None if it cannot be changed.

        Args:
          word: a token that is neither tag nor marker and holds no blanks.
          numbers: three random numbers in [0, 1).
        """
        raise NotImplementedError

    def edits(self, example: Example, draws: Draws) -> Optional[WordEdits]:
        """Changes the drawn words, of page and question, that can be changed."""
        choice = choose_words(example, self._words)
        words = self._changes(example.tokens, choice.tokens, choice.tokens, draws)
        question = None
        if choice.question:
            parts = example.question.split(" ")
            places = np.arange(len(parts))
            # Negative items, so that these draws differ from those of all tokens.
            changes = self._changes(parts, places, -1 - places, draws)
            if changes:
                question = " ".join(changes.get(i, part) for i, part in enumerate(parts))
        return WordEdits(words, question) if words or question else None

    def _changes(self, texts, places, items, draws):
        """{place: new text} of the drawn places in `texts`; `items` identify them to the draws."""
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
