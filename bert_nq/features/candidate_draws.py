"""Draws of what has no answer, by how probably a first reader takes it for one.

Of n candidates (or windows) with the probabilities p, number i has the chance

    (1 - uniform_share) * p[i] ** temperature / sum(p ** temperature) + uniform_share / n

as in QuesBELM (Pranesh, Shekhar and Pallavi 2020), whose temperature is 1 and whose uniform share
is 0. What has an answer is left out by the caller, so that it has no chance at all.
"""
from typing import Collection, NamedTuple, Optional

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import is_finite
from bert_nq.datasets.nq.candidate_scores import PageScores
from bert_nq.features import draws

# Stands for a probability of 0, so that all have the same chance where all are 0.
_LEAST = np.finfo(np.float64).tiny


class DrawOptions(NamedTuple):
    """The shape of the chances; the names are those of the flags, but for "negative"."""
    temperature: float = 1.0  # of p: 0 draws uniformly, much more than 1 the highest nearly always
    uniform_share: float = 0.0  # of the draws that do not look at p

    def check(self) -> "DrawOptions":
        """Returns itself; raises UserError where a value is impossible."""
        if not (is_finite(self.temperature) and self.temperature >= 0):
            raise UserError("--negative_temperature=%s is not a number of 0 or more"
                            % self.temperature)
        if not (is_finite(self.uniform_share) and 0 <= self.uniform_share <= 1):
            raise UserError("--uniform_share=%s is not a number from 0 to 1" % self.uniform_share)
        return self


def log_chances(probabilities: np.ndarray, options: DrawOptions) -> np.ndarray:
    """float64 [n]: the logarithms of the chances, which keep the order of the smallest.

    Args:
      probabilities: float64 [n] in [0, 1].
      options: the shape of the chances.
    """
    if not len(probabilities):
        return np.zeros([0])
    logs = np.log(np.maximum(probabilities, _LEAST))
    weights = options.temperature * (logs - logs.max())  # of the highest: 0
    by_weight = weights - np.log(np.exp(weights).sum())
    with np.errstate(divide="ignore"):  # The logarithm of a share of 0.
        return np.logaddexp(np.log(1.0 - options.uniform_share) + by_weight,
                            np.log(options.uniform_share / len(weights)))


def negative(scores: PageScores, gold: Collection[int], options: DrawOptions, seed: int,
             epoch: int) -> Optional[int]:
    """One candidate without answer, which follows from seed, epoch and the page alone.

    Args:
      scores: the page's candidates with their probabilities; also of gold ones, or without.
      gold: indexes of the candidates with an answer. They are never drawn.
      options: the shape of the chances.
      seed: of the training.
      epoch: of the training; each has draws of its own.

    Returns:
      The index of the candidate in the page's list; None where all are gold or there are none.
    """
    others = ~np.isin(scores.candidates, list(gold))
    candidates = scores.candidates[others]
    if not len(candidates):
        return None
    chances = np.exp(log_chances(scores.probabilities[others], options))
    ends = np.cumsum(chances)
    drawn = np.searchsorted(ends, draws.candidate(seed, epoch, scores.example_id) * ends[-1],
                            side="right")
    # Rounding may bring the number up to the end of all, behind which there is nothing.
    return int(candidates[min(int(drawn), int(np.flatnonzero(chances)[-1]))])


def rows(probabilities: np.ndarray, number: int, options: DrawOptions, seed: int,
         example_id: int) -> np.ndarray:
    """int64 [number], rising: different rows, drawn one after the other by their chances.

    The rows of the highest log(chance) + Gumbel noise are such a draw (Efraimidis and Spirakis
    2006, "Weighted random sampling with a reservoir").

    Args:
      probabilities: float64 [n] in [0, 1], of all rows of the example that may be drawn.
      number: how many, n at most.
      options: the shape of the chances.
      seed: of the preparation.
      example_id: the draw depends on nothing else.
    """
    with np.errstate(divide="ignore"):  # A number of 0 makes noise of -inf.
        noise = -np.log(-np.log(draws.by_chance(seed, example_id, len(probabilities))))
    keys = log_chances(probabilities, options) + noise
    return np.sort(np.argsort(-keys, kind="stable")[:number])
