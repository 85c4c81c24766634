"""Calibration: probabilities of being right from scores, and the error of such probabilities.

Uncalibrated scores count as log-odds: the probability of s is sigmoid(s) = 1 / (1 + exp(-s)). Two
methods fit better probabilities to answers of which it is known whether they are right:

- "temperature": sigmoid(slope * s + bias), with 1 / slope the temperature (Platt 1999,
  "Probabilistic outputs for support vector machines"; Guo et al. 2017, "On calibration of modern
  neural networks", have no bias);
- "isotonic": the non-decreasing function of the least squared error, by pooling adjacent violators
  (Zadrozny and Elkan 2002, "Transforming classifier scores into accurate multiclass probability
  estimates"), with straight lines between its steps.

Both keep the order of scores, though different scores may get the same probability.
"""
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import is_finite

METHODS = ("temperature", "isotonic", "none")
NUM_BINS = 10

Scores = Union[float, np.ndarray]

_MAX_STEPS = 100
_LEAST_GAIN = 1e-10  # of log-likelihood; a smaller one ends the fit


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), without overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * np.asarray(x, np.float64))


class Temperature(NamedTuple):
    """sigmoid(slope * score + bias)."""

    slope: float
    bias: float

    def probabilities(self, scores: Scores) -> np.ndarray:
        return sigmoid(self.log_odds(scores))

    def log_odds(self, scores: Scores) -> np.ndarray:
        return self.slope * np.asarray(scores, np.float64) + self.bias

    def to_json(self) -> Dict[str, Any]:
        return self._asdict()


class Isotonic(NamedTuple):
    """Straight lines between points; level before the first and after the last."""

    scores: Tuple[float, ...]  # ascending
    values: Tuple[float, ...]  # probabilities, never descending, one for each score

    def probabilities(self, scores: Scores) -> np.ndarray:
        return np.interp(np.asarray(scores, np.float64), self.scores, self.values)

    def to_json(self) -> Dict[str, Any]:
        return {"scores": list(self.scores), "values": list(self.values)}


Calibration = Union[Temperature, Isotonic]


def fit(method: str, scores: np.ndarray, right: np.ndarray) -> Optional[Calibration]:
    """A calibration of one kind of score; None for the method "none".

    Args:
      method: one of METHODS.
      scores: float [n], of answers of this kind.
      right: bool [n], which of them are right.
    """
    if method == "none":
        return None
    return (fit_temperature if method == "temperature" else fit_isotonic)(scores, right)


def fit_temperature(scores: np.ndarray, right: np.ndarray) -> Temperature:
    """The slope and bias of the highest likelihood, for slightly softened targets.

    Platt's targets are (R + 1) / (R + 2) for the R right answers and 1 / (W + 2) for the W wrong
    ones. With them the fit is finite even if all right answers score higher than all wrong ones,
    and the probability is 1/2 if there are no answers. A negative slope, which would reverse the
    order of scores, becomes 0.
    """
    num_right, num_wrong = int(right.sum()), int((~right).sum())
    targets = np.where(right, (num_right + 1.0) / (num_right + 2.0), 1.0 / (num_wrong + 2.0))
    if not len(scores):
        return Temperature(0.0, 0.0)
    share = targets.mean()
    level = Temperature(0.0, float(np.log(share / (1.0 - share))))
    centre, scale = scores.mean(), scores.std()
    if scores.min() == scores.max() or not scale:
        return level
    # Centred and scaled for the fit, which converges faster so.
    slope, bias = _newton((scores - centre) / scale, targets, level.bias)
    if slope <= 0.0:
        return level
    return Temperature(float(slope / scale), float(bias - slope * (centre / scale)))


def _newton(x: np.ndarray, targets: np.ndarray, bias: float) -> Tuple[float, float]:
    """Slope and bias of the highest likelihood, by Newton's method with halved steps.

    It sums instead of multiplying matrices, whose products differ in the last digit between
    machines.
    """
    slope = 0.0
    loss = _cross_entropy(slope * x + bias, targets)
    for _ in range(_MAX_STEPS):
        step_slope, step_bias = _newton_step(x, sigmoid(slope * x + bias), targets)
        before, length = loss, 1.0
        while length > 1e-10:
            new_slope, new_bias = slope - length * step_slope, bias - length * step_bias
            new_loss = _cross_entropy(new_slope * x + new_bias, targets)
            if new_loss < loss:
                slope, bias, loss = new_slope, new_bias, new_loss
                break
            length /= 2
        if before - loss < _LEAST_GAIN:
            break
    return slope, bias


