"""The rule that makes answers or null of scores, and the exact search for its thresholds.

The rule (`decide`): a long answer is given if its score reaches the threshold of long answers. Of
the short span, yes and no the likeliest is the candidate, and it is given if its score reaches the
threshold of its kind; else there is no short answer. Scores of different kinds are not comparable,
so log-odds that were fitted for each kind (`calibration.Temperature`) tell which is likeliest. A
threshold of None is never reached.

The search: F1 = 2 TP / (P + G), with TP right answers, P given answers and G questions that have
one. Dinkelbach (1967, "On nonlinear fractional programming") finds its maximum by maximising
2 TP - F P for a fixed F, whose F1 is the next F, until F stays the same. For a fixed F a given
answer is worth 2 - F if right and -F if wrong, and these worths add up: over the questions, over
spans, yes and no, and over long and short answers if one F1 counts both (as in Kaggle's "TensorFlow
2.0 Question Answering"). So each threshold can be chosen by itself. All sums are of integers, so
the optimum is exact.
"""
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.scoring import f_measure
from bert_nq.scoring.calibration import Temperature, fit_temperature
from bert_nq.scoring.f_measure import Point, Row
from bert_nq.scoring.nq.options import Column, Table

OBJECTIVES = ("separate", "combined")
SHORT_KINDS = ("short", "yes", "no")  # of equally likely ones the first is the candidate

NO_ANSWER = -1  # beside the index of one of SHORT_KINDS


class Rule(NamedTuple):
    """The rule of `decide`: the values of its thresholds and log-odds."""

    thresholds: Mapping[str, Optional[float]]  # the least score that is answered, by kind
    log_odds: Mapping[str, Temperature]  # make the scores of SHORT_KINDS comparable


class Decisions(NamedTuple):
    """The answers that are given to n questions."""

    long: np.ndarray  # bool [n], whether the long answer is given
    short: np.ndarray  # int [n], index in SHORT_KINDS of the kind that is given, or NO_ANSWER

    def rows(self, table: Table) -> Tuple[List[Row], List[Row]]:
        """The official scorer's rows of long and of short answers, all with score 0."""
        right = np.zeros(len(self.short), bool)
        for index, kind in enumerate(SHORT_KINDS):
            right |= (self.short == index) & getattr(table, kind).right
        return (_rows(table.has_long_gold, self.long, self.long & table.long.right),
                _rows(table.has_short_gold, self.short != NO_ANSWER, right))


def _rows(*columns: np.ndarray) -> List[Row]:
    return [Row(*(row + (0.0,))) for row in zip(*(c.tolist() for c in columns))]


def decide(table: Table, rule: Rule) -> Decisions:
    """Applies the rule; see the top of this file."""
    chosen = candidates(table, rule.log_odds)
    short = np.full(len(chosen), NO_ANSWER)
    for index, kind in enumerate(SHORT_KINDS):
        given = (chosen == index) & _reached(getattr(table, kind), rule.thresholds.get(kind))
        short[given] = index
    return Decisions(_reached(table.long, rule.thresholds.get("long")), short)


def candidates(table: Table, log_odds: Mapping[str, Temperature]) -> np.ndarray:
    """int [n]: the index of the likeliest of SHORT_KINDS, NO_ANSWER for a question without any.

    Args:
      table: the options of n questions.
      log_odds: by kind; kinds without them are no candidates.
    """
    best, chosen = np.full(len(table.ids), -np.inf), np.full(len(table.ids), NO_ANSWER)
    for index, kind in enumerate(SHORT_KINDS):
        if kind in log_odds:
            column = getattr(table, kind)
            likelihood = log_odds[kind].log_odds(column.scores)
            wins = column.has_answer & ((chosen == NO_ANSWER) | (likelihood > best))
            best[wins], chosen[wins] = likelihood[wins], index
    return chosen


def _reached(column: Column, threshold: Optional[float]) -> np.ndarray:
    if threshold is None:
        return np.zeros(len(column.has_answer), bool)
    return column.has_answer & (column.scores >= threshold)


