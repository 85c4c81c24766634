"""The candidates of a page that the joint reader reads after a faster one has sorted out the rest.

A context is a candidate that windows have whole: at top level unless nested ones are taken as well.
It is as probable as the most probable of the candidates within it, itself included, so that a table
is kept for one good row.
"""
from typing import Any, Callable, Collection, Dict, NamedTuple

import numpy as np

from bert_nq.datasets.nq.candidate_scores import PageScores, ScoreFiles
from bert_nq.datasets.nq.example import Example
from bert_nq.features.cascade import Stage, survivors

# The scores of a page's candidates, wherever they come from: a file, or a reader. Raises
# BadExampleError where there are none of this page.
ScoresOf = Callable[[Example], PageScores]
# The indexes of the candidates of a page that are to be read.
Kept = Callable[[Example], Collection[int]]


class Prefilter(NamedTuple):
    """The scores, and what is kept by them. A value: it is sent to worker processes."""
    scores: ScoreFiles
    stage: Stage

    def settings(self) -> Dict[str, Any]:
        """{name: value} of what decides which candidates are read."""
        return {"scores": self.scores.fingerprint, "keep": self.stage.keep,
                "keep_threshold": self.stage.threshold}

    def open(self, skip_nested: bool) -> Kept:
        """Reads the scores.

        Args:
          skip_nested: whether contexts are candidates at top level alone.

        Raises:
          UserError: the scores cannot be read.
        """
        lookup = self.scores.open()
        return keep_by(lambda example: lookup.of_page(
            example.example_id, len(example.candidates), example.source), self.stage, skip_nested)


def keep_by(scores_of: ScoresOf, stage: Stage, skip_nested: bool) -> Kept:
    """A function from a page to the contexts that are kept, by any source of scores."""
    def kept(example: Example) -> Collection[int]:
        scores = scores_of(example)
        if skip_nested:
            scores = of_contexts(scores, example)
        return frozenset(survivors(scores, stage).candidates.tolist())
    return kept


def of_contexts(scores: PageScores, example: Example) -> PageScores:
    """The scores of the candidates at top level: of each the highest that is within it.

    Those that no scored candidate is within are left out, as not scored.
    """
    tops = [index for index, candidate in enumerate(example.candidates) if candidate.top_level]
    best = np.full([len(example.candidates)], -1.0)
    if tops:
        tops.sort(key=lambda index: example.candidates[index].start_token)
        starts = [example.candidates[index].start_token for index in tops]
        spans = np.array([example.candidates[index][:2] for index in scores.candidates.tolist()],
                         np.int64).reshape(-1, 2)
        # Contexts lie one behind the other, so that only one can hold a candidate.
        around = np.array(tops)[np.searchsorted(starts, spans[:, 0], side="right") - 1]
        ends = np.array([candidate.end_token for candidate in example.candidates])[around]
        within = (spans[:, 0] >= starts[0]) & (spans[:, 1] <= ends)
        np.maximum.at(best, around[within], scores.probabilities[within])
    found = np.flatnonzero(best >= 0)
    return PageScores(scores.example_id, found, best[found])
