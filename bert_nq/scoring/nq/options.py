"""The answers that a system could give to each question, with their scores and which are right.

There are four kinds: the best long answer, the best short span (or spans), yes, and no. A
prediction file of the page decoder has a score for each. Other files have two scores, one for the
long answer and one for the short answer, whether that is spans or yes or no; for such files yes and
no are no kinds of their own.
"""
from typing import Any, Dict, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import parse_finite
from bert_nq.scoring.nq import measures
from bert_nq.scoring.nq.answer_files import AnswerFile
from bert_nq.scoring.nq.labels import (
    Answers,
    AnswerSpan,
    Prediction,
    Record,
    parse_prediction,
    parse_span,
)

KINDS = ("long", "short", "yes", "no")
TWO_KINDS = KINDS[:2]  # where a file has no scores for yes and no

# Far beyond all log-odds, but its square is still finite and can be summed.
_LARGEST_SCORE = 1e100


class Option(NamedTuple):
    """An answer that could be given."""

    score: float
    answer: Answers  # with the long answer alone, or the short one alone; empty: there is none

    def has_answer(self) -> bool:
        """Whether there is such an answer: yes and no always are, a span may be null."""
        return not self.answer.long_answer.is_null() or self.answer.has_short_answer()


class ScoredFile(NamedTuple):
    """A prediction file with its predictor and all its scores."""

    predictor: Optional[Record]  # model, decoder and options; None where the file does not say
    kinds: Tuple[str, ...]  # KINDS or TWO_KINDS
    predictions: Dict[int, Prediction]  # by example id
    options: Dict[int, Dict[str, Option]]  # by example id and kind


class Column(NamedTuple):
    """The options of one kind, of n questions."""

    scores: np.ndarray  # float64 [n]
    has_answer: np.ndarray  # bool [n], whether there is such an answer
    right: np.ndarray  # bool [n], whether the official scorer would count it as right

    def take(self, rows: np.ndarray) -> "Column":
        """The options of the questions `rows` alone."""
        return Column(*(array[rows] for array in self))


class Table(NamedTuple):
    """The options of n questions, in the order of their ids."""

    ids: np.ndarray  # int64 [n]
    has_long_gold: np.ndarray  # bool [n]
    has_short_gold: np.ndarray  # bool [n]
    long: Column
    short: Column
    yes: Column
    no: Column

    def take(self, rows: np.ndarray) -> "Table":
        """The questions `rows` alone."""
        return Table._make(part.take(rows) if isinstance(part, Column) else part[rows]
                           for part in self)


def read_scored(path: str) -> ScoredFile:
    """Reads a prediction file with all its scores.

    Raises:
      UserError: it is not JSON or not of the format, thresholds were applied to it already, an
        entry is impossible or occurs twice, or some entries have four scores and some two.
    """
    answer_file = AnswerFile(path)
    predictor = answer_file.predictor()
    if predictor and predictor.get("thresholds") is not None:
        raise UserError("%s: thresholds were applied to these predictions already, which loses the "
                        "answers under them: predict again without --thresholds" % path)
    predictions, options = {}, {}  # type: Dict[int, Prediction], Dict[int, Dict[str, Option]]
    for example_id, (prediction, of_kinds) in answer_file.entries(_prediction_and_options):
        predictions[example_id], options[example_id] = prediction, of_kinds
    return ScoredFile(predictor, _same_kinds(options, path), predictions, options)


def _prediction_and_options(record: Record) -> Tuple[Prediction, Dict[str, Option]]:
    prediction = parse_prediction(record)
    return prediction, options_of(record, prediction)


def _same_kinds(options: Mapping[int, Mapping[str, Option]], path: str) -> Tuple[str, ...]:
    kinds = {tuple(o): example_id for example_id, o in options.items()}
    if len(kinds) > 1:
        raise UserError('%s: example %d has "scores" and example %d has none: give predictions of '
                        "one system" % (path, kinds[KINDS], kinds[TWO_KINDS]))
    return next(iter(kinds), KINDS)


