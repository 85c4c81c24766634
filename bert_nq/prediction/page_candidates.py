"""Candidates for the long answer, scored by the spans that lie in them.

Notation: M spans of a page, C candidates. Scores are log-odds: of an impossible answer -inf.
"""
from typing import List

import numpy as np

from bert_nq.nq.example import Candidate
from bert_nq.prediction.page_spans import Spans

# A candidate in another one takes its place where it has this share of its odds.
NESTED_SHARE = 0.9


class Candidates:
    """Those of a page that may be the long answer."""

    def __init__(self, candidates: List[Candidate], nested: bool):
        """
        Args:
          candidates: all of the page.
          nested: whether those in other candidates may be the answer.
        """
        # int [C], in the page's list
        self.indexes = np.array([i for i, c in enumerate(candidates) if c.top_level or nested],
                                np.int64)
        bounds = np.array([candidates[i][:2] for i in self.indexes], np.int64).reshape(-1, 2)
        self._starts, self._ends = bounds.T

    def __len__(self) -> int:
        return len(self.indexes)

    def holding(self, spans: Spans) -> np.ndarray:
        """bool [M, C]: which spans lie in which candidates."""
        return ((spans.firsts[:, None] >= self._starts) & (spans.lasts[:, None] < self._ends))

    def smallest_in(self, index: int, scores: np.ndarray, span_inside: np.ndarray) -> int:
        """The smallest candidate in that of `index` which is nearly as good.

        Args:
          index: of a candidate, counted as `indexes` is.
          scores: [C] of the candidates.
          span_inside: bool [C] the candidates that hold the short answer, which must not get lost.
        """
        within = (self._starts >= self._starts[index]) & (self._ends <= self._ends[index])
        good = within & span_inside & (scores >= scores[index] + np.log(NESTED_SHARE))
        good[index] = True
        sizes = np.where(good, self._ends - self._starts, np.iinfo(np.int64).max)
        return int(np.argmin(sizes))


def best_of(scores: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """int [C]: the span of the highest score in each candidate, the first of several; -1: none.

    Args:
      scores: [M].
      inside: bool [M, C].
    """
    if not len(scores):
        return np.full([inside.shape[1]], -1)
    best = np.where(inside, scores[:, None], -np.inf).argmax(axis=0)
    return np.where(inside.any(axis=0), best, -1)


def maximum(scores: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """[C]: the highest score in each candidate."""
    return np.where(inside, scores[:, None], -np.inf).max(axis=0, initial=-np.inf)


def log_sum(scores: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """[C]: the log of the sum of exp(score) in each candidate."""
    if not len(scores):
        return np.full([inside.shape[1]], -np.inf)
    top = maximum(scores, inside)
    # One top for all would lose candidates that are far below it.
    shift = np.where(top == -np.inf, 0, top)
    odds = np.where(inside, np.exp(np.minimum(scores[:, None] - shift, 0)), 0).sum(axis=0)
    with np.errstate(divide="ignore"):
        return shift + np.log(odds)
