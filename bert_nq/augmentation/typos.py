"""Typing errors, to train for robustness and to measure it."""
from typing import Dict, List, Optional

from bert_nq.augmentation.word_noise import WordNoise

_MIN_LETTERS = 4
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _neighbours() -> Dict[str, str]:
    """{letter: the letters on adjacent keys of a QWERTY keyboard}; capitals map to capitals.

    Each row is half a key to the right of the one above: s touches a, d, w, e, z and x.
    """
    neighbours = {}
    for y, row in enumerate(_ROWS):
        for x, letter in enumerate(row):
            touching = [(y, x - 1), (y, x + 1), (y - 1, x), (y - 1, x + 1), (y + 1, x - 1),
                        (y + 1, x)]
            neighbours[letter] = "".join(_ROWS[i][j] for i, j in touching
                                         if 0 <= i < len(_ROWS) and 0 <= j < len(_ROWS[i]))
    return dict(neighbours, **{letter.upper(): keys.upper() for letter, keys in neighbours.items()})


NEIGHBOURS = _neighbours()


class Typos(WordNoise):
    """Makes one error in a word of at least four letters; the first letter is rarely mistyped."""

    def changed(self, word: str, numbers: List[float]) -> Optional[str]:
        """Makes one of four errors; drops a letter if the word has no place for that error.

            river    rievr (two letters swapped), rver (one dropped), rivver (doubled), ricer
                     (the next key)
        """
        if len(word) < _MIN_LETTERS or not word.isalpha():
            return None
        error = _ERRORS[int(numbers[0] * len(_ERRORS))]
        return error(word, numbers[1], numbers[2]) or _dropped(word, numbers[1], numbers[2])


def _one_of(choices, number):
    """The choice that a number in [0, 1) selects."""
    return choices[int(number * len(choices))]


def _swapped(word, where, _):
    places = [i for i in range(1, len(word) - 1) if word[i] != word[i + 1]]
    if not places:
        return None
    i = _one_of(places, where)
    return word[:i] + word[i + 1] + word[i] + word[i + 2:]


def _dropped(word, where, _):
    i = _one_of(range(1, len(word)), where)
    return word[:i] + word[i + 1:]


def _doubled(word, where, _):
    i = _one_of(range(1, len(word)), where)
    return word[:i] + word[i] + word[i:]


def _mistyped(word, where, which):
    places = [i for i in range(1, len(word)) if word[i] in NEIGHBOURS]
    if not places:
        return None
    i = _one_of(places, where)
    return word[:i] + _one_of(NEIGHBOURS[word[i]], which) + word[i + 1:]


_ERRORS = (_swapped, _dropped, _doubled, _mistyped)
