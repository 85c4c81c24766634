"""Intervals of means and the test of their difference."""
import numpy as np
import pytest

from bert_nq.scoring import bootstrap, mean_bootstrap


def test_the_mean_of_each_sample():
    statistic = mean_bootstrap.mean([10, 20, 60], [True, True, False])
    # (10 + 20) / 2; 10 twice and 20 once; the last question does not count.
    assert statistic(np.array([[1, 1, 1], [2, 1, 0], [0, 0, 3]])).tolist() == [15, 40 / 3, 0]


def test_intervals_are_the_middle_of_the_samples_numbers():
    values = [0, 1, 1, 1, 0, 1, 0, 1, 1, 1]
    found = mean_bootstrap.intervals({"mean": mean_bootstrap.mean(values, [True] * 10),
                                      "first": lambda counts: counts[:, 0]}, 10, 500, seed=3)
    counts = np.concatenate(list(bootstrap.samples(10, 500, 3)))
    means = sorted((counts * values).sum(axis=1) / 10)
    assert found["mean"] == pytest.approx(np.percentile(means, [2.5, 97.5]))
    assert found["mean"][0] < 0.7 < found["mean"][1]
    assert found["first"][0] == 0
    assert found == mean_bootstrap.intervals(
        {"mean": mean_bootstrap.mean(values, [True] * 10), "first": lambda counts: counts[:, 0]},
        10, 500, seed=3)


def test_p_values():
    same = [0, 1, 0.5, 1]
    assert mean_bootstrap.p_value(same, same, 200) == 1
    assert mean_bootstrap.p_value([1] * 20, [0] * 20, 200) == 1 / 201
    # Three differences of one: a quarter of all deals gives them all one sign.
    p = mean_bootstrap.p_value([1, 1, 1, 0], [0, 0, 0, 0], 4000, seed=1)
    assert p == pytest.approx(0.25, abs=0.03)
    assert p == mean_bootstrap.p_value([0, 0, 0, 0], [1, 1, 1, 0], 4000, seed=1)
