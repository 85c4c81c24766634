"""Fits thresholds and calibration, and scores them on questions that they were not fitted on."""
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.scoring import calibration as calibrations
from bert_nq.scoring import f_measure
from bert_nq.scoring.calibration import Bin, Calibration
from bert_nq.scoring.f_measure import Point, Row
from bert_nq.scoring.folds import folds
from bert_nq.scoring.nq.options import Column, Table
from bert_nq.scoring.nq.thresholds import NO_ANSWER, OBJECTIVES, Decisions, Rule, decide, search


class Points(NamedTuple):
    """F1, precision and recall of decisions."""

    long: Point
    short: Point
    combined: Point  # of both kinds of answers together: micro F1


class Fit(NamedTuple):
    """The best rule for one objective."""

    rule: Rule  # fitted on all questions
    fitted: Points  # on the questions that it was fitted on
    held_out: Points  # each question by a rule fitted without its fold
    of_folds: Tuple[Rule, ...]  # the rules fitted without each fold


class Calibrated(NamedTuple):
    """The errors of the probabilities of one kind of answer, before and after calibration."""

    num_answers: int
    share_right: float
    before: float  # expected calibration error of sigmoid(score)
    after: float  # on the answers that the calibration was fitted on
    held_out: float  # each answer by a calibration fitted without its fold
    bins: Tuple[Optional[Bin], ...]  # of the held-out probabilities; None for an empty bin


class Tuning(NamedTuple):
    """The rules and calibrations that were found, with their scores."""

    fits: Dict[str, Fit]  # by objective
    calibration: Dict[str, Calibration]  # by kind; empty for the method "none"
    calibrated: Dict[str, Calibrated]  # by kind; empty for the method "none"


def tune(table: Table, kinds: Sequence[str], num_folds: int, method: str, seed: int) -> Tuning:
    """Fits thresholds for both objectives and a calibration, and cross-validates them.

    Args:
      table: the options of all questions.
      kinds: the kinds that have scores.
      num_folds: of the cross-validation.
      method: of calibration, one of calibration.METHODS.
      seed: of the folds.

    Raises:
      UserError: there are more folds than questions.
    """
    fold_of = folds(table.ids, num_folds, seed)
    fits = {objective: _cross_validate(table, kinds, fold_of, objective)
            for objective in OBJECTIVES}
    calibration, calibrated = {}, {}
    for kind in kinds if method != "none" else ():
        calibration[kind], calibrated[kind] = _calibrate(getattr(table, kind), fold_of, method)
    return Tuning(fits, calibration, calibrated)


def _cross_validate(table: Table, kinds: Sequence[str], fold_of: np.ndarray, objective: str
                    ) -> Fit:
    long, short = np.zeros(len(fold_of), bool), np.full(len(fold_of), NO_ANSWER)
    of_folds = []
    for fold in range(fold_of.max() + 1):
        rest, here = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        of_folds.append(search(table.take(rest), kinds, objective))
        long[here], short[here] = decide(table.take(here), of_folds[-1])
    rule = search(table, kinds, objective)
    return Fit(rule, points_of(*decide(table, rule).rows(table)),
               points_of(*Decisions(long, short).rows(table)), tuple(of_folds))


def points_of(long_rows: List[Row], short_rows: List[Row]) -> Points:
    """The points of decisions by the official measures: long, short and both."""
    return Points(*map(f_measure.all_predictions, (long_rows, short_rows, long_rows + short_rows)))


def _calibrate(column: Column, fold_of: np.ndarray, method: str
               ) -> Tuple[Calibration, Calibrated]:
    scores, right = column.scores[column.has_answer], column.right[column.has_answer]
    fold_of = fold_of[column.has_answer]
    calibration = calibrations.fit(method, scores, right)
    held_out = np.zeros(len(scores))
    for fold in np.unique(fold_of):
        rest, here = fold_of != fold, fold_of == fold
        held_out[here] = calibrations.fit(method, scores[rest], right[rest]).probabilities(
            scores[here])
    before, after, held_out_error = (
        calibrations.expected_calibration_error(p, right)
        for p in (calibrations.sigmoid(scores), calibration.probabilities(scores), held_out))
    return calibration, Calibrated(
        len(scores), float(right.mean()) if len(right) else 0.0, before, after, held_out_error,
        tuple(calibrations.reliability(held_out, right)))
