"""Scores of a page's candidates in place of its answers, by the page decoder."""
from typing import Any, Dict

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.candidate_scores import PageScores
from bert_nq.datasets.nq.example import Example
from bert_nq.decoding.page import PageDecoder
from bert_nq.decoding.page_windows import PageWindows
from bert_nq.modeling.heads.window_outputs import OutputOptions, WindowOutputs


class CandidateScoreDecoder:
    """A decoder whose entries are lines of a file of candidate scores.

    A probability is the sigmoid of the page decoder's long-answer score, which is log-odds against
    "no answer" but not calibrated: their order within a page is what they are good for.
    """

    name = "candidate_scores"
    outputs_type = WindowOutputs

    def __init__(self, decoder: Any):
        """
        Args:
          decoder: the page decoder, with its options.

        Raises:
          UserError: it is another one, which gives candidates no scores.
        """
        if not isinstance(decoder, PageDecoder):
            raise UserError("--output_candidate_scores: --decoder=%s has no scores of candidates, "
                            "--decoder=page has" % decoder.name)
        self._page = decoder

    def output_options(self) -> OutputOptions:
        """The outputs that the model must give for each window."""
        return self._page.output_options()

    def decode(self, example: Example, windows: PageWindows,
               outputs: WindowOutputs) -> Dict[str, Any]:
        """The page's line of the file.

        Raises:
          UserError: a logit is not a number.
        """
        candidates, scores = self._page.candidate_scores(example, windows, outputs)
        # The sigmoid, which for low scores is no difference of larger numbers here.
        probabilities = np.exp(-np.logaddexp(0.0, -scores))
        return PageScores(example.example_id, candidates, probabilities).to_json()

    def describe(self) -> Dict[str, Any]:
        """The decoder's name, and the options of the page decoder."""
        return {"decoder": self.name, "options": self._page.describe()["options"]}
