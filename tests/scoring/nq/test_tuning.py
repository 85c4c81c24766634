"""Cross-validation: which questions share a fold, and that none is judged by a fit that saw it."""
import random

import numpy as np
import pytest

from bert_nq.scoring import calibration, f_measure
from bert_nq.scoring.folds import folds
from bert_nq.scoring.nq.options import KINDS
from bert_nq.scoring.nq.thresholds import OBJECTIVES, decide, search
from bert_nq.scoring.nq.tuning import tune
from tests.support.scored_samples import random_table


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_each_question_is_judged_by_the_others(objective):
    table, kinds = random_table(random.Random(3), 60)
    found = tune(table, kinds, 3, "none", 7).fits[objective]
    fold_of = folds(table.ids, 3, 7)
    long_rows, short_rows = [], []
    for fold in range(3):
        rule = search(table.take(fold_of != fold), kinds, objective)
        assert found.of_folds[fold] == rule
        here = table.take(fold_of == fold)
        rows = decide(here, rule).rows(here)
        long_rows, short_rows = long_rows + rows[0], short_rows + rows[1]
    assert found.held_out == (f_measure.all_predictions(long_rows),
                              f_measure.all_predictions(short_rows),
                              f_measure.all_predictions(long_rows + short_rows))
    assert found.rule == search(table, kinds, objective)


def test_each_objective_is_best_by_its_own_measure():
    table, kinds = random_table(random.Random(4), 80)
    fits = tune(table, kinds, 4, "none", 0).fits
    # The combined rule is fitted to both together, the separate ones each to its own.
    assert fits["combined"].fitted.combined.f1 >= fits["separate"].fitted.combined.f1
    assert fits["separate"].fitted.long.f1 >= fits["combined"].fitted.long.f1
    assert fits["separate"].fitted.short.f1 >= fits["combined"].fitted.short.f1


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_calibration_is_cross_validated(method):
    table, kinds = random_table(random.Random(5), 60)
    found = tune(table, kinds, 3, method, 7)
    fold_of = folds(table.ids, 3, 7)
    assert list(found.calibration) == list(found.calibrated) == list(KINDS)
    there = table.short.has_answer
    scores, right, fold_of = table.short.scores[there], table.short.right[there], fold_of[there]
    held_out = np.zeros(len(scores))
    for fold in range(3):
        held_out[fold_of == fold] = calibration.fit(
            method, scores[fold_of != fold], right[fold_of != fold]).probabilities(
                scores[fold_of == fold])
    ours = found.calibrated["short"]
    assert ours.num_answers == there.sum() and ours.share_right == right.mean()
    assert ours.held_out == calibration.expected_calibration_error(held_out, right)
    assert ours.before == calibration.expected_calibration_error(
        calibration.sigmoid(scores), right)
    assert found.calibration["short"] == calibration.fit(method, scores, right)


def test_a_kind_without_any_answer():
    table, _ = random_table(random.Random(6), 10)
    table = table._replace(short=table.short._replace(has_answer=np.zeros(10, bool)))
    found = tune(table, KINDS, 2, "temperature", 0)
    assert found.calibrated["short"][:5] == (0, 0.0, 0, 0, 0)
    assert found.fits["separate"].rule.thresholds["short"] is None
