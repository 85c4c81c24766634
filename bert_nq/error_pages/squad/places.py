"""Where a context has a text. Predictions of SQuAD are texts alone, without their places."""
import re
from typing import Iterable, List, NamedTuple, Optional

from bert_nq.datasets.squad.example import Answer


class Span(NamedTuple):
    """Characters [start, end) of a context."""
    start: int
    end: int


def find(context: str, text: str) -> List[Span]:
    """The places of a text, in order; none of them overlap.

    Any blanks stand for any others, since answers are often words of the context joined by single
    ones. Places where it stands as whole words win over those within words, and those in its own
    case over others: the first of these kinds that the context has is taken.
    """
    words = text.split()
    if not words:
        return []
    inside = r"\s+".join(map(re.escape, words))
    whole = r"(?<!\w)%s(?!\w)" % inside
    for pattern, flags in ((whole, 0), (inside, 0), (whole, re.IGNORECASE),
                           (inside, re.IGNORECASE)):
        found = [Span(*match.span()) for match in re.finditer(pattern, context, flags)]
        if found:
            return found
    return []


def likeliest(found: List[Span], gold: Iterable[Span]) -> Optional[Span]:
    """The one of several places that a prediction is shown at; None where that is anyone's guess.

    Args:
      found: places of its text.
      gold: places of the gold answers. Of several places, that with the most characters in one of
        these is taken, the first of equal ones, and none if none has any.
    """
    if len(found) == 1:
        return found[0]
    answers = list(gold)

    def overlap(span: Span) -> int:
        return max((min(span.end, other.end) - max(span.start, other.start)
                    for other in answers), default=0)

    best = max(found, key=overlap, default=None)
    return best if best is not None and overlap(best) > 0 else None


def of_answer(context: str, answer: Answer) -> Optional[Span]:
    """The place of an annotated answer: at its offset, or where its text occurs once."""
    start, end = answer.start_char, answer.start_char + len(answer.text)
    if start >= 0 and answer.text and context[start:end] == answer.text:
        return Span(start, end)
    found = find(context, answer.text)
    return found[0] if len(found) == 1 else None