def options_of(record: Record, prediction: Optional[Prediction] = None) -> Dict[str, Option]:
    """The options of one entry of a prediction file, by kind: four, or two without "scores".

    Args:
      record: the entry.
      prediction: the same entry, parsed, where that has been done.

    Raises:
      UserError: the entry is impossible; the message names the example.
    """
    prediction = prediction or parse_prediction(record)
    answers = prediction.answers
    long_answer = Answers(long_answer=answers.long_answer)
    where = "example %d" % prediction.example_id
    if record.get("scores") is None:
        scores = _scores({"long": prediction.long_score, "short": prediction.short_score},
                         TWO_KINDS, where)
        return {"long": Option(scores["long"], long_answer),
                "short": Option(scores["short"], answers._replace(long_answer=AnswerSpan()))}
    scores = _scores(record["scores"], KINDS, where)
    return {"long": Option(scores["long"], long_answer),
            "short": Option(scores["short"], Answers(short_answers=_spans(record, where))),
            "yes": Option(scores["yes"], Answers(yes_no_answer="yes")),
            "no": Option(scores["no"], Answers(yes_no_answer="no"))}


def _scores(value: Any, kinds: Sequence[str], where: str) -> Dict[str, float]:
    if not isinstance(value, dict):
        raise UserError("%s: scores is not a JSON object" % where)
    for kind in kinds:
        what = "%s: the score of %s" % (where, kind)
        if kind not in value:
            raise UserError("%s is missing" % what)
        if abs(parse_finite(value[kind], what)) > _LARGEST_SCORE:
            raise UserError("%s is %s, beyond %g: scores are like log-odds"
                            % (what, str(value[kind])[:40], _LARGEST_SCORE))
    return {kind: float(value[kind]) for kind in kinds}


def _spans(record: Record, where: str) -> tuple:
    spans = record.get("best_short_answers")
    if not isinstance(spans, list):
        raise UserError("%s has scores but no list best_short_answers: predict again with "
                        "--decoder=page" % where)
    parsed = [parse_span(span, where + ": best short answer") for span in spans]
    return tuple(span for span in parsed if not span.is_null())


def column(options: Sequence[Option], right: Sequence[bool]) -> Column:
    """The options of one kind as arrays."""
    return Column(np.array([o.score for o in options], np.float64),
                  np.array([o.has_answer() for o in options], bool), np.array(right, bool))


def no_column(num_questions: int) -> Column:
    """The column of a kind that a file has no scores for: no question has such an answer."""
    return Column(np.zeros(num_questions), *np.zeros((2, num_questions), bool))


def make_table(gold: Mapping[int, Sequence[Answers]], scored: ScoredFile,
               long_non_null_threshold: int = measures.NON_NULL_THRESHOLD,
               short_non_null_threshold: int = measures.NON_NULL_THRESHOLD) -> Table:
    """The options of all questions, each with whether the official scorer would count it as right.

    Args:
      gold: the annotations of each example id.
      scored: predictions for the same ids.
      long_non_null_threshold: see `measures.long_row`.
      short_non_null_threshold: likewise.
    """
    ids = sorted(gold)
    columns = {kind: no_column(len(ids)) for kind in KINDS}
    has_gold = {}
    for kind in scored.kinds:
        options = [scored.options[i][kind] for i in ids]
        row_of, least = ((measures.long_row, long_non_null_threshold) if kind == "long" else
                         (measures.short_row, short_non_null_threshold))
        rows = [row_of(gold[i], Prediction(i, option.answer, 0.0, 0.0), least)
                for i, option in zip(ids, options)]
        columns[kind] = column(options, [row.is_correct for row in rows])
        has_gold[kind] = np.array([row.has_gold for row in rows], bool)
    return Table(np.array(ids, np.int64), has_gold["long"], has_gold["short"], **columns)
