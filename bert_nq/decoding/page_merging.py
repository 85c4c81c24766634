"""Merges the spans of overlapping windows: the same tokens get one score.

Notation: N windows, M spans of all windows.
"""
import numpy as np

from bert_nq.decoding.grouping import Groups
from bert_nq.decoding.page_spans import Layout, Spans

# "mean" is the mean of the fourth roots of the odds, to the power of 4. In a mean of the odds the
# most confident window counts almost alone, in a mean of their logarithms the least confident one.
_ROOT = 4


class Merger:
    """Merges spans of the same tokens; the same spans can be merged with several scores."""

    def __init__(self, spans: Spans, layout: Layout, rule: str):
        """
        Args:
          spans: of all windows; their scores are not used.
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
        """The different spans in the order of their tokens, with the window where each scores best.

        Args:
          scores: [M] of the spans.
        """
        scores = scores[self._order]
        merged = self._spans.take(self._groups.best(scores))
        if self._rule == "sum":
            return merged._replace(scores=self._groups.log_sum(scores))
        if self._rule == "mean":
            roots = self._groups.log_sum(scores / _ROOT) - self._log_num_windows
            return merged._replace(scores=_ROOT * roots)
        return merged._replace(scores=self._groups.maximum(scores))
