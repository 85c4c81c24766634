"""The official numbers of SQuAD 1.1 and 2.0.

Each question gets a row, the rows give the numbers. Sums run in the order of the questions, or of
the probabilities where a threshold is looked for, as in the official scripts: so the numbers come
out to the last digit.
"""
import itertools
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, TypeVar

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import Number
from bert_nq.scoring.squad import texts
from bert_nq.scoring.squad.gold import Question

V1, V2 = "1.1", "2.0"
VERSIONS = (V1, V2)
# Above it a question counts as without an answer: no probability is.
THRESHOLD = 1.0

Key = TypeVar("Key")  # of a question


class Row(NamedTuple):
    """One question, its prediction compared with the annotated answers."""
    has_answer: bool
    is_answered: bool  # the prediction is not empty
    exact: Number  # 1 or 0: equal to an annotated answer; for no answer, that there is none
    f1: Number


def version_of(questions: Iterable[Question]) -> str:
    """The version by whose rule questions are scored.

    It is 2.0 where any of them says whether it is impossible, or has no answer.
    """
    return V2 if any(q.is_impossible is not None or not q.answers for q in questions) else V1


def score_answers(gold: Mapping[Key, Question], predictions: Mapping[Key, str], version: str
                  ) -> List[Row]:
    """The rows of all questions, in the order of gold.

    A question without a prediction gets 0 in version 1.1, as in the official script; in 2.0, where
    that script breaks off, it counts as answered with nothing.

    Raises:
      UserError: none of the predictions is for one of the questions, or a question of version 1.1
        has no answer.
    """
    if predictions and not any(key in gold for key in predictions):
        raise UserError("there is no prediction for any of the %s questions: the first is for %r, "
                        "the first question is %r: are they of another data set?" % (
                            format(len(gold), ","), next(iter(predictions)), next(iter(gold))))
    score = _score_v1 if version == V1 else _score_v2
    return [score(question, predictions.get(key)) for key, question in gold.items()]


def _score_v1(question: Question, prediction: Optional[str]) -> Row:
    if not question.answers:
        raise UserError("%s has no answer, but each question of SQuAD 1.1 has one: score by the "
                        "rule of version 2.0" % question.source)
    if prediction is None:
        return Row(True, False, 0, 0)
    exact, f1 = texts.compare(question.answers, prediction, drop_empty=False)
    # In this version two texts of which nothing is left are equal, but have no words in common.
    return Row(True, bool(prediction), exact, f1 if texts.normalised(prediction) else 0)


def _score_v2(question: Question, prediction: Optional[str]) -> Row:
    prediction = prediction or ""
    exact, f1 = texts.compare(question.answers, prediction, drop_empty=True)
    return Row(bool(question.answers), bool(prediction), exact, f1)


def metrics_v1(rows: Sequence[Row]) -> Dict[str, Number]:
    """The numbers of version 1.1, in percent."""
    return {"exact_match": _percent(row.exact for row in rows) / len(rows),
            "f1": _percent(row.f1 for row in rows) / len(rows)}


def metrics_v2(rows: Sequence[Row], na_probs: Optional[Sequence[Number]] = None,
               threshold: float = THRESHOLD) -> Dict[str, Number]:
    """The numbers of version 2.0 but those of the best thresholds, in the official order.

    Args:
      rows: of all questions.
      na_probs: the probability of each question, or any such score, that it has no answer; None:
        0.0 for all.
      threshold: what is above it counts as not answered.
    """
    rows = at_threshold(rows, na_probs, threshold)
    numbers = _exact_and_f1(rows)
    for prefix, has_answer in (("HasAns_", True), ("NoAns_", False)):
        part = [row for row in rows if row.has_answer == has_answer]
        if part:
            numbers.update((prefix + name, value) for name, value in _exact_and_f1(part).items())
    return numbers


def at_threshold(rows: Sequence[Row], na_probs: Optional[Sequence[Number]], threshold: float
                 ) -> List[Row]:
    """The rows when questions above the threshold are not answered."""
    if na_probs is None:
        na_probs = [0.0] * len(rows)
    return [_unanswered(row) if na_prob > threshold else row
            for row, na_prob in zip(rows, na_probs)]


def _unanswered(row: Row) -> Row:
    return Row(row.has_answer, False, float(not row.has_answer), float(not row.has_answer))


def _exact_and_f1(rows: Sequence[Row]) -> Dict[str, Number]:
    return {"exact": _percent(row.exact for row in rows) / len(rows),
            "f1": _percent(row.f1 for row in rows) / len(rows), "total": len(rows)}


def _percent(scores: Iterable[Number]) -> float:
    return 100.0 * sum(scores)


def best_thresholds(rows: Sequence[Row], na_probs: Sequence[Number],
                    order: Optional[Sequence[int]] = None) -> Dict[str, Number]:
    """The best scores over all thresholds, and the first threshold that reaches each.

    Args:
      rows: of all questions.
      na_probs: as for `metrics_v2`.
      order: the places of the questions in the order of the file of probabilities. It decides
        between equal ones, which the official script does not take together.
    """
    if order is None:
        order = range(len(rows))
    ascending = sorted(order, key=lambda i: na_probs[i])
    numbers = {}
    for name in ("exact", "f1"):
        best, place = _best([getattr(rows[i], name) if rows[i].has_answer
                             else -int(rows[i].is_answered) for i in ascending],
                            sum(not row.has_answer for row in rows))
        numbers["best_" + name] = 100.0 * best / len(rows)
        numbers["best_%s_thresh" % name] = na_probs[ascending[place - 1]] if place else 0.0
    return numbers


def _best(gains: Sequence[Number], start: Number) -> Tuple[Number, int]:
    """The highest running sum and how many gains are in it, the fewest of several."""
    sums = list(itertools.accumulate(itertools.chain([start], gains)))
    best = max(sums)
    return best, sums.index(best)
