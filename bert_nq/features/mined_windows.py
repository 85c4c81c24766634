"""The choice of training windows without answer by the scores of the candidates in them.

A page keeps as many of these windows as it would by chance alone (--include_unknowns, the same
seed): so records, and steps of training, are as many as without scores. Which ones is drawn: a
window's probability is the highest of the candidates that have a token in it. The highest and not
the sum, since a reader is misled by one candidate, and many harmless ones in a window make it no
harder. A candidate that overlaps a long answer of an annotator does not count, else a window with a
part of the right paragraph would be taken for a hard one.
"""
from typing import Any, Dict, NamedTuple, Sequence

import numpy as np

from bert_nq.datasets.nq.candidate_scores import Lookup, PageScores, ScoreFiles
from bert_nq.datasets.nq.example import Example
from bert_nq.features import candidate_draws
from bert_nq.features.candidate_draws import DrawOptions


class MinedUnknowns(NamedTuple):
    """The scores and the shape of the chances. A value: it is sent to worker processes."""
    scores: ScoreFiles
    draw: DrawOptions = DrawOptions()

    def settings(self) -> Dict[str, Any]:
        """{name: value} of what decides the choice, for manifests."""
        return {"scores": self.scores.fingerprint, "negative_temperature": self.draw.temperature,
                "uniform_share": self.draw.uniform_share}

    def open(self) -> "Miner":
        """Reads the scores.

        Raises:
          UserError: they cannot be read.
        """
        return Miner(self.scores.open(), self.draw)


class Miner:
    """Chooses windows of pages."""

    def __init__(self, scores: Lookup, draw: DrawOptions):
        self._scores, self._draw = scores, draw

    def choose(self, example: Example, windows: Sequence[np.ndarray], number: int,
               seed: int) -> np.ndarray:
        """int64 [number], rising: the windows that are kept of those without answer.

        Args:
          example: the page.
          windows: of each the document tokens in it, int64; in any order, -1 for none.
          number: how many are kept.
          seed: of the preparation.

        Raises:
          BadExampleError: the page was not scored, or is another one than was scored.
        """
        scores = self._scores.of_page(example.example_id, len(example.candidates), example.source)
        if number in (0, len(windows)):
            return np.arange(number)
        probabilities = window_probabilities(without_gold(scores, example), example, windows)
        return candidate_draws.rows(probabilities, number, self._draw, seed, example.example_id)


def without_gold(scores: PageScores, example: Example) -> PageScores:
    """The scores of the candidates that overlap no annotated long answer."""
    spans = _spans(scores, example)
    apart = np.ones(len(spans), bool)
    for annotation in example.annotations:
        if annotation.candidate_index >= 0:
            start, end, _ = example.candidates[annotation.candidate_index]
            apart &= (spans[:, 1] <= start) | (spans[:, 0] >= end)
    return scores._replace(candidates=scores.candidates[apart],
                           probabilities=scores.probabilities[apart])


def window_probabilities(scores: PageScores, example: Example,
                         windows: Sequence[np.ndarray]) -> np.ndarray:
    """float64 [windows]: of the most probable candidate with a token in each; 0 without any."""
    starts, ends = _spans(scores, example).T
    found = np.zeros([len(windows)])
    for number, tokens in enumerate(windows):
        tokens = np.unique(tokens)
        is_in = np.searchsorted(tokens, starts) < np.searchsorted(tokens, ends)
        found[number] = scores.probabilities[is_in].max(initial=0.0)
    return found


def _spans(scores: PageScores, example: Example) -> np.ndarray:
    """int64 [n, 2]: start and end token of each scored candidate."""
    spans = [example.candidates[index][:2] for index in scores.candidates.tolist()]
    return np.array(spans, np.int64).reshape(-1, 2)
