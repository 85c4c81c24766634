"""Typing errors, to make and to measure robustness."""
from typing import Dict, List, Optional

from bert_nq.augmentation.word_noise import WordNoise

_MIN_LETTERS = 4
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def _neighbours() -> Dict[str, str]:
    """The letters whose keys touch each letter's on a QWERTY keyboard, capitals with capitals.

    Each row stands half a key to the right of the one above: s touches a, d, w, e, z and x.
    """
    found = {}
    for y, row in enumerate(_ROWS):
        for x, letter in enumerate(row):
            touching = [(y, x - 1), (y, x + 1), (y - 1, x), (y - 1, x + 1), (y + 1, x - 1),
                        (y + 1, x)]
            found[letter] = "".join(_ROWS[i][j] for i, j in touching
                                    if 0 <= i < len(_ROWS) and 0 <= j < len(_ROWS[i]))
    return dict(found, **{letter.upper(): keys.upper() for letter, keys in found.items()})


NEIGHBOURS = _neighbours()


class Typos(WordNoise):
    """One error in a word of four letters or more; the first letter stays, as it mostly does."""

    def changed(self, word: str, numbers: List[float]) -> Optional[str]:
        """One of four errors, where the word has a place for it, else a letter is dropped.

            river    rievr (two letters swapped), rver (one dropped), rivver (doubled), ricer
                     (the next key)
        """
        if len(word) < _MIN_LETTERS or not word.isalpha():
            return None
        error = _ERRORS[int(numbers[0] * len(_ERRORS))]
        return error(word, numbers[1], numbers[2]) or _dropped(word, numbers[1], numbers[2])


def _one_of(choices, number):
    """The one that a number in [0, 1) stands for."""
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