def search(table: Table, kinds: Sequence[str], objective: str = "separate") -> Rule:
    """The rule of the highest F1 on these questions.

    The log-odds are fitted first; with these no thresholds are better than those found. Of equally
    good thresholds the highest are taken, which answer least. The threshold is None for a kind that
    is better never answered.

    Args:
      table: the options of the questions.
      kinds: the kinds that have scores.
      objective: "separate" for the best F1 of long answers and the best F1 of short ones,
        "combined" for the best F1 over both.
    """
    log_odds = {kind: _fit_log_odds(getattr(table, kind)) for kind in SHORT_KINDS if kind in kinds}
    chosen = candidates(table, log_odds)
    long, short = {"long": _Sweep(table.long)}, {}
    for index, kind in enumerate(SHORT_KINDS):
        if kind in kinds:
            column = getattr(table, kind)
            short[kind] = _Sweep(column._replace(has_answer=column.has_answer & (chosen == index)))
    num_long, num_short = int(table.has_long_gold.sum()), int(table.has_short_gold.sum())
    if objective == "combined":
        return Rule(_maximise(dict(long, **short), num_long + num_short), log_odds)
    return Rule(dict(_maximise(long, num_long), **_maximise(short, num_short)), log_odds)


class Combined(NamedTuple):
    """The best F1 of long and short answers together, as Kaggle's contest counted them."""

    point: Point  # micro F1, precision and recall
    long_threshold: Optional[float]  # of the official scores; None: no long answer is given
    short_threshold: Optional[float]


def best_combined(long_rows: Sequence[Row], short_rows: Sequence[Row]) -> Combined:
    """The highest F1 over both kinds of answers, of all pairs of thresholds of official scores.

    Args:
      long_rows: of the official scorer, one for each question.
      short_rows: the same of short answers.
    """
    both = {"long": long_rows, "short": short_rows}
    found = _maximise({kind: _Sweep(_column_of(rows)) for kind, rows in both.items()},
                      sum(row.has_gold for rows in both.values() for row in rows))
    settled = []  # type: List[Row]
    for kind, rows in both.items():
        least = found[kind]
        settled += f_measure.at_threshold(rows, float("inf") if least is None else least)
    return Combined(f_measure.all_predictions(settled), found["long"], found["short"])


def _column_of(rows: Sequence[Row]) -> Column:
    return Column(np.array([row.score for row in rows], np.float64),
                  np.array([row.has_prediction for row in rows], bool),
                  np.array([row.is_correct for row in rows], bool))


def _fit_log_odds(column: Column) -> Temperature:
    return fit_temperature(column.scores[column.has_answer], column.right[column.has_answer])


class _Sweep:
    """The counts at each threshold of one kind, from the highest; place 0 is above all scores."""

    def __init__(self, column: Column):
        scores, right = column.scores[column.has_answer], column.right[column.has_answer]
        order = np.argsort(-scores, kind="stable")
        # The last answer of each group of equal scores.
        descending = scores[order]
        ends = np.flatnonzero(np.append(descending[1:] != descending[:-1], True)[:len(scores)])
        self.thresholds = [None] + descending[ends].tolist()
        self.num_given = np.append(0, ends + 1)
        self.num_right = np.append(0, np.cumsum(right[order])[ends])

    def best(self, if_right: int, if_wrong: int) -> int:
        """The place at which the given answers are worth most, the first of several."""
        return int(np.argmax(if_right * self.num_right
                             + if_wrong * (self.num_given - self.num_right)))


def _maximise(sweeps: Mapping[str, _Sweep], num_gold: int) -> Dict[str, Optional[float]]:
    """The thresholds of the highest F1 over all sweeps together, by Dinkelbach's iteration.

    F1 is the fraction above / below, and worths are multiplied by `below`, to be integers.
    """
    above, below = 0, 1
    while True:
        places = {kind: sweep.best(2 * below - above, -above) for kind, sweep in sweeps.items()}
        num_right = sum(int(sweeps[kind].num_right[place]) for kind, place in places.items())
        num_given = sum(int(sweeps[kind].num_given[place]) for kind, place in places.items())
        if num_right == 0 or 2 * num_right * below <= above * (num_given + num_gold):
            return {kind: sweeps[kind].thresholds[place] for kind, place in places.items()}
        above, below = 2 * num_right, num_given + num_gold