def _newton_step(x: np.ndarray, p: np.ndarray, targets: np.ndarray) -> Tuple[float, float]:
    """Newton's step: the gradient, multiplied by the inverse matrix of second derivatives."""
    error, weight = p - targets, p * (1.0 - p)
    by_slope, by_bias = (error * x).sum(), error.sum()
    # A little on the diagonal keeps the determinant from 0.
    aa, ab, bb = (weight * x * x).sum() + 1e-9, (weight * x).sum(), weight.sum() + 1e-9
    determinant = aa * bb - ab * ab
    return ((bb * by_slope - ab * by_bias) / determinant,
            (aa * by_bias - ab * by_slope) / determinant)


def _cross_entropy(logits: np.ndarray, targets: np.ndarray) -> float:
    return float((np.logaddexp(0.0, logits) - targets * logits).sum())


def fit_isotonic(scores: np.ndarray, right: np.ndarray) -> Isotonic:
    """The non-decreasing function nearest to right (1) and wrong (0); 1/2 without any answers."""
    if not len(scores):
        return Isotonic((0.0,), (0.5,))
    distinct, place = np.unique(scores, return_inverse=True)
    counts = np.bincount(place)
    blocks = pool_adjacent_violators(np.bincount(place, weights=right).tolist(), counts.tolist())
    points, values, start = [], [], 0  # type: List[float], List[float], int
    for value, length in blocks:
        for score in sorted({float(distinct[start]), float(distinct[start + length - 1])}):
            points.append(score)
            values.append(value)
        start += length
    return Isotonic(tuple(points), tuple(values))


def pool_adjacent_violators(sums: List[float], counts: List[int]) -> List[Tuple[float, int]]:
    """The steps of the non-decreasing function nearest to sums / counts, by weighted squared error.

    Returns:
      For each step its value and the number of points that it covers.
    """
    stack = []  # type: List[Tuple[float, int, int]]  # sum, count, points of each step
    for total, count in zip(sums, counts):
        length = 1
        while stack and stack[-1][0] * count >= total * stack[-1][1]:
            total, count = total + stack[-1][0], count + stack[-1][1]
            length += stack.pop()[2]
        stack.append((total, count, length))
    return [(total / count, length) for total, count, length in stack]


def from_json(method: str, value: Any, where: str) -> Calibration:
    """The calibration that `to_json` wrote.

    Raises:
      UserError: the value is no such calibration; `where` begins the message.
    """
    fields = ("slope", "bias") if method == "temperature" else ("scores", "values")
    if not isinstance(value, dict) or not all(field in value for field in fields):
        raise UserError("%s: %s and %s are wanted" % ((where,) + fields))
    parts = [value[field] for field in fields]
    if method == "temperature":
        if not all(map(is_finite, parts)) or parts[0] < 0:
            raise UserError("%s: slope %s and bias %s are not finite numbers, the slope at least 0"
                            % ((where,) + tuple(str(part)[:40] for part in parts)))
        return Temperature(*map(float, parts))
    if not _are_steps(*parts):
        raise UserError("%s: scores and values are not two equally long lists of finite numbers, "
                        "both ascending, the values from 0 to 1" % where)
    return Isotonic(*(tuple(map(float, part)) for part in parts))


def _are_steps(scores: Any, values: Any) -> bool:
    return (isinstance(scores, list) and isinstance(values, list) and len(scores) == len(values) > 0
            and all(map(is_finite, scores + values))
            and all(a < b for a, b in zip(scores, scores[1:]))
            and all(a <= b for a, b in zip([0.0] + values, values + [1.0])))


class Bin(NamedTuple):
    """The answers whose probabilities lie in one range."""

    count: int  # type: ignore[assignment]  # hides tuple.count
    said: float  # their mean probability
    was: float  # the share of them that is right


def reliability(probabilities: np.ndarray, right: np.ndarray, num_bins: int = NUM_BINS
                ) -> List[Optional[Bin]]:
    """The bins of answers by their probability, [0, 1/num_bins) and so on; the last one with 1.

    An empty bin is None.
    """
    place = np.minimum((probabilities * num_bins).astype(np.int64), num_bins - 1)
    counts = np.bincount(place, minlength=num_bins)
    said = np.bincount(place, weights=probabilities, minlength=num_bins)
    was = np.bincount(place, weights=right, minlength=num_bins)
    return [Bin(int(n), float(s / n), float(w / n)) if n else None
            for n, s, w in zip(counts, said, was)]


def expected_calibration_error(probabilities: np.ndarray, right: np.ndarray,
                               num_bins: int = NUM_BINS) -> float:
    """The mean distance between probability and share of right answers, over all bins.

    Bins are weighted by their answers: Guo et al. 2017, section 2. It is 0 without any answers.
    """
    bins = [b for b in reliability(probabilities, right, num_bins) if b]
    return sum(b.count * abs(b.said - b.was) for b in bins) / max(1, len(probabilities))
