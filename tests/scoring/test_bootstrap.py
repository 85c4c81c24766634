"""Intervals of F1, and whether two systems differ."""
import random

import numpy as np
import pytest

from bert_nq.scoring import bootstrap, f_measure
from bert_nq.scoring.bootstrap import f1_interval, paired_f1_difference
from bert_nq.scoring.f_measure import Row


def random_rows(n, right, seed, scores=(0.0, 1.0, 2.0, 3.0), gold=None):
    rng = random.Random("bootstrap %d" % seed)
    rows = []
    for i in range(n):
        has_gold = gold[i] if gold else rng.random() < 0.5
        has_prediction = rng.random() < 0.8
        rows.append(Row(has_gold, has_prediction,
                        has_gold and has_prediction and rng.random() < right, rng.choice(scores)))
    return rows


def f1(rows):
    return f_measure.best_f1(f_measure.sweep(rows)).f1


@pytest.mark.parametrize("seed", range(10))
def test_each_sample_has_the_f1_of_its_questions(seed):
    rows = random_rows(17, 0.5, seed)
    n = 0
    for counts in bootstrap.samples(len(rows), 50, seed):
        f1s = bootstrap._Scorer(rows).f1s(counts)
        for f1_of_sample, count in zip(f1s, counts):
            assert count.sum() == len(rows)
            assert f1_of_sample == pytest.approx(
                f1([row for row, times in zip(rows, count) for _ in range(times)]), abs=1e-12)
            n += 1
    assert n == 50


def test_samples_do_not_depend_on_how_many_are_drawn_at_a_time(monkeypatch):
    rows = random_rows(20, 0.5, 1)
    whole = f1_interval(rows, resamples=50)
    monkeypatch.setattr(bootstrap, "_CELLS", 60)
    assert f1_interval(rows, resamples=50) == whole
    assert f1_interval(rows, resamples=50, seed=1) != whole


def test_the_interval_is_that_of_a_proportion():
    # Everything is answered and has an answer: precision = recall = F1 = the share that is right,
    # whose standard error is sqrt(0.25 / 400) = 0.025.
    rows = [Row(True, True, i % 2 == 0, 0.0) for i in range(400)]
    interval = f1_interval(rows, resamples=4000)
    assert interval.f1 == 0.5
    assert interval.low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.006)
    assert interval.high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.006)
    narrower = f1_interval(rows, resamples=4000, confidence=0.68)
    assert narrower.high - narrower.low == pytest.approx(2 * 0.025, abs=0.005)


def test_which_threshold():
    rows = random_rows(200, 0.4, 3, scores=[i / 10 for i in range(40)])
    best, fixed, none = (f1_interval(rows, threshold) for threshold in bootstrap.THRESHOLDS)
    assert best.f1 == fixed.f1 == f1(rows)
    assert none.f1 == f_measure.all_predictions(rows).f1
    # To choose anew in each sample never lowers an F1.
    assert best.low >= fixed.low and best.high >= fixed.high and best != fixed
    with pytest.raises(ValueError, match="threshold='some' is none of best, fixed, none"):
        f1_interval(rows, "some")


@pytest.mark.parametrize("rows", [
    [Row(False, False, False, 0.0)], [Row(True, False, False, 0.0)] * 3,
    [Row(True, True, False, 1.0), Row(False, True, False, 2.0)]])
def test_where_nothing_is_right(rows):
    assert f1_interval(rows, resamples=5) == (0.0, 0.0, 0.0)
    assert paired_f1_difference(rows, rows, resamples=5) == (0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def test_a_clear_difference_and_none():
    gold = [True, False] * 150
    good, bad, as_bad = (random_rows(300, right, seed, gold=gold)
                         for seed, right in enumerate((0.8, 0.4, 0.4)))
    clear = paired_f1_difference(good, bad)
    assert (clear.f1, clear.other_f1) == (f1(good), f1(bad))
    assert clear.difference == clear.f1 - clear.other_f1
    assert 0 < clear.low < clear.difference < clear.high
    assert clear.p_value == pytest.approx(1 / 1001)  # None of 1,000 deals, and the one observed.
    back = paired_f1_difference(bad, good)
    assert (back.difference, back.low, back.high) == pytest.approx(
        (-clear.difference, -clear.high, -clear.low))
    assert back.p_value == clear.p_value
    unclear = paired_f1_difference(as_bad, bad)
    assert unclear.low < 0 < unclear.high and unclear.p_value > 0.05


def test_the_same_questions_are_drawn_for_both():
    # The second lacks 20 right answers of the first, so it is never better.
    rows = random_rows(100, 0.9, 5, scores=(0.0,))
    right = [i for i, row in enumerate(rows) if row.is_correct]
    worse = [row._replace(is_correct=False) if i in right[:20] else row
             for i, row in enumerate(rows)]
    assert paired_f1_difference(rows, worse).low > 0
    assert paired_f1_difference(rows, rows)[2:] == (0.0, 0.0, 0.0, 1.0)


def test_the_p_value_is_the_share_of_all_deals():
    # Of 3 questions that both have right but the other one: 8 deals, of which two are as uneven.
    rows = [Row(True, True, True, 0.0)] * 3
    others = [Row(True, True, False, 0.0)] * 3
    p_value = paired_f1_difference(rows, others, resamples=20000).p_value
    assert p_value == pytest.approx(2 / 8, abs=0.01)


def test_scores_of_other_scales_do_not_matter():
    gold = [True, False, True] * 40
    rows, others = (random_rows(120, 0.5, seed, gold=gold) for seed in (1, 2))
    scaled = [row._replace(score=1000 * row.score - 7) for row in others]
    assert paired_f1_difference(rows, scaled) == paired_f1_difference(rows, others)


def test_rows_of_different_questions():
    with pytest.raises(ValueError, match="different questions"):
        paired_f1_difference([Row(True, True, True, 0.0)], [Row(False, True, False, 0.0)])


def test_thresholds_drop_what_scores_less():
    rows = [Row(True, True, True, 2.0), Row(True, True, False, 1.0), Row(False, False, False, 3.0)]
    assert f_measure.at_threshold(rows, 2.0) == [
        (True, True, True, 0.0), (True, False, False, 0.0), (False, False, False, 0.0)]
    assert f_measure.at_threshold(rows, None) == [row._replace(score=0.0) for row in rows]
    assert np.mean([row.is_correct for row in f_measure.at_threshold(rows, 2.5)]) == 0
