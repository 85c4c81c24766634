"""Readings in place of answers: what a model says of each word, to be added to others' readings."""
from typing import Any, Dict

from bert_nq.datasets.nq.candidate_readings import CandidateReading, PageReading
from bert_nq.datasets.nq.example import Example, Span
from bert_nq.decoding.candidates import CandidateWindows, InPlaceOfAnswers, reading_of
from bert_nq.modeling.heads.candidate_outputs import CandidateOptions, CandidateOutputs


class ReadingDecoder(InPlaceOfAnswers):
    """A decoder whose entries are lines of a file of readings."""

    name = "readings"

    def output_options(self) -> CandidateOptions:
        """The outputs that the model must give for each row."""
        return CandidateOptions()

    def decode(self, example: Example, rows: CandidateWindows,
               outputs: CandidateOutputs) -> Dict[str, Any]:
        """The page's line of the file, see datasets.nq.candidate_readings.

        Raises:
          UserError: a logit is not a number.
        """
        outputs.check_finite()
        found = []
        for row, index in enumerate(rows.indexes.tolist()):
            candidate = example.candidates[index]
            reading = reading_of(candidate, rows.word_map[row], row, outputs)
            found.append(CandidateReading(index, Span(*candidate[:2]), *reading))
        return PageReading(example.example_id, tuple(found)).to_json()
