"""The rules by which the scores of several models become one; see docs/ensembles.md.

Notation: K models with weights w_i that sum to 1, M answers to all pages. An answer's score s_i is
its log-odds against "no answer", which is one of the answers and has score 0. Combined scores are
log-odds, too, and with one model each rule but `words` gives back the scores of that model.
"""
import abc
from typing import NamedTuple

import numpy as np

from bert_nq.decoding.grouping import Groups


class Options(NamedTuple):
    """The M long (or M short) answers that K models propose for n pages.

    They are in the order of the pages, and the first of each page is "no answer".
    """
    scores: np.ndarray  # float64 [K, M]; -inf where a model does not propose the answer
    pages: np.ndarray  # int [M] the page of each, from 0
    spans: np.ndarray  # int [M, 2] document tokens [start, end); [-1, -1] for none, yes and no
    begins: np.ndarray  # int [n] the index of each page's first answer, which is "no answer"

    def ends(self) -> np.ndarray:
        """int [n]: the index after each page's last answer."""
        return np.append(self.begins[1:], len(self.pages))


class Rule(abc.ABC):
    """Combines scores; the subclasses say how. Values that need no weights are computed once."""

    def __init__(self, options: Options):
        self._options = options
        self._groups = Groups(options.pages)
        self._parts = self._prepare(options.scores)

    def combine(self, weights: np.ndarray) -> np.ndarray:
        """float64 [M]: the scores; -inf for an answer of models of weight 0 alone.

        Args:
          weights: float64 [K], of sum 1, none below 0.
        """
        used = np.flatnonzero(weights > 0)
        proposed = (self._options.scores[used] > -np.inf).any(axis=0)
        combined = self._combine(used, weights[used])
        return np.where(proposed, combined, -np.inf)

    @abc.abstractmethod
    def _prepare(self, scores: np.ndarray):
        """The values for `_combine` that depend on the scores [K, M] and not on the weights."""

    @abc.abstractmethod
    def _combine(self, used: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """[M]: the combined scores of the models `used`, of weights above 0."""

    def _log_probabilities(self, scores: np.ndarray) -> np.ndarray:
        """[K, M]: the log of each model's softmax over a page's answers and "no answer"."""
        return np.stack([row - self._groups.log_sum(row)[self._options.pages] for row in scores])

    def _against_none(self, values: np.ndarray) -> np.ndarray:
        return values - values[self._options.begins][self._options.pages]


class Probability(Rule):
    """log(sum w_i p_i(answer) / sum w_i p_i(none)), p_i a model's softmax over its list.

    An answer that a model does not propose has probability 0 in that model.
    """

    def _prepare(self, scores):
        return self._log_probabilities(scores)

    def _combine(self, used, weights):
        return self._against_none(_log_mean(self._parts[used], weights))


class Sigmoid(Rule):
    """The log-odds of sum w_i sigmoid(s_i); sigmoid(s_i) weighs an answer against "none" alone.

    The rule of the 7th place of Kaggle's "TensorFlow 2.0 Question Answering".
    """

    def _prepare(self, scores):
        return np.stack([-np.logaddexp(0.0, -scores), -np.logaddexp(0.0, scores)])

    def _combine(self, used, weights):
        yes, no = (_log_mean(parts[used], weights) for parts in self._parts)
        return yes - no


class Score(Rule):
    """sum w_i s_i, the same as an average of logits.

    An answer that a model does not propose scores no more than the last one of its list, so it
    gets that score, or that of "none" if this is lower.
    """

    def _prepare(self, scores):
        known = np.where(scores > -np.inf, scores, np.inf)
        last = np.stack([-self._groups.maximum(-row) for row in known])
        return np.where(scores > -np.inf, scores, last[:, self._options.pages])

    def _combine(self, used, weights):
        # No product of matrices: its rounding depends on the number of answers.
        return sum(weight * row for weight, row in zip(weights, self._parts[used]))


class Words(Rule):
    """`Probability` by words: log((start(a) end(b)) ** 0.5 / none) for an answer [a, b).

    start(a) is the weighted sum of the probabilities of all answers that start at a, end(b)
    likewise. Only answers that some model proposes are scored.
    """

    def _prepare(self, scores):
        log_p = self._log_probabilities(scores)
        return np.stack([[self._at_same(row, column) for row in log_p] for column in (0, 1)])

    def _at_same(self, log_p: np.ndarray, column: int) -> np.ndarray:
        """The log of the sum over all answers of a page with the same start (0) or end (1)."""
        options = self._options
        is_span = options.spans[:, 0] >= 0
        # None, yes and no have no words: each gets a number of its own.
        words = np.where(is_span, options.spans[:, column], -1 - np.arange(len(is_span)))
        keys = np.stack([options.pages, words], axis=1)
        groups, which = np.unique(keys, axis=0, return_inverse=True)
        sums = np.bincount(which.reshape(-1), weights=np.exp(log_p), minlength=len(groups))
        with np.errstate(divide="ignore"):
            # Probabilities too small for a float have the sum 0.
            return np.maximum(np.log(sums)[which.reshape(-1)], log_p)

    def _combine(self, used, weights):
        starts, ends = (_log_mean(parts[used], weights) for parts in self._parts)
        return self._against_none((starts + ends) / 2)


def _log_mean(logs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """[M]: log(sum w_i exp(x_i)) for x [K, M]."""
    return np.logaddexp.reduce(logs + np.log(weights)[:, None], axis=0)


# Name: (rule for long answers, rule for short ones, yes and no).
METHODS = {
    "probability": (Probability, Probability),
    "sigmoid": (Sigmoid, Sigmoid),
    "score": (Score, Score),
    "words": (Probability, Words),
}
DEFAULT = "probability"
