"""Places of the gold and the predicted answers to a question in its context."""
import collections
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.datasets.squad.example import Example
from bert_nq.error_pages.squad import places
from bert_nq.error_pages.squad.marked_text import Mark
from bert_nq.error_pages.squad.places import Span

# Classes of the style sheet. LOW: a prediction that the threshold takes away.
GOLD, PREDICTED, LOW = "gold-short", "predicted-short", "low-short"


class GoldAnswer(NamedTuple):
    """A text that was annotated, and where."""
    text: str
    num_annotated: int  # how many of the annotated answers it is; 0: it only counts in scores
    keys: Tuple[str, ...]  # of its marks; none where its place is not known


class Predicted(NamedTuple):
    """A predicted text as a person looks for it."""
    text: str
    key: Optional[str]  # of its mark
    num_places: int  # in the context


class Highlights(NamedTuple):
    """The answers to one question, and the marks that show them in the context."""
    gold: List[GoldAnswer]  # those that most annotators gave first
    predicted: Optional[Predicted]
    marks: List[Mark]

    def gold_spans(self) -> List[Span]:
        """The places of the gold answers."""
        return [Span(mark.start, mark.end) for mark in self.marks if mark.kind == GOLD]


def find(example: Example, scored: Sequence[str], text: str, is_silenced: bool) -> Highlights:
    """Finds the answers to a question in its context.

    Args:
      example: the question.
      scored: the texts that count as right; MRQA has some that are not in the context.
      text: predicted; "" for none.
      is_silenced: whether the threshold takes it away.
    """
    spans = [places.of_answer(example.context, answer) for answer in example.answers]
    marks = _gold_marks(spans)
    keys = {Span(mark.start, mark.end): mark.key for mark in marks}
    by_text: Dict[str, List[Optional[Span]]] = collections.OrderedDict()
    for answer, span in zip(example.answers, spans):
        by_text.setdefault(answer.text, []).append(span)
    gold = [GoldAnswer(answer, len(found), tuple(dict.fromkeys(
        keys[span] for span in found if span is not None))) for answer, found in by_text.items()]
    gold.sort(key=lambda answer: -answer.num_annotated)
    gold += [GoldAnswer(answer, 0, ()) for answer in dict.fromkeys(scored)
             if answer not in by_text]
    highlights = Highlights(gold, None, marks)
    if not text:
        return highlights
    found = places.find(example.context, text)
    span = places.likeliest(found, highlights.gold_spans())
    if span is not None:
        label = "predicted, above the threshold" if is_silenced else "predicted"
        marks = marks + [Mark("predicted", LOW if is_silenced else PREDICTED, label, *span)]
    return Highlights(gold, Predicted(text, None if span is None else "predicted", len(found)),
                      marks)


def _gold_marks(spans: Sequence[Optional[Span]]) -> List[Mark]:
    """A mark for each place, with how many of the annotated answers are there."""
    counted = collections.Counter(span for span in spans if span is not None)
    return [Mark("gold-%d" % number, GOLD, "gold, %d of %d" % (count, len(spans)), *span)
            for number, (span, count) in enumerate(counted.items(), 1)]
