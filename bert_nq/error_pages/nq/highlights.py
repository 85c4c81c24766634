"""Places of the gold and the predicted answers to a question on its page."""
import collections
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.datasets.nq import decoding, page_fields
from bert_nq.datasets.nq.example import Example
from bert_nq.error_pages.nq.markup import Mark, needs_blank
from bert_nq.scoring.nq.labels import Answers, AnswerSpan, Prediction

# Classes of the style sheet. LOW: predictions below the threshold.
GOLD_LONG, GOLD_SHORT = "gold-long", "gold-short"
PREDICTED_LONG, PREDICTED_SHORT = "predicted-long", "predicted-short"
LOW_LONG, LOW_SHORT = "low-long", "low-short"

_MAX_CHARACTERS = 200  # in an answer's text


class Place(NamedTuple):
    """A span as a person looks for it: its words, and the page's mark for it."""
    text: str
    key: Optional[str]  # of the mark; None where the span is not on the page
    span: AnswerSpan

    def where(self) -> str:
        """The span in numbers."""
        if self.span.start_token >= 0:
            return "tokens [%d, %d)" % (self.span.start_token, self.span.end_token)
        return "bytes [%d, %d)" % (self.span.start_byte, self.span.end_byte)


class AnnotatedAnswer(NamedTuple):
    """The answer of one annotator, or of several who marked the same."""
    num_annotators: int
    long: Optional[Place]
    short: List[Place]
    yes_no: str  # "yes", "no" or "none"

    def is_null(self) -> bool:
        """Whether they found no answer on the page."""
        return self.long is None and not self.short and self.yes_no == "none"


class Highlights(NamedTuple):
    """The answers to one question, and the marks that show them on the page."""
    gold: List[AnnotatedAnswer]  # those of most annotators first, answers before nulls
    predicted_long: Optional[Place]
    predicted_short: List[Place]
    marks: List[Mark]


class Locator:
    """Finds spans among a page's tokens."""

    def __init__(self, example: Example, line: bytes):
        """
        Args:
          example: the page.
          line: the line of JSON that the page was read from; parsed if a span has bytes alone.
        """
        self._example = example
        self._line = line
        self._bytes: Optional[Tuple[Dict[int, int], Dict[int, int]]] = None

    def tokens(self, span: AnswerSpan) -> Optional[Tuple[int, int]]:
        """Start and end token of a span; None where the page has no such place.

        Raises:
          BadExampleError: the span has bytes alone, and those of the page's tokens are wrong.
        """
        if span.start_token >= 0:
            inside = span.end_token <= len(self._example.tokens)
            return (span.start_token, span.end_token) if inside else None
        if self._bytes is None:
            self._bytes = self._byte_tokens()
        starts, ends = self._bytes
        if span.start_byte not in starts or span.end_byte not in ends:
            return None
        return starts[span.start_byte], ends[span.end_byte]

    def _byte_tokens(self) -> Tuple[Dict[int, int], Dict[int, int]]:
        """{start byte: its token} and {end byte: the token behind it}."""
        source = self._example.source
        record = decoding.load_json(self._line, source)
        starts, ends = page_fields.byte_offsets_of(record, source) or ([], [])
        return ({start: i for i, start in enumerate(starts)},
                {end: i + 1 for i, end in enumerate(ends)})


def phrase(example: Example, start_token: int, end_token: int,
           max_characters: int = _MAX_CHARACTERS) -> str:
    """The words of a span, cut after `max_characters`."""
    parts, length, before = [], 0, None
    for token, is_tag in zip(example.tokens[start_token:end_token],
                             example.is_html[start_token:end_token]):
        if is_tag:
            continue
        part = (" " if before is not None and needs_blank(before, token) else "") + token
        if length + len(part) > max_characters:
            parts.append(part[:max_characters - length] + " …")
            break
        parts.append(part)
        length += len(part)
        before = token
    return "".join(parts)


def find(example: Example, locator: Locator, annotations: Sequence[Answers],
         prediction: Prediction, is_answered: Tuple[bool, bool]) -> Highlights:
    """Finds the answers to a question on its page.

    Args:
      example: the page.
      locator: finds spans on that page.
      annotations: one of each annotator.
      prediction: the system's answers to the question.
      is_answered: whether the predicted long and short answers reach their thresholds.

    Raises:
      BadExampleError: see `Locator.tokens`.
    """
    marks: List[Mark] = []
    place = _Placer(example, locator, marks)
    gold = _gold_answers(annotations, place)
    long_kind = PREDICTED_LONG if is_answered[0] else LOW_LONG
    short_kind = PREDICTED_SHORT if is_answered[1] else LOW_SHORT
    answers = prediction.answers
    predicted_long = None
    if not answers.long_answer.is_null():
        predicted_long = place(answers.long_answer, "predicted-long", long_kind,
                               _predicted("long", is_answered[0]))
    predicted_short = [
        place(span, "predicted-short-%d" % number, short_kind,
              _predicted("short", is_answered[1]))
        for number, span in enumerate(answers.short_answers, 1)]
    return Highlights(gold, predicted_long, predicted_short, marks)


def _predicted(kind: str, is_answered: bool) -> str:
    return "predicted %s%s" % (kind, "" if is_answered else ", below the threshold")


class _Placer:
    """Makes places and their marks."""

    def __init__(self, example: Example, locator: Locator, marks: List[Mark]):
        self._example = example
        self._locator = locator
        self._marks = marks

    def __call__(self, span: AnswerSpan, key: str, kind: str, label: str) -> Place:
        tokens = self._locator.tokens(span)
        if tokens is None:
            return Place("", None, span)
        self._marks.append(Mark(key, kind, label, *tokens))
        return Place(phrase(self._example, *tokens), key, span)


def _gold_answers(annotations: Sequence[Answers], place: _Placer) -> List[AnnotatedAnswer]:
    groups = collections.Counter(
        (a.long_answer if not a.long_answer.is_null() else AnswerSpan(), a.short_answers,
         a.yes_no_answer) for a in annotations)
    long_places = _distinct(
        [a.long_answer for a in annotations if not a.long_answer.is_null()], GOLD_LONG,
        "gold long", len(annotations), place)
    short_places = _distinct([span for a in annotations for span in dict.fromkeys(a.short_answers)],
                             GOLD_SHORT, "gold short", len(annotations), place)
    answers = [AnnotatedAnswer(number, long_places.get(long_answer),
                          [short_places[span] for span in short_answers], yes_no)
               for (long_answer, short_answers, yes_no), number in groups.items()]
    return sorted(answers, key=lambda a: (a.is_null(), -a.num_annotators))


def _distinct(spans: List[AnswerSpan], kind: str, label: str, num_annotators: int,
              place: Callable[..., Place]) -> Dict[AnswerSpan, Place]:
    """A place for each span, labelled with the number of annotators who marked it."""
    return {span: place(span, "%s-%d" % (kind, number), kind,
                        "%s, %d of %d" % (label, count, num_annotators))
            for number, (span, count) in enumerate(collections.Counter(spans).items(), 1)}
