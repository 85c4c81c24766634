"""Confidence intervals of an F1 and of the difference of two, and whether two F1s differ at all.

The bootstrap (Efron and Tibshirani 1993, chapter 13) draws samples of as many questions as there
are, with repetition; the interval is the middle 95 % of the F1s of these samples. Two systems are
compared on the same samples, so that questions which are hard for both do not widen the interval.
The p-value is that of a randomisation test (Noreen 1989): the share of differences as large among
those that come from dealing the answers to the two systems at random.

    threshold=BEST   the threshold with the best F1 is chosen anew in each sample, as the official
                     measure of NQ does: the luck of that choice widens the interval
    threshold=FIXED  the best threshold of all questions is kept
    threshold=NONE   no prediction is dropped, for thresholds that were tuned on other questions

The randomisation test keeps the thresholds of all questions in the first case too, since scores of
two systems cannot be mixed.

Notation: N questions, R samples, P predictions, G different scores.
"""
from typing import Iterator, NamedTuple, Sequence, Tuple

import numpy as np

from bert_nq.scoring import f_measure
from bert_nq.scoring.f_measure import Row

BEST, FIXED, NONE = "best", "fixed", "none"
THRESHOLDS = (BEST, FIXED, NONE)
RESAMPLES = 1000

_CELLS = 1 << 22  # samples times questions that are computed at once: 32 MB an array


class Interval(NamedTuple):
    """An F1 and its confidence interval."""
    f1: float
    low: float
    high: float


class Difference(NamedTuple):
    """The difference of two systems' F1s, the first less the other."""
    f1: float  # of the first system
    other_f1: float
    difference: float
    low: float  # ends of the interval of the difference
    high: float
    p_value: float  # two-sided


def f1_interval(rows: Sequence[Row], threshold: str = BEST, resamples: int = RESAMPLES,
                seed: int = 0, confidence: float = 0.95) -> Interval:
    """The F1 of the rows with its interval.

    Args:
      rows: one for each question.
      threshold: BEST, FIXED or NONE, as above.
      resamples: the number of samples.
      seed: of the samples; the same seed gives the same numbers.
      confidence: the share of samples whose F1 lies within the interval.
    """
    rows = _settled(rows, threshold)
    f1s, = _resampled([rows], resamples, seed)
    return Interval(_f1(rows), *middle(f1s, confidence))


def paired_f1_difference(rows: Sequence[Row], other_rows: Sequence[Row], threshold: str = BEST,
                         resamples: int = RESAMPLES, seed: int = 0, confidence: float = 0.95
                         ) -> Difference:
    """The difference of two systems' F1s on the same questions, with its interval and p-value.

    Args:
      rows: of the first system, one for each question.
      other_rows: of the other, in the same order of questions.
      threshold: BEST, FIXED or NONE, as above; each system has its own.
      resamples: the number of samples for the interval, and of deals for the p-value.
      seed, confidence: as in `f1_interval`.

    Raises:
      ValueError: the rows are not those of the same questions.
    """
    if [row.has_gold for row in rows] != [row.has_gold for row in other_rows]:
        raise ValueError("the rows are of different questions")
    both = [_settled(rows, threshold), _settled(other_rows, threshold)]
    f1, other_f1 = map(_f1, both)
    f1s, other_f1s = _resampled(both, resamples, seed)
    low, high = middle(f1s - other_f1s, confidence)
    settled, other_settled = (_settled(r, FIXED) for r in both)
    p_value = _p_value(settled, other_settled, resamples=resamples, seed=seed)
    return Difference(f1, other_f1, f1 - other_f1, low, high, p_value)


def _settled(rows: Sequence[Row], threshold: str) -> Sequence[Row]:
    """The rows; for FIXED and NONE all of the same score, which leaves one threshold."""
    if threshold not in THRESHOLDS:
        raise ValueError("threshold=%r is none of %s" % (threshold, ", ".join(THRESHOLDS)))
    if threshold == BEST:
        return rows
    best = f_measure.best_f1(f_measure.sweep(rows)).threshold if threshold == FIXED else None
    return f_measure.at_threshold(rows, best)


def _f1(rows: Sequence[Row]) -> float:
    return float(f_measure.best_f1(f_measure.sweep(rows)).f1)


