"""The official verdict on each question at a threshold, in words."""
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from bert_nq.scoring import f_measure
from bert_nq.scoring.nq import measures
from bert_nq.scoring.nq.labels import Answers, Number, Prediction

RIGHT, WRONG, MISSED, FALSE_ALARM, NULL = "right", "wrong", "missed", "false_alarm", "null"

VERDICTS = {
    RIGHT: "right",
    WRONG: "wrong answer",
    MISSED: "null, missed",
    FALSE_ALARM: "false alarm",
    NULL: "null, rightly",
}
ERRORS = (WRONG, MISSED, FALSE_ALARM)

# What is said where nothing is annotated, so that nobody knows what is right.
ANSWERED, UNANSWERED = "answered", "unanswered"
OUTCOMES = {ANSWERED: "answered", UNANSWERED: "not answered"}


class Judgement(NamedTuple):
    """Verdict on the long or on the short answer to a question, with its grounds."""
    verdict: str  # a key of VERDICTS, or of OUTCOMES where nothing is annotated
    row: f_measure.Row
    is_answered: bool  # there is a prediction, and its score reaches the threshold

    def words(self) -> str:
        """The verdict as a person says it."""
        return VERDICTS.get(self.verdict) or OUTCOMES[self.verdict]

    def consequence(self) -> str:
        """The effect of the threshold on the prediction, as the end of a sentence."""
        if self.is_answered:
            return "counts, since its score reaches the threshold"
        if self.verdict == UNANSWERED:
            return "counts as none, since its score is below the threshold"
        would_be = ("right" if self.row.is_correct else "wrong" if self.row.has_gold
                    else "a false alarm")
        return ("counts as null, since its score is below the threshold; it would have been %s"
                % would_be)


class JudgedQuestion(NamedTuple):
    """A question with the verdicts on both of its answers."""
    example_id: int
    long: Judgement
    short: Judgement
    has_yes_no: bool  # in the prediction, whatever it scores, or in any annotation

    def verdicts(self) -> Tuple[str, str]:
        """The verdicts on the long and on the short answer."""
        return self.long.verdict, self.short.verdict


class Scored(NamedTuple):
    """All questions, in the order of the gold shards."""
    questions: List[JudgedQuestion]
    long_point: f_measure.Point  # F1, precision and recall of the long answers at the threshold
    short_point: f_measure.Point
    is_judged: bool = True  # by annotations; without any, the points have only a threshold

    def verdicts(self) -> Dict[str, str]:
        """The verdicts that there may be, in words."""
        return VERDICTS if self.is_judged else OUTCOMES

    def counts(self) -> Tuple[Dict[str, int], Dict[str, int]]:
        """The number of questions with each verdict, for the long and for the short answer."""
        kinds = list(zip(*(question.verdicts() for question in self.questions))) or [(), ()]
        long_counts, short_counts = ({verdict: kind.count(verdict) for verdict in self.verdicts()}
                                     for kind in kinds)
        return long_counts, short_counts

    def thresholds(self) -> Tuple[Number, Number]:
        """The thresholds for the long and for the short answer."""
        return self.long_point.threshold, self.short_point.threshold


def score(gold: Mapping[int, Sequence[Answers]], predictions: Mapping[int, Prediction],
          non_null_thresholds: Tuple[int, int] = (measures.NON_NULL_THRESHOLD,) * 2,
          thresholds: Tuple[Optional[Number], Optional[Number]] = (None, None)) -> Scored:
    """Judges each question; where none is annotated, says whether it is answered.

    Args:
      gold: the annotations of each example id.
      predictions: for the same ids.
      non_null_thresholds: for long and short, see `measures.long_row`.
      thresholds: for long and short; predictions that score lower count as null. None: that with
        the best F1, which the official scorer reports, and 0 where none is annotated: the page
        decoder's scores are log-odds, of which 0 is as likely as no answer.

    Raises:
      UserError: the ids differ.
    """
    rows = measures.score_answers(gold, predictions, *non_null_thresholds)
    long_point, short_point = map(_point, rows, thresholds)
    is_judged = any(gold.values())
    questions = [
        JudgedQuestion(example_id, _judge(long_row, long_point.threshold, is_judged),
                       _judge(short_row, short_point.threshold, is_judged),
                       _has_yes_no(gold[example_id], predictions[example_id]))
        for example_id, long_row, short_row in zip(gold, *rows)]
    return Scored(questions, long_point, short_point, is_judged)


def _point(rows: Sequence[f_measure.Row], threshold: Optional[Number]) -> f_measure.Point:
    if threshold is None:
        return f_measure.best_f1(f_measure.sweep(rows))
    kept = f_measure.at_threshold(rows, threshold)
    return f_measure.all_predictions(kept)._replace(threshold=threshold)


def _judge(row: f_measure.Row, threshold: Number, is_judged: bool) -> Judgement:
    is_answered = row.has_prediction and row.score >= threshold
    if not is_judged:
        verdict = ANSWERED if is_answered else UNANSWERED
    elif is_answered:
        verdict = RIGHT if row.is_correct else WRONG if row.has_gold else FALSE_ALARM
    else:
        verdict = MISSED if row.has_gold else NULL
    return Judgement(verdict, row, is_answered)


def _has_yes_no(annotations: Sequence[Answers], prediction: Prediction) -> bool:
    return any(answers.yes_no_answer != "none"
               for answers in (prediction.answers,) + tuple(annotations))
