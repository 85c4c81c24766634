"""Official scores of an ensemble for any weights, and the weights that score best on a dev set.

Notation: K models, n questions.
"""
import itertools
from typing import Dict, Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np

from bert_nq.ensembling.combining import Combination, normalised
from bert_nq.ensembling.rules import Options
from bert_nq.scoring import f_measure
from bert_nq.scoring.f_measure import Point, Row
from bert_nq.scoring.folds import folds
from bert_nq.scoring.nq import measures
from bert_nq.scoring.nq.gold import Gold
from bert_nq.scoring.nq.labels import Answers, AnswerSpan, Prediction
from bert_nq.scoring.nq.nbest import YES_NO
from bert_nq.scoring.nq.options import Column

Units = Tuple[int, ...]  # weights as whole numbers of sum UNITS * K

UNITS = 20  # a grid in steps of 0.05, which has equal weights for any K
_STEPS = (4, 2, 1)  # in units of 0.05, for more than two models


class JudgedAnswers(NamedTuple):
    """The answers of an ensemble to n questions, with their scores and which are right."""
    long: Column
    short: Column

    def take(self, rows: np.ndarray) -> "JudgedAnswers":
        """The answers to the questions `rows` alone."""
        return JudgedAnswers(*(column.take(rows) for column in self))


class DevScorer:
    """Scores an ensemble with any weights on annotated pages."""

    def __init__(self, combination: Combination, gold: Gold,
                 long_non_null_threshold: int = measures.NON_NULL_THRESHOLD,
                 short_non_null_threshold: int = measures.NON_NULL_THRESHOLD):
        """
        Args:
          combination: the models' answers to the pages.
          gold: the annotations of the same pages.
          long_non_null_threshold, short_non_null_threshold: see `measures`.

        Raises:
          UserError: the pages are not those of `gold`.
        """
        self.ids = combination.ids
        measures.score_answers(gold, {i: Prediction(i, Answers(), 0.0, 0.0) for i in self.ids})
        self.num_models = len(combination.longs.scores)
        self._combination = combination
        annotations = [gold[i] for i in self.ids]
        self._long = _Judge(self._combination.longs, annotations, measures.long_row,
                            long_non_null_threshold)
        self._short = _Judge(self._combination.shorts, annotations, measures.short_row,
                             short_non_null_threshold)

    def judge(self, weights: Sequence[float]) -> JudgedAnswers:
        """The answers of the ensemble with weights [K] of any sum."""
        choice = self._combination.choose(np.array(normalised(weights)))
        short = choice.short_or_yes_no(self._combination.shorts.begins)
        scores = choice.scores
        yes_no = np.maximum(scores["yes"], scores["no"])
        return JudgedAnswers(self._long.judge(choice.long, scores["long"]),
                             self._short.judge(short, np.maximum(yes_no, scores["short"])))

    def points(self, answers: JudgedAnswers) -> Tuple[Point, Point]:
        """The points of the best long and the best short F1, by the official measure."""
        return tuple(f_measure.best_f1(f_measure.sweep(judge.rows(column)))
                     for judge, column in zip((self._long, self._short), answers))

    def objective(self, answers: JudgedAnswers, rows: np.ndarray) -> float:
        """The sum of long and short F1 at their best thresholds on the questions `rows`."""
        return sum(best_f1(column.take(rows), int(judge.has_gold[rows].sum()))
                   for judge, column in zip((self._long, self._short), answers))


class _Judge:
    """The right ones among all long (or all short) answers."""

    def __init__(self, options: Options, annotations: List[Sequence[Answers]], row_of,
                 non_null_threshold: int):
        self._begins = options.begins
        self._right = np.zeros(len(options.pages), bool)
        self.has_gold = np.zeros(len(annotations), bool)
        for number, (begin, end) in enumerate(zip(options.begins, options.ends())):
            rows = {key: row_of(annotations[number], Prediction(0, answer, 0.0, 0.0),
                                non_null_threshold)
                    for key, answer in _answers(annotations[number], row_of is measures.long_row)}
            self.has_gold[number] = rows["none"].has_gold
            right = {key for key, row in rows.items() if row.is_correct}
            if not right:
                continue
            self._right[begin:end] = [tuple(span) in right
                                      for span in options.spans[begin:end].tolist()]
            if row_of is measures.short_row:
                self._right[begin + 1:begin + 3] = [kind in right for kind in YES_NO]

    def judge(self, places: np.ndarray, scores: np.ndarray) -> Column:
        """The answer to each page, with its score and whether it is right.

        Args:
          places: int [n], the index of each page's answer.
          scores: float64 [n] of these answers.
        """
        return Column(scores, places != self._begins, self._right[places])

    def rows(self, column: Column) -> List[Row]:
        return [Row(*row) for row in zip(self.has_gold.tolist(), column.has_answer.tolist(),
                                         column.right.tolist(), column.scores.tolist())]


