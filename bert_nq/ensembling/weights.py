"""Official scores of an ensemble for any weights, and the weights that do best on a dev set.

Notation: K models, n questions.
"""
import itertools
from typing import Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np

from bert_nq.ensembling.combining import Combination, normalised
from bert_nq.ensembling.nbest_files import YES_NO
from bert_nq.ensembling.rules import Options
from bert_nq.scoring.nq import measures, tuning
from bert_nq.scoring.nq.gold import Gold
from bert_nq.scoring.nq.labels import Annotation, Prediction, Span
from bert_nq.scoring.nq.measures import Point, Row
from bert_nq.scoring.nq.options import Column

Units = Tuple[int, ...]  # weights as whole numbers, of sum UNITS * K

UNITS = 20  # a grid of steps of 0.05 that equal weights lie on, whatever K
_STEPS = (4, 2, 1)  # of 0.05 each, for more than two models


class Outcome(NamedTuple):
    """What n questions come to with some weights."""
    long: Column
    short: Column

    def take(self, rows: np.ndarray) -> "Outcome":
        """Of the questions `rows` alone."""
        return Outcome(*(column.take(rows) for column in self))


class DevScorer:
    """Scores an ensemble on annotated pages."""

    def __init__(self, combination: Combination, gold: Gold,
                 long_non_null_threshold: int = measures.NON_NULL_THRESHOLD,
                 short_non_null_threshold: int = measures.NON_NULL_THRESHOLD):
        """
        Args:
          combination: of the pages.
          gold: the annotations of the same pages.
          long_non_null_threshold, short_non_null_threshold: see `measures`.

        Raises:
          UserError: the pages are not those of `gold`.
        """
        self.ids = combination.ids
        measures.score_answers(gold, {i: Prediction(i, Annotation(), 0.0, 0.0) for i in self.ids})
        self.num_models = len(combination.longs.scores)
        self._combination = combination
        annotations = [gold[i] for i in self.ids]
        self._long = _Judge(self._combination.longs, annotations, measures.long_row,
                            long_non_null_threshold)
        self._short = _Judge(self._combination.shorts, annotations, measures.short_row,
                             short_non_null_threshold)

    def outcome(self, weights: Sequence[float]) -> Outcome:
        """Of the ensemble with weights [K] of any sum."""
        choice = self._combination.choose(np.array(normalised(weights)))
        short = choice.short_or_yes_no(self._combination.shorts.begins)
        scores = choice.scores
        yes_no = np.maximum(scores["yes"], scores["no"])
        return Outcome(self._long.judge(choice.long, scores["long"]),
                       self._short.judge(short, np.maximum(yes_no, scores["short"])))

    def points(self, outcome: Outcome) -> Tuple[Point, Point]:
        """The official scorer's best points of long and of short answers."""
        return tuple(measures.best_f1(measures.sweep(judge.rows(column)))
                     for judge, column in zip((self._long, self._short), outcome))

    def objective(self, outcome: Outcome, rows: np.ndarray) -> float:
        """The sum of long and short F1 at their best thresholds on the questions `rows`."""
        return sum(best_f1(column.take(rows), int(judge.has_gold[rows].sum()))
                   for judge, column in zip((self._long, self._short), outcome))


class _Judge:
    """Knows which of all answers of one kind are right."""

    def __init__(self, options: Options, annotations: List[Sequence[Annotation]], row_of,
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
        """Of each page's answer."""
        return Column(scores, places != self._begins, self._right[places])

    def rows(self, column: Column) -> List[Row]:
        return [Row(*row) for row in zip(self.has_gold.tolist(), column.there.tolist(),
                                         column.right.tolist(), column.scores.tolist())]


def _answers(annotations: Sequence[Annotation], is_long: bool) -> Iterator[Tuple[object, object]]:
    """The answers that can be right at all, as predictions of tokens: those that somebody marked.

    Yields keys and answers: a key is "none", a pair of tokens, "yes" or "no".
    """
    yield "none", Annotation()
    marked = ([a.long_answer for a in annotations] if is_long
              else [span for a in annotations for span in a.short_answers])
    for tokens in {span[2:] for span in marked if span.start_token >= 0}:
        span = Span(start_token=tokens[0], end_token=tokens[1])
        yield tokens, Annotation(span) if is_long else Annotation(short_answers=(span,))
    for kind in () if is_long else YES_NO:
        yield kind, Annotation(yes_no_answer=kind)


def best_f1(column: Column, num_gold: int) -> float:
    """The F1 of `measures.best_f1`, as fast as a search wants it.

    Args:
      column: the answers.
      num_gold: questions that have an answer.
    """
    scores, right = column.scores[column.there], column.right[column.there]
    if not right.any():
        return 0.0
    order = np.argsort(-scores, kind="stable")
    given = 1 + np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    return float((2 * np.cumsum(right[order])[given - 1] / (given + num_gold)).max())


class Fitted(NamedTuple):
    """The weights that do best, and how well such weights do on questions they have not seen."""
    weights: Tuple[float, ...]
    held_out: Outcome  # each question with weights fitted without its fold
    of_folds: Tuple[Tuple[float, ...], ...]  # these weights
    num_tried: int


def fit(scorer: DevScorer, num_folds: int, seed: int) -> Fitted:
    """Searches for the weights with the highest sum of long and short F1.

    All of the grid for two models. For more, from equal weights on, the best move of some weight
    from one model to another is made for as long as one helps, first by large steps, then by
    smaller ones. Of equally good weights the most equal ones are taken.

    Raises:
      UserError: there are fewer questions than folds.
    """
    search = _Search(scorer)
    ids = np.array([i % (1 << 64) for i in scorer.ids], np.uint64).astype(np.int64)
    fold_of = tuning.folds(ids, num_folds, seed)
    of_folds = [search.best(np.flatnonzero(fold_of != fold)) for fold in range(num_folds)]
    best = search.best(np.arange(len(fold_of)))
    questions = np.arange(len(fold_of))
    held_out = Outcome(*(
        Column(*(np.stack(parts)[fold_of, questions] for parts in zip(*columns)))
        for columns in zip(*(search.outcome(units) for units in of_folds))))
    return Fitted(normalised(best), held_out, tuple(map(normalised, of_folds)), search.num_tried)


class _Search:
    """The search for weights; what was tried is kept for the other folds."""

    def __init__(self, scorer: DevScorer):
        self._scorer = scorer
        self._outcomes = {}  # type: Dict[Units, Outcome]

    @property
    def num_tried(self) -> int:
        return len(self._outcomes)

    def outcome(self, units: Units) -> Outcome:
        if units not in self._outcomes:
            self._outcomes[units] = self._scorer.outcome(units)
        return self._outcomes[units]

    def best(self, rows: np.ndarray) -> Units:
        """The best weights on the questions `rows`."""
        def value(units: Units):
            # Sums that differ by rounding alone are equal.
            return (round(self._scorer.objective(self.outcome(units), rows), 12),
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
    """All weights with up to `step` taken from one model and given to another."""
    for giving, taking in itertools.permutations(range(len(units)), 2):
        moved = min(step, units[giving])
        if moved:
            new = list(units)
            new[giving] -= moved
            new[taking] += moved
            yield tuple(new)
