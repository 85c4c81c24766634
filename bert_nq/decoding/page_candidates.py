"""Candidates for the long answer, scored by the spans in them.

Notation: M spans of a page, C candidates. Scores are logarithms, -inf for an impossible answer.
"""
from typing import List

import numpy as np

from bert_nq.datasets.nq.example import Candidate
from bert_nq.decoding.grouping import Groups
from bert_nq.decoding.page_spans import Spans

# A nested candidate is answered instead of the one around it if it has this share of its odds.
NESTED_SHARE = 0.9


class Candidates:
    """The C candidates of a page that may be the long answer."""

    def __init__(self, candidates: List[Candidate], nested: bool):
        """
        Args:
          candidates: all candidates of the page.
          nested: whether candidates within other candidates may be the answer.
        """
        allowed = [(i, c.start_token, c.end_token) for i, c in enumerate(candidates)
                   if c.top_level or nested]
        # int [C] each: index in the page's list, start token, end token
        self.indexes, self._starts, self._ends = np.array(allowed, np.int64).reshape(-1, 3).T

    def __len__(self) -> int:
        return len(self.indexes)

    def holding(self, spans: Spans) -> "Held":
        """The spans in each candidate; `spans` are sorted by their first token."""
        begins = np.searchsorted(spans.firsts, self._starts)
        counts = np.searchsorted(spans.firsts, self._ends) - begins
        numbers = np.repeat(np.arange(len(self)), counts)
        # For a candidate whose first span is 5: the rows 5, 6, 7 ...
        rows = np.arange(len(numbers)) - np.repeat(np.cumsum(counts) - counts - begins, counts)
        inside = spans.lasts[rows] < self._ends[numbers]
        return Held(rows[inside], numbers[inside], len(self))

    def smallest_around(self, first: int, last: int, within: int, scores: np.ndarray) -> int:
        """The smallest candidate that holds a span and scores nearly as high as a given one.

        Args:
          first, last: tokens of the span.
          within: the given candidate (from 0 to C - 1), which holds the span.
          scores: [C] of the candidates.
        """
        good = ((self._starts >= self._starts[within]) & (self._ends <= self._ends[within])
                & (self._starts <= first) & (last < self._ends)
                & (scores >= scores[within] + np.log(NESTED_SHARE)))
        sizes = np.where(good, self._ends - self._starts, np.iinfo(np.int64).max)
        return int(np.argmin(sizes))


class Held:
    """The spans in each of C candidates."""

    def __init__(self, rows: np.ndarray, numbers: np.ndarray, num_candidates: int):
        self._rows = rows  # of the spans
        self._groups = Groups(numbers)
        self._num_candidates = num_candidates

    def maximum(self, scores: np.ndarray) -> np.ndarray:
        """[C]: the highest of the spans' scores [M] in each candidate."""
        return self._of_all(self._groups.maximum(scores[self._rows]), -np.inf)

    def log_sum(self, scores: np.ndarray) -> np.ndarray:
        """[C]: the log of the sum of exp(score) over the spans in each candidate."""
        return self._of_all(self._groups.log_sum(scores[self._rows]), -np.inf)

    def best(self, scores: np.ndarray) -> np.ndarray:
        """int [C]: the index of the best span in each candidate, the first of several; -1: none."""
        return self._of_all(self._rows[self._groups.best(scores[self._rows])], -1)

    def _of_all(self, values: np.ndarray, default: float) -> np.ndarray:
        result = np.full([self._num_candidates], default, values.dtype)
        result[self._groups.numbers] = values
        return result
