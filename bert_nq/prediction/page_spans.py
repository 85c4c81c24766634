"""A page's spans with their scores, from what its windows say of them.

Notation: N windows, S wordpieces of a window, K spans of a window, M spans of all windows.
"""
from typing import NamedTuple

import numpy as np

from bert_nq.features.contexts import AnswerType
from bert_nq.features.windows import Windows
from bert_nq.nq.example import Span
from bert_nq.prediction.outputs import NO_SPAN, WindowOutputs

_FULL_TYPES = (AnswerType.LONG, AnswerType.YES, AnswerType.NO)


class Spans(NamedTuple):
    """M spans of document tokens."""
    firsts: np.ndarray  # int [M] first token
    lasts: np.ndarray  # int [M] last token, inclusive
    windows: np.ndarray  # int [M] window that it comes from
    scores: np.ndarray  # float64 [M]

    def take(self, rows: np.ndarray) -> "Spans":
        """Those of `rows`, indexes or a mask."""
        return Spans(*(array[rows] for array in self))

    def plus(self, of_windows: np.ndarray) -> "Spans":
        """With float64 [N] added, to each span's score that of its window."""
        return self._replace(scores=self.scores + of_windows[self.windows])

    def span(self, row: int) -> Span:
        """One of them, of exclusive end."""
        return Span(int(self.firsts[row]), int(self.lasts[row]) + 1)


class TypeScores(NamedTuple):
    """What the type of a window's answer adds to its spans' scores; float64 [N] each."""
    short: np.ndarray
    full: np.ndarray  # of spans that are a whole long answer: for LONG, YES or NO
    yes: np.ndarray
    no: np.ndarray


def type_scores(type_logits: np.ndarray, rule: str) -> TypeScores:
    """See `span_score` in docs/decoding.md.

    Args:
      type_logits: [N, 5].
      rule: one of page_options.SPAN_SCORES.
    """
    logits = type_logits.astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
    null = logits[:, AnswerType.UNKNOWN]
    yes, no, short = (logits[:, t] for t in (AnswerType.YES, AnswerType.NO, AnswerType.SHORT))
    full = np.logaddexp.reduce(logits[:, _FULL_TYPES], axis=1)
    if rule == "cls":
        return TypeScores(np.zeros_like(short), full, yes, no)
    if rule == "cls_type":
        short = np.logaddexp(short, full)  # whatever is not UNKNOWN
    return TypeScores(short - null, full - null, yes - null, no - null)


def short_spans(windows: Windows, outputs: WindowOutputs) -> Spans:
    """The best short spans of the windows; scores are start + end - [CLS] logits.

    Both ends must be of document tokens, and there must be no marker between them: candidates stand
    one after the other in a window, nested ones repeat tokens of those around them.
    """
    starts, ends = outputs.span_starts, outputs.span_ends  # [N, K]
    scores = outputs.span_scores.astype(np.float64)
    possible = scores > NO_SPAN / 2
    return _spans(windows, outputs, starts, ends, scores, possible)


def full_spans(windows: Windows, outputs: WindowOutputs) -> Spans:
    """The spans of any length between the windows' best starts and ends, scored as `short_spans`.

    A model is taught to mark the whole of a long answer that has no short one.
    """
    starts = outputs.start_positions[:, :, None]  # [N, P, 1]
    ends = outputs.end_positions[:, None, :]  # [N, 1, P]
    scores = outputs.start_logits[:, :, None].astype(np.float64) + outputs.end_logits[:, None, :]
    starts, ends = np.broadcast_arrays(starts, ends)
    return _spans(windows, outputs, starts, ends, scores, starts <= ends)


def _spans(windows, outputs, starts, ends, scores, possible) -> Spans:
    rows = np.nonzero(possible)[0]
    starts, ends = starts[possible], ends[possible]
    scores = scores[possible] - outputs.null_scores.astype(np.float64)[rows]
    token_map = windows.token_map
    firsts, lasts = token_map[rows, starts], token_map[rows, ends]
    markers = np.cumsum(token_map == -1, axis=1)  # [N, S]
    whole = ((firsts >= 0) & (lasts >= firsts)
             & (markers[rows, starts] == markers[rows, ends]))
    return Spans(firsts, lasts, rows, scores).take(whole)


def concatenate(some: Spans, others: Spans) -> Spans:
    """The ones, then the others."""
    return Spans(*map(np.concatenate, zip(some, others)))
