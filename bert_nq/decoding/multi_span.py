"""Several short answers within a list or a table: at most one for each item or row."""
from typing import List, Optional, Sequence

import numpy as np

from bert_nq.datasets.nq.example import Candidate, Example, Span
from bert_nq.decoding.page_spans import Spans

MARGIN = 1.5  # how far below the best span's score another one may be
MAX_SPANS = 10

_LISTS = ("<Ul>", "<Ol>", "<Dl>", "<Table>")
_ITEMS = ("<Li>", "<Dd>", "<Dt>", "<Tr>")


def answers(best: int, spans: Spans, example: Example) -> List[Span]:
    """A span, and the spans of other items of the same list whose scores are nearly as high.

    The list or table is the smallest candidate of that kind that holds the span. Its items (or
    rows) are candidates, too. The best span of each item is taken if its score is at most MARGIN
    below that of the given span.

    Args:
      best: index of the given span in `spans`.
      spans: the different spans of the page.
      example: the page.

    Returns:
      The spans in the order of the page; the given one alone where it lies in no item of a list.
    """
    found = [spans.span(best)]
    around = _smallest(found[0], example, _LISTS)
    items = [_smallest(found[0], example, _ITEMS, around)]
    if around is None or items[0] is None:
        return found
    good = np.flatnonzero(spans.scores >= spans.scores[best] - MARGIN)
    for row in good[np.argsort(-spans.scores[good], kind="stable")]:
        span = spans.span(row)
        item = _smallest(span, example, _ITEMS, around)
        # An item within an item may add a span, but none that overlaps that of the outer item.
        if item is not None and item not in items and not any(_overlap(span, f) for f in found):
            found.append(span)
            items.append(item)
    return sorted(found[:MAX_SPANS])


def _smallest(span: Span, example: Example, tags: Sequence[str],
              within: Optional[Candidate] = None) -> Optional[Candidate]:
    """The smallest candidate of one of the tags that holds the span and lies in `within`."""
    holding = [c for c in example.candidates
               if _holds(c, span) and example.tokens[c.start_token] in tags
               and (within is None or _holds(within, Span(*c[:2])))]
    return min(holding, key=lambda c: c.end_token - c.start_token, default=None)


def _holds(candidate: Candidate, span: Span) -> bool:
    return candidate.start_token <= span.start_token and span.end_token <= candidate.end_token


def _overlap(a: Span, b: Span) -> bool:
    return a.start_token < b.end_token and b.start_token < a.end_token
