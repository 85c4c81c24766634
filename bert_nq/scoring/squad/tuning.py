"""The null threshold of the best score, and how good it is on questions that it was not fitted on.

A question is answered with its best text that is not empty if its null odds are not above the
threshold, and with nothing if they are.
"""
from typing import Dict, List, Mapping, NamedTuple, Sequence, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.base.ids import hashed_id
from bert_nq.base.numbers import Number
from bert_nq.scoring.folds import folds
from bert_nq.scoring.squad import measures
from bert_nq.scoring.squad.gold import Question
from bert_nq.scoring.squad.measures import Row

METRICS = ("f1", "exact")


class Table(NamedTuple):
    """Questions that may be answered."""
    ids: np.ndarray  # int64 [n]
    rows: Sequence[Row]  # of the best texts that are not empty
    odds: np.ndarray  # float [n], that there is no answer


class Fit(NamedTuple):
    """A threshold and its scores: the official numbers, by their names."""
    threshold: float
    fitted: Dict[str, Number]  # on the questions that it was fitted on
    held_out: Dict[str, Number]  # each question by a threshold that was fitted without its fold
    of_folds: Tuple[float, ...]  # the thresholds that were fitted without each fold


def make_table(questions: Mapping[str, Question], texts: Mapping[str, str],
               odds: Mapping[str, Number]) -> Table:
    """The table of questions.

    Args:
      questions: annotated, by id.
      texts: of each question the best one that is not empty.
      odds: of each question, that it has no answer.

    Raises:
      UserError: a question has no text or no odds, or no question is without an answer.
    """
    for what, content in (("prediction", texts), ("null odds", odds)):
        lacking = [key for key in questions if key not in content]
        if lacking:
            raise UserError("%s of %s questions have no %s, the first is %s" % (
                format(len(lacking), ","), format(len(questions), ","), what, lacking[0]))
    rows = measures.score_answers(questions, texts, measures.V2)
    if all(row.has_answer for row in rows):
        raise UserError("all %s questions have an answer, so that the best threshold is to answer "
                        "each: questions of SQuAD 2.0 are wanted" % format(len(rows), ","))
    return Table(np.array([hashed_id(key) for key in questions], np.int64), rows,
                 np.array([odds[key] for key in questions], float))


def search(rows: Sequence[Row], odds: np.ndarray, metric: str) -> float:
    """The lowest threshold of the best score: the odds of a question, or 1 under the least odds.

    Unlike the official script's it answers all questions of equal odds or none of them, and an
    answer of which nothing is left when it is normalised is right where there is none.

    Args:
      rows: of the texts that are not empty.
      odds: float [n].
      metric: one of METRICS.
    """
    # What an answer is better than none, which is right where there is no answer.
    gains = np.array([getattr(row, metric) - (not row.has_answer) for row in rows], float)
    ascending = np.argsort(odds, kind="stable")
    odds, sums = odds[ascending], gains[ascending].cumsum()
    last = np.append(odds[1:] != odds[:-1], True)  # of equal odds
    odds, sums = odds[last], sums[last]
    best = int(np.argmax(sums))
    return float(odds[best]) if sums[best] > 0 else float(odds[0]) - 1.0


def decide(rows: Sequence[Row], odds: np.ndarray, threshold: float) -> List[Row]:
    """The rows at a threshold."""
    return measures.at_threshold(rows, odds.tolist(), threshold)


def tune(table: Table, metric: str, num_folds: int, seed: int) -> Fit:
    """Fits the threshold and cross-validates it.

    Args:
      table: the questions.
      metric: one of METRICS.
      num_folds: of the cross-validation.
      seed: of the folds.

    Raises:
      UserError: there are more folds than questions.
    """
    fold_of = folds(table.ids, num_folds, seed)
    held_out = list(table.rows)
    of_folds = []
    for fold in range(num_folds):
        rest, here = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        of_folds.append(search([table.rows[i] for i in rest], table.odds[rest], metric))
        decided = decide([table.rows[i] for i in here], table.odds[here], of_folds[-1])
        for place, row in zip(here, decided):
            held_out[place] = row
    threshold = search(table.rows, table.odds, metric)
    return Fit(threshold, measures.metrics_v2(decide(table.rows, table.odds, threshold)),
               measures.metrics_v2(held_out), tuple(of_folds))
