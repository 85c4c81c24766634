"""The spans of a page with their scores, from the outputs for its windows.

Notation: N windows, S wordpieces of a window, M spans of all windows, T document tokens.
"""
from typing import NamedTuple

import numpy as np

from bert_nq.datasets.nq.example import AnswerType, Span
from bert_nq.decoding.page_windows import PageWindows
from bert_nq.modeling.heads.outputs import NO_SPAN
from bert_nq.modeling.heads.window_outputs import WindowOutputs

_FULL_TYPES = (AnswerType.LONG, AnswerType.YES, AnswerType.NO)


class Spans(NamedTuple):
    """M spans of document tokens."""
    firsts: np.ndarray  # int [M] first token
    lasts: np.ndarray  # int [M] last token
    windows: np.ndarray  # int [M] the window that each comes from
    scores: np.ndarray  # float64 [M]

    def take(self, rows: np.ndarray) -> "Spans":
        """The spans at `rows`, indexes or a mask."""
        return Spans(*(array[rows] for array in self))

    def plus(self, of_windows: np.ndarray) -> "Spans":
        """The spans with their scores raised by the value of their window, float64 [N]."""
        return self._replace(scores=self.scores + of_windows[self.windows])

    def span(self, row: int) -> Span:
        """The span at `row`."""
        return Span(int(self.firsts[row]), int(self.lasts[row]) + 1)


class Layout:
    """The places of a page's tokens in its windows."""

    def __init__(self, windows: PageWindows):
        self.token_map = windows.token_map
        self.query_length = windows.query_length
        # [N, S]: the number of markers (and other pieces of no token) up to each piece.
        self._markers = np.cumsum(self.token_map == -1, axis=1)

    def spans(self, windows: np.ndarray, starts: np.ndarray, ends: np.ndarray,
              scores: np.ndarray) -> Spans:
        """The spans between pieces [M], without those that are not within one candidate.

        Both ends must be document tokens with no marker between them: a window shows one candidate
        after the other, and nested ones repeat tokens of those around them.
        """
        firsts, lasts = self.token_map[windows, starts], self.token_map[windows, ends]
        whole = ((firsts >= 0) & (lasts >= firsts)
                 & (self._markers[windows, starts] == self._markers[windows, ends]))
        return Spans(firsts, lasts, windows, scores).take(whole)

    def num_showing(self, firsts: np.ndarray, lasts: np.ndarray) -> np.ndarray:
        """int [M]: the number of windows that show both the first and the last token of a span."""
        num_windows = len(self.token_map)
        tokens, rows = np.unique(np.append(firsts, lasts), return_inverse=True)
        # The row of each token; all others (and -1) get the last row.
        row_of = np.full([self.token_map.max(initial=-1) + 2], len(tokens))
        row_of[tokens] = np.arange(len(tokens))
        shown = np.zeros([len(tokens) + 1, num_windows], bool)
        shown[row_of[self.token_map], np.arange(num_windows)[:, None]] = True
        return (shown[rows[:len(firsts)]] & shown[rows[len(firsts):]]).sum(axis=1)

    def widest(self) -> np.ndarray:
        """int [T]: the window with most context around each token.

        As in BERT's run_squad.py, that is min(pieces before, pieces after). Of equal windows the
        first one is taken, in which the token comes later.
        """
        columns = np.arange(self.query_length, self.token_map.shape[1] - 1)
        shown = np.minimum(columns - columns[0], columns[-1] - columns)
        order = columns[np.argsort(shown, kind="stable")]
        widest = np.zeros([self.token_map.max(initial=-1) + 2], np.int64)
        # Assigned several times, a token keeps the last window, that of most context.
        widest[self.token_map[:, order].T] = np.arange(len(self.token_map))
        return widest[:-1]


class Additions(NamedTuple):
    """The values to add to the scores of a window's spans, by kind of answer; float64 [N] each."""
    short: np.ndarray
    full: np.ndarray  # of spans that are a whole long answer: for LONG, YES or NO
    yes: np.ndarray
    no: np.ndarray


def additions(outputs: WindowOutputs, rule: str) -> Additions:
    """Additions from a window's answer type and [CLS] logits; `--span_score` in docs/decoding.md.

    Args:
      outputs: of the N windows.
      rule: one of page_options.SPAN_SCORES.
    """
    logits = outputs.type_logits.astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(axis=1, keepdims=True))
    yes, no, short = (logits[:, t] for t in (AnswerType.YES, AnswerType.NO, AnswerType.SHORT))
    full = np.logaddexp.reduce(logits[:, _FULL_TYPES], axis=1)
    if rule == "cls":
        return Additions(np.zeros_like(short), full, yes, no)
    null = logits[:, AnswerType.UNKNOWN]
    if rule == "cls_type":
        short = np.logaddexp(short, full)  # any type but UNKNOWN
    if rule == "gated":
        # Halved: start and end nearly always choose [CLS] together, so they are one null, not two.
        null = null - (_nulls(outputs) - outputs.start_log_z - outputs.end_log_z) / 2
    return Additions(short - null, full - null, yes - null, no - null)


def short_spans(layout: Layout, outputs: WindowOutputs, length_penalty: float) -> Spans:
    """The best short spans of the windows.

    Scores are start + end - [CLS] logits, less the penalty for each token after the first.
    """
    windows, columns = np.nonzero(outputs.span_scores > NO_SPAN / 2)
    starts, ends, scores = (array[windows, columns] for array in (
        outputs.span_starts, outputs.span_ends, outputs.span_scores))
    spans = layout.spans(windows, starts, ends, scores - _nulls(outputs)[windows])
    return spans._replace(scores=spans.scores - length_penalty * (spans.lasts - spans.firsts))


def full_spans(layout: Layout, outputs: WindowOutputs, num_positions: int) -> Spans:
    """The spans of any length between the windows' best starts and ends, without penalty.

    They are for long answers without a short one: a model learns to mark the whole of these.
    """
    starts = outputs.start_positions[:, :num_positions, None]  # [N, P, 1]
    ends = outputs.end_positions[:, None, :num_positions]  # [N, 1, P]
    windows, i, j = np.nonzero((starts <= ends) & ~_repeated(starts, 1) & ~_repeated(ends, 2))
    scores = outputs.start_logits[windows, i].astype(np.float64) + outputs.end_logits[windows, j]
    return layout.spans(windows, starts[windows, i, 0], ends[windows, 0, j],
                        scores - _nulls(outputs)[windows])


def _nulls(outputs: WindowOutputs) -> np.ndarray:
    return outputs.null_scores.astype(np.float64)


def _repeated(positions: np.ndarray, axis: int) -> np.ndarray:
    """Whether a position repeats the one before it, which fills up windows of few pieces."""
    return np.diff(positions, axis=axis, prepend=-1) == 0
