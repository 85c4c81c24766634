"""The list of all questions, with the scores of all that were scored."""
import json
from typing import IO, Dict, List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.error_pages import documents, list_page
from bert_nq.error_pages.nq.highlights import AnnotatedAnswer, Highlights, Place
from bert_nq.error_pages.nq.outcomes import ANSWERED, MISSED, RIGHT, VERDICTS, WRONG, Judgement
from bert_nq.error_pages.nq.question_page import Content
from bert_nq.scoring.f_measure import Point

_MAX_CHARACTERS = 120  # of an answer in the list
_WITH_GOLD = (RIGHT, WRONG, MISSED)  # verdicts on questions that have an answer


class Summary(NamedTuple):
    """The numbers at the head of the list."""
    num_scored: int
    counts: Tuple[Dict[str, int], Dict[str, int]]  # of verdicts, for long and short, of all scored
    points: Tuple[Point, Point]  # reached at the thresholds
    best_thresholds: Tuple[bool, bool]  # whether a threshold is that of the best F1
    predictor: str  # model and decoder; "" where not known
    options: Sequence[Tuple[str, str]] = ()  # of the decoder: name, value
    remarks: Sequence[str] = ()  # what limits the scores, see annotators.Shortage
    verdicts: Dict[str, str] = VERDICTS  # in words; outcomes.OUTCOMES where nothing is annotated


class _Kind(NamedTuple):
    """A line of the table at the head of the list."""
    name: str  # as the filter has it: long, short
    title: str
    scores: List[Tuple[str, str]]  # name, value: F1, precision, recall and their threshold
    is_best: bool  # the threshold is that of the best F1
    num_right: str  # answered, where nothing is annotated
    num_with_gold: str  # all questions there
    counts: List[Tuple[str, str, str]]  # verdict, its words, how many questions have it


def row(content: Content, href: str) -> str:
    """A question's row as JSON.

    A list of href, id (a string: JavaScript's numbers end at 2^53), question, title, whether yes or
    no is in it, and for long and short each: verdict, gold text, predicted text, score, whether the
    prediction reaches its threshold.
    """
    highlights, question = content.highlights, content.question
    yes_no = content.prediction.answers.yes_no_answer
    predicted_short = ([yes_no.upper()] if yes_no != "none"
                       else list(map(_words, highlights.predicted_short)))
    long_answer = highlights.predicted_long
    return json.dumps([
        href, str(question.example_id), content.example.question, content.example.title,
        int(question.has_yes_no),
        _cells(question.long, _gold_long(highlights), _words(long_answer) if long_answer else ""),
        _cells(question.short, _gold_short(highlights), " | ".join(predicted_short))])


def write(out: IO[bytes], summary: Summary, rows: Sequence[str]) -> None:
    """Writes the file.

    Args:
      out: takes the bytes.
      summary: of all questions that were scored.
      rows: made by `row`, in their order.
    """
    list_page.write(
        out, __package__, rows, num_scored=format(summary.num_scored, ","),
        predictor=summary.predictor, options=summary.options, remarks=summary.remarks,
        kinds=[_kind("long", summary, 0), _kind("short", summary, 1)], verdicts=summary.verdicts,
        is_judged=RIGHT in summary.verdicts)


def _kind(name: str, summary: Summary, i: int) -> _Kind:
    point, counts = summary.points[i], summary.counts[i]
    scores = [("F1", "%.4f" % point.f1), ("precision", "%.4f" % point.precision),
              ("recall", "%.4f" % point.recall),
              ("threshold", documents.number(point.threshold))]
    if RIGHT not in counts:
        return _Kind(name, name.capitalize() + " answers", scores[3:], False,
                     format(counts[ANSWERED], ","), format(summary.num_scored, ","),
                     _cells_of(summary, counts))
    with_gold = sum(counts[verdict] for verdict in _WITH_GOLD)
    return _Kind(name, name.capitalize() + " answers", scores, summary.best_thresholds[i],
                 format(counts[RIGHT], ","), format(with_gold, ","),
                 _cells_of(summary, counts))


def _cells_of(summary: Summary, counts: Dict[str, int]) -> List[Tuple[str, str, str]]:
    return [(verdict, summary.verdicts[verdict], format(count, ","))
            for verdict, count in counts.items()]


def _cells(judgement: Judgement, gold: str, predicted: str) -> list:
    return [judgement.verdict, gold if judgement.row.has_gold else "", predicted,
            documents.number(judgement.row.score), int(judgement.is_answered)]


def _words(place: Place) -> str:
    words = place.text if place.key else "(not on the page)"
    return words if len(words) <= _MAX_CHARACTERS else words[:_MAX_CHARACTERS] + " …"


def _gold_long(highlights: Highlights) -> str:
    places = [answer.long for answer in highlights.gold if answer.long]
    return _words(places[0]) if places else ""


def _gold_short(highlights: Highlights) -> str:
    answers = list(filter(None, map(_short, highlights.gold)))
    return answers[0] if answers else ""


def _short(answer: AnnotatedAnswer) -> Optional[str]:
    if answer.short:
        return " | ".join(map(_words, answer.short))
    return answer.yes_no.upper() if answer.yes_no != "none" else None
