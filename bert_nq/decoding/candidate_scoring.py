"""The scorer of candidates: how probably each of a page's candidates holds an answer."""
from typing import Any, Dict

import numpy as np

from bert_nq.datasets.nq.candidate_scores import PageScores
from bert_nq.datasets.nq.example import CandidateClass, Example
from bert_nq.decoding.candidates import CandidateWindows, InPlaceOfAnswers
from bert_nq.modeling.heads.candidate_outputs import CandidateOptions, CandidateOutputs


class CandidateScorer(InPlaceOfAnswers):
    """Takes 1 - P(no answer) of every candidate that is read, as a line of a file of scores."""

    name = "candidate_scores"

    def output_options(self) -> CandidateOptions:
        """The outputs that the model must give for each row: classes alone."""
        return CandidateOptions(spans=False)

    def decode(self, example: Example, rows: CandidateWindows,
               outputs: CandidateOutputs) -> Dict[str, Any]:
        """The page's line of a file of candidate scores, see datasets.nq.candidate_scores.

        Raises:
          UserError: a logit is not a number.
        """
        outputs.check_finite()
        none = outputs.class_log_probs.reshape(len(rows.indexes), len(CandidateClass))[
            :, CandidateClass.NO_ANSWER]
        # -expm1(x) is 1 - exp(x), exact where that is small.
        p = np.clip(-np.expm1(none.astype(np.float64)), 0.0, 1.0)
        return PageScores(example.example_id, rows.indexes, p).to_json()
