"""Start, end and class probabilities of several readers of a candidate, added up word by word.

Readers may have different vocabularies, so that a place in one's sequence of wordpieces is none in
another's. Document tokens are the same for all: a reader's probability of a token is that at its
first wordpiece (QuesBELM, Pranesh, Shekhar and Pallavi 2020).

Notation: S wordpieces that a reader takes, T places of a candidate, C classes. A place is a
document token of the candidate, counted from its start; place T - 1 may stand for its end, where
ends are exclusive.
"""
from typing import NamedTuple, Sequence

import numpy as np


class Reading(NamedTuple):
    """The probabilities that a reader, or several, give to the places of one candidate."""
    starts: np.ndarray  # float64 [T]
    ends: np.ndarray  # float64 [T]
    classes: np.ndarray  # float64 [C]


def at_places(values: np.ndarray, places: np.ndarray, num_places: int) -> np.ndarray:
    """float64 [T]: the values at the first wordpiece of each place.

    A place without wordpieces has 0: the reader has left it out, as markup is by some, or its text
    was cut before it.

    Args:
      values: [S], probabilities of a reader's wordpieces.
      places: int [S], the place of each wordpiece, -1 for one that has none: the question, [SEP].
      num_places: T, above all of `places`.
    """
    result = np.zeros([num_places])
    found, firsts = np.unique(places, return_index=True)
    result[found[found >= 0]] = np.asarray(values, np.float64)[firsts[found >= 0]]
    return result


def add(readings: Sequence[Reading], weights: Sequence[float]) -> Reading:
    """The weighted mean of the readings of one candidate.

    Args:
      readings: of each reader, with the same T and C.
      weights: of each reader, above 0; only their ratios count.

    Raises:
      ValueError: there are no readings, or other numbers of weights, places or classes.
    """
    shares = np.array(weights, np.float64)
    if not len(readings) or len(shares) != len(readings):
        raise ValueError("%d weights for %d readings" % (len(shares), len(readings)))
    shares /= shares.sum()
    return Reading(*(np.einsum("k,kn->n", shares, np.stack(arrays)) for arrays in zip(*readings)))
