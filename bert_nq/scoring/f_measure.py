"""F1, precision and recall over score thresholds, of answers that are right or wrong.

Each question gets a row, the rows give a point for each threshold. The order of the float
operations, and whether a number is the integer 0 or the float 0.0, are those of the official scorer
of Natural Questions, so that its numbers come out to the last digit.
"""
from typing import List, NamedTuple, Optional, Sequence

from bert_nq.base.numbers import Number


class Row(NamedTuple):
    """One question, its gold and predicted answer of one kind compared."""

    has_gold: bool
    has_prediction: bool
    is_correct: bool  # the question has an answer, and the predicted one is right
    score: Number


class Point(NamedTuple):
    """Precision, recall and F1 of the predictions that score `threshold` or more."""

    threshold: Optional[Number]  # None: all predictions, or no threshold reaches a target
    precision: Number
    recall: Number
    f1: Number  # the harmonic mean of the two, 0 if both are 0


def sweep(rows: Sequence[Row]) -> List[Point]:
    """The precision and recall at each threshold, from the highest to the lowest.

    Each score that occurs is a threshold, that of a null prediction too, and the rows that tie at
    it count together.
    """
    num_gold = sum(row.has_gold for row in rows)
    num_predicted = num_correct = 0
    points = []  # type: List[Point]
    for row in sorted(rows, key=lambda r: r.score, reverse=True):
        num_predicted += row.has_prediction
        num_correct += row.is_correct
        threshold = row.score
        if points and points[-1].threshold == threshold:
            threshold = points.pop().threshold
        points.append(_point(threshold, num_correct, num_predicted, num_gold))
    return points


def at_threshold(rows: Sequence[Row], threshold: Optional[Number]) -> List[Row]:
    """The rows when predictions that score under `threshold` are dropped; None drops none.

    All get the score 0, so that no threshold can be chosen again.
    """
    kept = [threshold is None or row.score >= threshold for row in rows]
    return [Row(row.has_gold, row.has_prediction and keep, row.is_correct and keep, 0.0)
            for row, keep in zip(rows, kept)]


def best_f1(points: Sequence[Point]) -> Point:
    """The point of the highest F1, the first of several; all 0.0 where nothing is right."""
    best = Point(0.0, 0.0, 0.0, 0.0)
    for point in points:
        if point.f1 > best.f1:
            best = point
    return best


def recall_at_precision(points: Sequence[Point], target: float) -> Point:
    """The point of the highest recall, the first of several, with a precision of `target` or more.

    Where there is none the threshold is None and the rest is the integer 0.
    """
    best = Point(None, 0, 0, 0)
    for point in points:
        if point.precision >= target and point.recall > best.recall:
            best = point
    return best


def all_predictions(rows: Sequence[Row]) -> Point:
    """The point at which no prediction is dropped; its threshold is None."""
    return _point(None, sum(row.is_correct for row in rows),
                  sum(row.has_prediction for row in rows), sum(row.has_gold for row in rows))


def _point(threshold: Optional[Number], num_correct: int, num_predicted: int, num_gold: int
           ) -> Point:
    precision = _ratio(num_correct, num_predicted)
    recall = _ratio(num_correct, num_gold)
    return Point(threshold, precision, recall, _ratio(2 * precision * recall, precision + recall))


def _ratio(x: Number, y: Number) -> Number:
    return x / y if y else 0