def _resampled(systems: Sequence[Sequence[Row]], resamples: int, seed: int) -> np.ndarray:
    """[systems, R]: the F1s of each system on the same samples."""
    scorers = [_Scorer(rows) for rows in systems]
    parts = [[scorer.f1s(counts) for scorer in scorers]
             for counts in samples(len(systems[0]), resamples, seed)]
    return np.concatenate(parts, axis=1)


def samples(n: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Yields [some of R, N]: how often each question was drawn."""
    # RandomState draws the same numbers in all versions of numpy.
    rng = np.random.RandomState(seed)
    at_a_time = max(1, _CELLS // n)
    for start in range(0, resamples, at_a_time):
        r = min(at_a_time, resamples - start)
        drawn = rng.randint(n, size=(r, n)) + n * np.arange(r)[:, None]
        yield np.bincount(drawn.ravel(), minlength=r * n).reshape(r, n)


class _Scorer:
    """The best-threshold F1 of one system on many samples at once."""

    def __init__(self, rows: Sequence[Row]):
        # Null predictions count for nothing, so their scores need not be tried as thresholds.
        predicted = [i for i, row in enumerate(rows) if row.has_prediction]
        scores = np.array([rows[i].score for i in predicted], float)
        order = np.argsort(-scores, kind="stable")
        self._order = np.array(predicted, int)[order]
        self._is_correct = np.array([rows[i].is_correct for i in self._order], int)
        self._has_gold = np.array([row.has_gold for row in rows], int)
        scores = scores[order]
        # [G] the last prediction of each score: predictions of equal scores count together.
        self._last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)[:len(scores)])

    def f1s(self, counts: np.ndarray) -> np.ndarray:
        """[R]: the F1 of each sample, from how often each question is in it [R, N]."""
        num_gold = counts @ self._has_gold  # [R]
        if not len(self._order):
            return np.zeros(len(counts))
        counts = counts[:, self._order]  # [R, P]
        num_predicted = counts.cumsum(axis=1)[:, self._last]  # [R, G]
        num_correct = (counts * self._is_correct).cumsum(axis=1)[:, self._last]
        # The harmonic mean of correct / predicted and correct / gold.
        f1s = 2 * num_correct / np.maximum(1, num_predicted + num_gold[:, None])
        return f1s.max(axis=1)


def middle(values: np.ndarray, confidence: float) -> Tuple[float, float]:
    """The ends of the interval in which this share of the values lies, the middle one."""
    low, high = np.percentile(values, [50 * (1 - confidence), 50 * (1 + confidence)])
    return float(low), float(high)


def _p_value(rows: Sequence[Row], other_rows: Sequence[Row], resamples: int, seed: int) -> float:
    """The share of deals whose F1s differ at least as much as those of the rows.

    Thresholds are applied to the rows already.
    """
    differ = [(a, b) for a, b in zip(rows, other_rows)
              if (a.has_prediction, a.is_correct) != (b.has_prediction, b.is_correct)]
    totals = [np.array([sum(r.has_prediction for r in system), sum(r.is_correct for r in system)])
              for system in (rows, other_rows)]
    num_gold = sum(row.has_gold for row in rows)
    # [D, 2]: what exchanging an answer adds to the first system's counts of predictions and of
    # right ones.
    steps = np.array([(int(b.has_prediction) - a.has_prediction, int(b.is_correct) - a.is_correct)
                      for a, b in differ], int).reshape(-1, 2)
    observed = abs(_difference(totals, np.zeros((1, 2), int), num_gold)[0])
    rng = np.random.RandomState(seed)
    as_large = 0
    at_a_time = max(1, _CELLS // max(1, len(steps)))
    for start in range(0, resamples, at_a_time):
        exchanged = rng.randint(2, size=(min(at_a_time, resamples - start), len(steps)))
        # A little less, for the rounding errors of equal F1s differ.
        as_large += np.sum(np.abs(_difference(totals, exchanged @ steps, num_gold))
                           >= observed - 1e-12)
    # The observed deal counts as one of them, so that p is never 0.
    return float((1 + as_large) / (1 + resamples))


def _difference(totals: Sequence[np.ndarray], moved: np.ndarray, num_gold: int) -> np.ndarray:
    """[R]: F1 less the other's F1 after counts [R, 2] have moved from the other to the first."""
    one, other = (2 * counts[:, 1] / np.maximum(1, counts[:, 0] + num_gold)
                  for counts in (totals[0] + moved, totals[1] - moved))
    return one - other
