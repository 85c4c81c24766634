"""What the windows of a page, which overlap, say together of its spans.

Notation: N windows, M spans of all windows, D different ones.
"""
from typing import Tuple

import numpy as np

from bert_nq.prediction.grouping import Groups
from bert_nq.prediction.page_spans import Layout, Spans


def as_probabilities(shorts: Spans, full: Spans, num_windows: int) -> Tuple[Spans, Spans]:
    """The spans with log-probabilities within their windows for scores.

    All spans of a window and its null, whose score is 0, have the probability 1 together.

    Args:
      shorts, full: spans with log-odds against the null.
      num_windows: N.
    """
    windows = np.append(shorts.windows, full.windows)
    scores = np.append(shorts.scores, full.scores)
    top = np.zeros([num_windows])
    np.maximum.at(top, windows, scores)
    odds = np.bincount(windows, np.exp(scores - top[windows]), num_windows) + np.exp(-top)
    log_total = top + np.log(odds)
    return shorts.plus(-log_total), full.plus(-log_total)


def log_odds(log_probabilities: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)), where p may be 0, and a sum of means and then a little above 1.

    From p = 0.999 on it grows as log p does, so that the order stays.
    """
    return log_probabilities - np.log(np.maximum(-np.expm1(log_probabilities), 1e-3))


class Merger:
    """Makes one of the spans of the same tokens."""

    def __init__(self, spans: Spans, layout: Layout, rule: str):
        """
        Args:
          spans: their tokens and windows count here, not their scores.
          layout: of the page.
          rule: one of page_options.MERGES.
        """
        self._rule = rule
        num_tokens = spans.lasts.max(initial=0) + 1
        keys = spans.firsts * num_tokens + spans.lasts
        # Stable, so that the spans of the same tokens stay in the order of their windows.
        self._order = np.argsort(keys, kind="stable")
        if rule == "widest":
            in_widest = layout.widest()[spans.firsts] == spans.windows
            self._order = self._order[in_widest[self._order]]
        self._spans = spans.take(self._order)
        self._groups = Groups(keys[self._order])
        if rule == "mean":
            firsts, lasts = np.divmod(self._groups.numbers, num_tokens)
            self._log_num_windows = np.log(layout.num_showing(firsts, lasts))

    def merge(self, scores: np.ndarray) -> Spans:
        """Each span once, in the order of their tokens, with the window where it scores best.

        Args:
          scores: [M] of the spans.
        """
        scores = scores[self._order]
        merged = self._spans.take(self._groups.best(scores))._replace(
            scores=self._groups.maximum(scores))
        if self._rule in ("sum", "mean"):
            merged = merged._replace(scores=self._groups.log_sum(scores))
        if self._rule == "mean":
            merged = merged._replace(scores=merged.scores - self._log_num_windows)
        return merged
