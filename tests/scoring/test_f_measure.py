"""F1 over thresholds, on cases worked out by hand."""
from bert_nq.scoring.f_measure import (
    Point,
    Row,
    all_predictions,
    best_f1,
    recall_at_precision,
    sweep,
)

TIED = [Row(True, True, True, 1.0), Row(True, True, False, 1.0), Row(False, True, False, 0.5)]


def test_ties_count_together():
    # At 1.0: 1 right of 2 predicted, of 2 in gold. At 0.5: 1 of 3, of 2; F1 = 2/5.
    points = sweep(TIED)
    assert points == [Point(1.0, 0.5, 0.5, 0.5), Point(0.5, 1 / 3, 0.5, 0.4)]
    assert best_f1(points) == Point(1.0, 0.5, 0.5, 0.5)
    assert recall_at_precision(points, 0.5) == Point(1.0, 0.5, 0.5, 0.5)
    assert recall_at_precision(points, 0.75) == Point(None, 0, 0, 0)


def test_a_null_prediction_makes_a_threshold():
    points = sweep([Row(True, False, False, 9.0), Row(True, True, True, 5.0)])
    assert points == [Point(9.0, 0, 0.0, 0), Point(5.0, 1.0, 0.5, 2 / 3)]
    assert best_f1(points) == Point(5.0, 1.0, 0.5, 2 / 3)


def test_a_wrong_prediction_above_a_right_one():
    points = sweep([Row(True, True, True, 1.0), Row(False, True, False, 10.0)])
    assert best_f1(points)[:3] == (1.0, 0.5, 1.0)
    assert recall_at_precision(points, 0.5)[:3] == (1.0, 0.5, 1.0)
    assert recall_at_precision(points, 0.75) == Point(None, 0, 0, 0)


def test_of_equal_recall_the_higher_threshold_counts():
    points = sweep([Row(True, True, True, 3.0), Row(True, False, False, 2.0)])
    assert recall_at_precision(points, 0.9) == Point(3.0, 1.0, 0.5, 2 / 3)
    assert best_f1(points) == Point(3.0, 1.0, 0.5, 2 / 3)


def test_nothing_right():
    assert best_f1(sweep([Row(True, True, False, 7.0)])) == Point(0.0, 0.0, 0.0, 0.0)
    assert best_f1([]) == Point(0.0, 0.0, 0.0, 0.0)
    assert all_predictions([Row(True, True, False, 7.0)]) == Point(None, 0.0, 0.0, 0)
    assert all_predictions([]) == Point(None, 0, 0, 0)
