"""Probabilities from scores: fits worked out by hand, or against a slower way."""
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.scoring.calibration import (
    Bin,
    Isotonic,
    Temperature,
    expected_calibration_error,
    fit,
    fit_isotonic,
    fit_temperature,
    from_json,
    pool_adjacent_violators,
    reliability,
    sigmoid,
)

OUTCOMES = st.lists(st.tuples(st.sampled_from([-2.0, -1.0, 0.0, 0.5, 3.0]), st.booleans()),
                    min_size=1, max_size=12)


def arrays(outcomes):
    scores, right = zip(*outcomes)
    return np.array(scores, np.float64), np.array(right, bool)


def test_sigmoid_does_not_overflow():
    assert sigmoid(np.array([-1e308, 0.0, 1e308])).tolist() == [0.0, 0.5, 1.0]
    assert float(sigmoid(math.log(3.0))) == pytest.approx(0.75)


def test_two_scores_have_the_softened_shares():
    # 3 right: target 4/5. 3 wrong: target 1/5. At score 0 one of three is right, at score 1 two.
    found = fit_temperature(*arrays([(0.0, True), (0.0, False), (0.0, False),
                                     (1.0, True), (1.0, True), (1.0, False)]))
    # Two scores, two parameters: the mean targets (0.8 + 0.2 + 0.2) / 3 = 0.4 and 0.6 are met.
    assert found.probabilities(np.array([0.0, 1.0])) == pytest.approx([0.4, 0.6])
    assert found.bias == pytest.approx(math.log(0.4 / 0.6))
    assert found.slope == pytest.approx(2 * math.log(0.6 / 0.4))


def test_what_cannot_be_fitted_is_level():
    assert fit_temperature(np.zeros(0), np.zeros(0, bool)) == Temperature(0.0, 0.0)
    # Higher scores are less often right: 2/3 and 1/3 as targets, 1/2 on the whole.
    assert fit_temperature(*arrays([(0.0, True), (1.0, False)])) == Temperature(0.0, 0.0)
    # One score: the targets 2/3, 1/4 and 1/4, 7/18 on the whole.
    level = fit_temperature(*arrays([(7.0, True), (7.0, False), (7.0, False)]))
    assert level.slope == 0.0 and level.bias == pytest.approx(math.log(7 / 11))
    # Scores so near to each other that their spread is 0.
    assert fit_temperature(*arrays([(0.0, False), (5e-324, True)])) == Temperature(0.0, 0.0)


def test_scores_that_part_right_and_wrong_stay_finite():
    found = fit_temperature(*arrays([(-1.0, False)] * 50 + [(1.0, True)] * 50))
    assert found.probabilities(np.array([-1.0, 1.0])) == pytest.approx([1 / 52, 51 / 52])


@given(OUTCOMES)
def test_no_slope_or_bias_nearby_is_likelier(outcomes):
    scores, right = arrays(outcomes)
    found = fit_temperature(scores, right)
    targets = np.where(right, (right.sum() + 1) / (right.sum() + 2), 1 / ((~right).sum() + 2))

    def loss(slope, bias):
        p = sigmoid(slope * scores + bias)
        return -(targets * np.log(p) + (1 - targets) * np.log(1 - p)).sum()

    least = loss(*found)
    for step in (-0.01, 0.01):
        assert loss(found.slope, found.bias + step) >= least - 1e-9
        if found.slope + step >= 0:
            assert loss(found.slope + step, found.bias) >= least - 1e-9


def test_the_scale_of_the_scores_does_not_matter():
    outcomes = [(-2.0, False), (-1.0, True), (0.0, False), (1.0, True), (2.0, True)]
    scores, right = arrays(outcomes)
    small = fit_temperature(scores, right)
    large = fit_temperature(1e9 * scores - 1e10, right)
    assert large.probabilities(1e9 * scores - 1e10) == pytest.approx(small.probabilities(scores))


def test_violators_are_pooled():
    # Means 1/2, 0/2 and 1/1: the first two become 1/4.
    assert pool_adjacent_violators([1, 0, 1], [2, 2, 1]) == [(0.25, 2), (1.0, 1)]
    # 0/1, 2/2, 1/2, 1/1 and 0/1: 2/2, 1/2, 1/1 and 0/1 become 4/6.
    assert pool_adjacent_violators([0, 2, 1, 1, 0], [1, 2, 2, 1, 1]) == [(0.0, 1), (4 / 6, 4)]


def test_isotonic_steps_and_what_is_between_them():
    found = fit_isotonic(*arrays([(1.0, False), (2.0, True), (3.0, False), (5.0, True)]))
    assert found == Isotonic((1.0, 2.0, 3.0, 5.0), (0.0, 0.5, 0.5, 1.0))
    assert found.probabilities(np.array([-9.0, 1.5, 2.5, 4.0, 9.0])).tolist() == [
        0.0, 0.25, 0.5, 0.75, 1.0]
    assert fit_isotonic(np.zeros(0), np.zeros(0, bool)).probabilities(3.0) == 0.5


@given(OUTCOMES)
def test_isotonic_values_are_those_of_the_min_max_formula(outcomes):
    scores, right = arrays(outcomes)
    order = sorted(set(scores.tolist()))

    def mean(first, last):
        here = (scores >= order[first]) & (scores <= order[last])
        return right[here].mean()

    # Robertson, Wright and Dykstra 1988: the max over starts of the min over ends of the means.
    expected = [max(min(mean(a, b) for b in range(i, len(order))) for a in range(i + 1))
                for i in range(len(order))]
    found = fit_isotonic(scores, right)
    assert found.probabilities(np.array(order)) == pytest.approx(expected)


@given(OUTCOMES, st.sampled_from(["temperature", "isotonic"]))
def test_what_was_written_is_read(outcomes, method):
    found = fit(method, *arrays(outcomes))
    assert from_json(method, found.to_json(), "here") == found


@pytest.mark.parametrize("method, value", [
    ("temperature", None), ("temperature", {"slope": 1.0}),
    ("temperature", {"slope": float("nan"), "bias": 0.0}),
    ("temperature", {"slope": -1.0, "bias": 0.0}), ("temperature", {"slope": True, "bias": 0.0}),
    ("temperature", {"slope": 10 ** 400, "bias": 0.0}),
    ("isotonic", {"scores": [], "values": []}), ("isotonic", {"scores": [1, 2], "values": [0.5]}),
    ("isotonic", {"scores": [2, 1], "values": [0.1, 0.2]}),
    ("isotonic", {"scores": [1, 2], "values": [0.2, 0.1]}),
    ("isotonic", {"scores": [1, 2], "values": [0.2, 1.1]}),
    ("isotonic", {"scores": [1, "2"], "values": [0.1, 0.2]}),
])
def test_impossible_numbers_are_refused(method, value):
    with pytest.raises(UserError, match="^here: "):
        from_json(method, value, "here")


def test_the_calibration_error_by_hand():
    said = np.array([0.05, 0.15, 0.15, 0.95, 1.0])
    right = np.array([False, True, False, True, True])
    assert reliability(said, right) == [Bin(1, 0.05, 0.0), Bin(2, 0.15, 0.5)] + [None] * 7 + [
        Bin(2, pytest.approx(0.975), 1.0)]
    # (1 * 0.05 + 2 * 0.35 + 2 * 0.025) / 5
    assert expected_calibration_error(said, right) == pytest.approx(0.16)
    assert expected_calibration_error(np.zeros(0), np.zeros(0, bool)) == 0
