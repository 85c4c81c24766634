"""Confidence intervals of means and of other numbers of questions, and whether two means differ.

The samples are those of `bootstrap`, all numbers are computed on the same ones. The p-value is that
of a randomisation test (Noreen 1989): the share of differences as large among those that come from
dealing each question's two scores to the two systems at random.

Notation: N questions, R samples.
"""
from typing import Callable, Dict, List, Mapping, Sequence, Tuple

import numpy as np

from bert_nq.base.numbers import Number
from bert_nq.scoring import bootstrap

CONFIDENCE = 0.95

# From how often each question is in each sample [R, N] to the number of each sample [R].
Statistic = Callable[[np.ndarray], np.ndarray]

_CELLS = 1 << 22  # deals times questions that are computed at once


def intervals(statistics: Mapping[str, Statistic], num_questions: int,
              resamples: int = bootstrap.RESAMPLES, seed: int = 0,
              confidence: float = CONFIDENCE) -> Dict[str, Tuple[float, float]]:
    """The ends of the interval of each number.

    Args:
      statistics: by name.
      num_questions: at least one.
      resamples: the number of samples.
      seed: of the samples; the same seed gives the same numbers.
      confidence: the share of samples whose number lies within the interval.
    """
    values: Dict[str, List[np.ndarray]] = {name: [] for name in statistics}
    for counts in bootstrap.samples(num_questions, resamples, seed):
        for name, statistic in statistics.items():
            values[name].append(statistic(counts))
    return {name: bootstrap.middle(np.concatenate(parts), confidence)
            for name, parts in values.items()}


def mean(values: Sequence[Number], members: Sequence[bool]) -> Statistic:
    """The mean of the values of some of the questions; 0 for a sample without any of these.

    Args:
      values: of all questions.
      members: which of them count.
    """
    is_member = np.array(members, bool)
    kept = np.where(is_member, np.array(values, float), 0.0)

    def statistic(counts: np.ndarray) -> np.ndarray:
        # Sums, since products of matrices differ in the last digit between machines.
        return (counts * kept).sum(axis=1) / np.maximum(1, (counts * is_member).sum(axis=1))

    return statistic


def p_value(values: Sequence[Number], other_values: Sequence[Number],
            resamples: int = bootstrap.RESAMPLES, seed: int = 0) -> float:
    """The share of deals whose means differ at least as much as those of the values; two-sided."""
    differences = np.array(values, float) - np.array(other_values, float)
    differences = differences[differences != 0]
    # A little less, for the rounding errors of equal sums differ.
    observed = abs(differences.sum()) - 1e-9
    rng = np.random.RandomState(seed)
    as_large = 0
    at_a_time = max(1, _CELLS // max(1, len(differences)))
    for start in range(0, resamples, at_a_time):
        signs = 1 - 2 * rng.randint(2, size=(min(at_a_time, resamples - start), len(differences)))
        as_large += int(np.sum(np.abs((signs * differences).sum(axis=1)) >= observed))
    # The observed deal counts as one of them, so that p is never 0.
    return (1 + as_large) / (1 + resamples)