def _answers(annotations: Sequence[Answers], is_long: bool) -> Iterator[Tuple[object, object]]:
    """Yields the answers that can be right, those that an annotator marked, as predictions.

    Each comes as (key, answers): a key is "none", a pair of tokens, "yes" or "no".
    """
    yield "none", Answers()
    marked = ([a.long_answer for a in annotations] if is_long
              else [span for a in annotations for span in a.short_answers])
    for tokens in {span[2:] for span in marked if span.start_token >= 0}:
        span = AnswerSpan(start_token=tokens[0], end_token=tokens[1])
        yield tokens, Answers(span) if is_long else Answers(short_answers=(span,))
    for kind in () if is_long else YES_NO:
        yield kind, Answers(yes_no_answer=kind)


def best_f1(column: Column, num_gold: int) -> float:
    """The F1 of `f_measure.best_f1`, without points, since a search computes it thousands of times.

    Args:
      column: the answers.
      num_gold: the number of questions that have an answer.
    """
    scores, right = column.scores[column.has_answer], column.right[column.has_answer]
    if not right.any():
        return 0.0
    order = np.argsort(-scores, kind="stable")
    given = 1 + np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    return float((2 * np.cumsum(right[order])[given - 1] / (given + num_gold)).max())


class Fitted(NamedTuple):
    """The best weights, and the answers to questions with weights that were fitted without them."""
    weights: Tuple[float, ...]
    held_out: JudgedAnswers  # to each question with weights fitted without its fold
    of_folds: Tuple[Tuple[float, ...], ...]  # these weights
    num_tried: int


def fit(scorer: DevScorer, num_folds: int, seed: int) -> Fitted:
    """Searches for the weights with the highest sum of long and short F1.

    For two models all of the grid is tried. For more the search begins at equal weights and moves
    weight from one model to another, always by the best such move, while one helps: first in large
    steps, then in smaller ones. Of equally good weights the most equal ones are taken.

    Raises:
      UserError: there are fewer questions than folds.
    """
    search = _Search(scorer)
    fold_of = folds(np.array(scorer.ids, np.int64), num_folds, seed)
    of_folds = [search.best(np.flatnonzero(fold_of != fold)) for fold in range(num_folds)]
    best = search.best(np.arange(len(fold_of)))
    questions = np.arange(len(fold_of))
    held_out = JudgedAnswers(*(
        Column(*(np.stack(parts)[fold_of, questions] for parts in zip(*columns)))
        for columns in zip(*(search.answers(units) for units in of_folds))))
    return Fitted(normalised(best), held_out, tuple(map(normalised, of_folds)), search.num_tried)


class _Search:
    """The search for weights; answers of weights that were tried are kept for the other folds."""

    def __init__(self, scorer: DevScorer):
        self._scorer = scorer
        self._answers: Dict[Units, JudgedAnswers] = {}

    @property
    def num_tried(self) -> int:
        return len(self._answers)

    def answers(self, units: Units) -> JudgedAnswers:
        if units not in self._answers:
            self._answers[units] = self._scorer.judge(units)
        return self._answers[units]

    def best(self, rows: np.ndarray) -> Units:
        """The best weights on the questions `rows`."""
        def value(units: Units):
            # Rounded, so that sums of other rounding errors are equal.
            return (round(self._scorer.objective(self.answers(units), rows), 12),
                    -sum((unit - UNITS) ** 2 for unit in units), units)

        k = self._scorer.num_models
        if k == 2:
            return max(((unit, 2 * UNITS - unit) for unit in range(0, 2 * UNITS + 1, 2)), key=value)
        best = (UNITS,) * k
        for step in _STEPS:
            while True:
                found = max(_moves(best, step * k), key=value, default=best)
                if value(found) <= value(best):
                    break
                best = found
        return best


def _moves(units: Units, step: int) -> Iterator[Units]:
    """Yields all weights that move up to `step` from one model to another."""
    for giving, taking in itertools.permutations(range(len(units)), 2):
        moved = min(step, units[giving])
        if moved:
            new = list(units)
            new[giving] -= moved
            new[taking] += moved
            yield tuple(new)
