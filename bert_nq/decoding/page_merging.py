"""What the windows of a page, which overlap, say together of its spans.

Notation: N windows, M spans of all windows, D different ones.
"""
import numpy as np

from bert_nq.decoding.grouping import Groups
from bert_nq.decoding.page_spans import Layout, Spans

# The mean of odds is that of their fourth roots, to the power of 4: for the mean of the odds
# themselves the surest window would count alone, for that of their logarithms the least sure.
_ROOT = 4


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
        merged = self._spans.take(self._groups.best(scores))
        if self._rule == "sum":
            return merged._replace(scores=self._groups.log_sum(scores))
        if self._rule == "mean":
            roots = self._groups.log_sum(scores / _ROOT) - self._log_num_windows
            return merged._replace(scores=_ROOT * roots)
        return merged._replace(scores=self._groups.maximum(scores))
