"""The candidates of a page that a stage of a cascade lets through to the next, slower reader."""
from typing import NamedTuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import is_finite
from bert_nq.datasets.nq.candidate_scores import PageScores


class Stage(NamedTuple):
    """The limits of what a stage lets through. QuesBELM's are (10, 0.2), then (4, 0.35)."""
    keep: int = 10  # candidates of a page at most
    threshold: float = 0.0  # their probabilities are above it

    def check(self) -> "Stage":
        """Returns itself; raises UserError where a value is impossible."""
        if self.keep < 1:
            raise UserError("--keep must be at least 1, it is %d" % self.keep)
        if not (is_finite(self.threshold) and 0 <= self.threshold < 1):
            raise UserError("--keep_threshold=%s is not a number from 0 to below 1"
                            % self.threshold)
        return self


def survivors(scores: PageScores, stage: Stage) -> PageScores:
    """The most probable candidates, in the order of the page; of equal ones the first are taken.

    Where none is probable enough, the page has no survivors: its answers are null, and the next
    stage has nothing to read.

    Args:
      scores: of the candidates that the stage has read.
      stage: what it lets through.
    """
    order = np.argsort(-scores.probabilities, kind="stable")[:stage.keep]
    kept = np.sort(order[scores.probabilities[order] > stage.threshold])
    return scores._replace(candidates=scores.candidates[kept],
                           probabilities=scores.probabilities[kept])
