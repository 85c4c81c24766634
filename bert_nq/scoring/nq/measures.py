"""The official measures of Natural Questions: which answers are right, and the 20 numbers.

The rules and the order of the float operations are those of the official scorer (`nq_eval` of
google-research-datasets/natural-questions), so that results are equal to the last digit, and so is
whether a number is the integer 0 or the float 0.0. Kwiatkowski et al. 2019, section 5, explains the
metrics.

The way through: labels -> rows (one per question, made here) -> points (one per threshold, made by
f_measure) -> metrics.
"""
from typing import Dict, Iterable, Iterator, List, Mapping, Sequence, Tuple

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import Number
from bert_nq.scoring.f_measure import Row, all_predictions, best_f1, recall_at_precision, sweep
from bert_nq.scoring.nq.labels import Answers, AnswerSpan, Prediction

NON_NULL_THRESHOLD = 2  # annotators who must have marked an answer for a question to have one
PRECISION_TARGETS = (0.5, 0.75, 0.9)

_IDS_SHOWN = 5


def long_row(annotations: Sequence[Answers], prediction: Prediction,
             non_null_threshold: int = NON_NULL_THRESHOLD) -> Row:
    """The row of a long answer, which is right if it matches that of any annotator.

    Args:
      annotations: of one question, by all its annotators; may be empty.
      prediction: for the same question.
      non_null_threshold: the annotators who must have marked a long answer for the question to have
        one; if fewer did, no prediction is right.
    """
    gold = [a.long_answer for a in annotations if not a.long_answer.is_null()]
    predicted = prediction.answers.long_answer
    has_gold = bool(annotations) and len(gold) >= non_null_threshold
    has_prediction = not predicted.is_null()
    is_correct = has_gold and has_prediction and any(predicted.matches(span) for span in gold)
    return Row(has_gold, has_prediction, is_correct, prediction.long_score)


def short_row(annotations: Sequence[Answers], prediction: Prediction,
              non_null_threshold: int = NON_NULL_THRESHOLD) -> Row:
    """The row of the short answers, which are right if they equal those of any annotator.

    A predicted yes or no must be the answer of some annotator, predicted spans must be the set that
    some annotator marked. Arguments as in `long_row`.
    """
    answers = prediction.answers
    has_gold = bool(annotations) and (
        sum(a.has_short_answer() for a in annotations) >= non_null_threshold)
    has_prediction = answers.has_short_answer()
    if answers.yes_no_answer != "none":
        agrees = any(a.yes_no_answer == answers.yes_no_answer for a in annotations)
    else:
        agrees = any(same_spans(a.short_answers, answers.short_answers) for a in annotations)
    return Row(has_gold, has_prediction, has_gold and has_prediction and agrees,
               prediction.short_score)


def same_spans(some: Sequence[AnswerSpan], others: Sequence[AnswerSpan]) -> bool:
    """Whether each span matches one on the other side; order and repetition do not matter."""
    return (all(any(a.matches(b) for b in others) for a in some)
            and all(any(a.matches(b) for a in some) for b in others))


def score_answers(gold: Mapping[int, Sequence[Answers]], predictions: Mapping[int, Prediction],
                  long_non_null_threshold: int = NON_NULL_THRESHOLD,
                  short_non_null_threshold: int = NON_NULL_THRESHOLD
                  ) -> Tuple[List[Row], List[Row]]:
    """The rows of all long and of all short answers, in the order of `gold`.

    Args:
      gold: the annotations of each example id.
      predictions: the prediction for each of the same ids.
      long_non_null_threshold: see `long_row`.
      short_non_null_threshold: see `short_row`.

    Raises:
      UserError: the ids of the two differ.
    """
    _check_same_ids(gold, predictions)
    return ([long_row(annotations, predictions[example_id], long_non_null_threshold)
             for example_id, annotations in gold.items()],
            [short_row(annotations, predictions[example_id], short_non_null_threshold)
             for example_id, annotations in gold.items()])


def _check_same_ids(gold: Mapping[int, object], predictions: Mapping[int, object]) -> None:
    missing = sorted(gold.keys() - predictions.keys())
    extra = sorted(predictions.keys() - gold.keys())
    faults = []
    if missing:
        faults.append("%d of %d gold examples without a prediction (%s)"
                      % (len(missing), len(gold), _some(missing)))
    if extra:
        faults.append("%d of %d predictions without a gold example (%s)"
                      % (len(extra), len(predictions), _some(extra)))
    if faults:
        raise UserError("%s: score predictions with exactly the examples they were made from"
                        % "; ".join(faults))


def check_units(gold: Mapping[int, Sequence[Answers]], predictions: Mapping[int, Prediction]
                ) -> None:
    """Checks that predicted spans can match at all: bytes match no gold that has tokens only.

    Raises:
      UserError: a predicted span has no offsets of the only kind that gold spans have.
    """
    known = set()
    for annotations in gold.values():
        for span in spans_of(annotations):
            known.update(span.units())
        if len(known) == 2:
            return  # The first answer of the original format has both.
    hopeless = [p.example_id for p in predictions.values() for span in spans_of([p.answers])
                if known and not known & set(span.units())]
    if hopeless:
        unit, = known
        raise UserError("the gold spans have %s offsets only, and %d predicted spans have none (in "
                        "example %d first), so these can never match: predict start_%s and end_%s"
                        % (unit, len(hopeless), hopeless[0], unit, unit))


def spans_of(answers: Iterable[Answers]) -> Iterator[AnswerSpan]:
    """Yields the spans of long and short answers that are not null."""
    for answer in answers:
        if not answer.long_answer.is_null():
            yield answer.long_answer
        yield from answer.short_answers


def _some(ids: Sequence[int]) -> str:
    more = len(ids) - _IDS_SHOWN
    return ", ".join(map(str, ids[:_IDS_SHOWN])) + (" and %d more" % more if more > 0 else "")


def metrics(long_rows: Sequence[Row], short_rows: Sequence[Row]) -> Dict[str, Number]:
    """The official 20 numbers, in the official order: 10 for long and 10 for short answers."""
    result = {}  # type: Dict[str, Number]
    for kind, rows in (("long", long_rows), ("short", short_rows)):
        points = sweep(rows)
        best = best_f1(points)
        result[kind + "-best-threshold-f1"] = best.f1
        result[kind + "-best-threshold-precision"] = best.precision
        result[kind + "-best-threshold-recall"] = best.recall
        result[kind + "-best-threshold"] = best.threshold
        for target in PRECISION_TARGETS:
            point = recall_at_precision(points, target)
            result["%s-recall-at-precision>=%s" % (kind, target)] = point.recall
            result["%s-precision-at-precision>=%s" % (kind, target)] = point.precision
    return result


def metrics_ignoring_scores(long_rows: Sequence[Row], short_rows: Sequence[Row]
                            ) -> Dict[str, Number]:
    """The count, F1, precision and recall of all predictions whatever they score; official keys."""
    result = {}  # type: Dict[str, Number]
    for kind, rows in (("long-answer", long_rows), ("short-answer", short_rows)):
        point = all_predictions(rows)
        result.update({kind + "-n": len(rows), kind + "-f1": point.f1,
                       kind + "-precision": point.precision, kind + "-recall": point.recall})
    return result
