"""What the windows of a page, which overlap, say together of its spans.

Notation: N windows, M spans of all windows, D different ones.
"""
import numpy as np

from bert_nq.features.windows import Windows
from bert_nq.prediction.page_spans import Spans


def window_probabilities(scores: np.ndarray, windows: np.ndarray, num_windows: int) -> np.ndarray:
    """The log-probabilities of spans within their windows.

    A window's spans and its null, whose score is 0, have the probability 1 together.

    Args:
      scores: [M] log-odds against the null.
      windows: int [M] each span's window.
      num_windows: N.
    """
    top = np.zeros([num_windows])
    np.maximum.at(top, windows, scores)
    odds = np.bincount(windows, np.exp(scores - top[windows]), num_windows) + np.exp(-top)
    return scores - (top + np.log(odds))[windows]


class Merger:
    """Makes one of the spans of the same tokens."""

    def __init__(self, spans: Spans, windows: Windows, rule: str):
        """
        Args:
          spans: their tokens and windows count here, not their scores.
          windows: of the page.
          rule: one of page_options.MERGES.
        """
        self._rule = rule
        self._windows = windows
        self._order = np.lexsort((spans.windows, spans.lasts, spans.firsts))
        if rule == "widest":
            self._order = self._order[in_widest_context(spans, windows)[self._order]]
        sorted_spans = spans.take(self._order)
        new = np.ones([len(self._order)], bool)
        new[1:] = (np.diff(sorted_spans.firsts) != 0) | (np.diff(sorted_spans.lasts) != 0)
        self._begins = np.flatnonzero(new)  # [D]
        self._which = np.cumsum(new) - 1  # [M] which of the D a span is
        self._sorted = sorted_spans

    def merge(self, scores: np.ndarray) -> Spans:
        """Each span once, in the order of their tokens, with the window where it scores best.

        Args:
          scores: [M] of the spans.
        """
        if not len(self._begins):
            return self._sorted
        scores = scores[self._order]
        top = np.maximum.reduceat(scores, self._begins)
        best = np.flatnonzero(scores == top[self._which])
        first = best[np.unique(self._which[best], return_index=True)[1]]
        merged = self._sorted.take(first)
        if self._rule in ("sum", "mean"):
            top = top + np.log(np.add.reduceat(np.exp(scores - top[self._which]), self._begins))
        if self._rule == "mean":
            top = top - np.log(num_showing(merged, self._windows))
        return merged._replace(scores=top)


def num_showing(spans: Spans, windows: Windows) -> np.ndarray:
    """int [M]: how many windows show both ends of a span."""
    rows, columns = np.nonzero(windows.token_map >= 0)
    shown = np.zeros([len(windows.token_map), windows.token_map.max() + 1], bool)
    shown[rows, windows.token_map[rows, columns]] = True
    return (shown[:, spans.firsts] & shown[:, spans.lasts]).sum(axis=0)


def in_widest_context(spans: Spans, windows: Windows) -> np.ndarray:
    """bool [M]: whether a span's window is that which shows most around the span's first token.

    As in BERT's run_squad.py a window shows min(pieces before, pieces behind) of a token. Of equal
    ones the later window counts.
    """
    columns = np.arange(windows.query_length, windows.token_map.shape[1] - 1)
    shown = np.minimum(columns - columns[0], columns[-1] - columns)
    # Where a token is assigned to several times the last one stays: that of most context.
    order = columns[np.argsort(shown, kind="stable")]
    tokens = windows.token_map[:, order].T  # [S, N]
    widest = np.zeros([tokens.max() + 2 if tokens.size else 1], np.int64)
    widest[tokens.ravel()] = np.tile(np.arange(tokens.shape[1]), len(order))
    return widest[spans.firsts] == spans.windows
