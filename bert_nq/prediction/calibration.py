"""Windows of training data that int8 is calibrated on: the range of what layers compute is taken
from them. Never those of a dev set, whose scores would then tell too much. Free of TensorFlow.

Notation: L pieces of a window, rounded up as in prediction.
"""
from typing import Any, Iterator, List, NamedTuple, Sequence

import google_crc32c
import numpy as np

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.reading import Reading
from bert_nq.features import packing
from bert_nq.features.featurizer import Featurizer
from bert_nq.prediction.batches import Batch, make_batches
from bert_nq.records import inspection, tfrecord

# Windows of one example: a long page has hundreds, which are much alike.
_OF_ONE_EXAMPLE = 4


class Calibration(NamedTuple):
    """The windows, one in each batch, [1, L]."""
    batches: List[Batch]

    def fingerprint(self) -> str:
        """8 hex digits that differ where the windows do."""
        crc = 0
        for batch in self.batches:
            for name in sorted(batch.features()):
                value = np.ascontiguousarray(batch.features()[name])
                crc = google_crc32c.extend(crc, ("%s%s" % (name, value.shape)).encode("utf8"))
                crc = google_crc32c.extend(crc, value.tobytes())
        return "%08x" % crc


class Source(NamedTuple):
    """Files of training data, and how windows are made of them."""
    paths: List[str]  # of records, or of the task's own files
    reading: Reading  # of the task
    featurizer: Featurizer
    maker: Any  # of windows, see Featurizer
    inputs: Sequence[str]  # the names of the features that the model reads

    def windows(self, number: int) -> Calibration:
        """The first windows of the files; of one example at most a few, from all over it.

        Raises:
          UserError: a file cannot be read, or there is no window in it.
        """
        batches: List[Batch] = []
        for path in self.paths:
            made = self._of_records if tfrecord.holds_records(path) else self._of_examples
            for batch in made(path):
                batches.append(batch)
                if len(batches) == number:
                    return Calibration(batches)
        if not batches:
            raise UserError("--calibration_file: there are no windows in %s" % self.paths[0])
        return Calibration(batches)

    def _of_records(self, path: str) -> Iterator[Batch]:
        for window in inspection.read_windows([path], self.featurizer):
            missing = [name for name in self.inputs if name not in window.features]
            if missing:
                raise UserError("%s has no %s: records of %s are wanted" % (
                    window.source, missing[0], self.featurizer.program))
            yield from make_batches([_Record(window.features)], self.inputs, 1, False)

    def _of_examples(self, path: str) -> Iterator[Batch]:
        bad_input = BadInput(skip=True)
        for example in self.reading.examples([path], bad_input):
            try:
                rows = self.maker.prediction(example).rows
            except BadExampleError as e:
                bad_input.handle(e)
                continue
            batches = list(make_batches([rows], self.inputs, 1, False))
            chosen = np.linspace(0, len(batches) - 1, min(_OF_ONE_EXAMPLE, len(batches)))
            for place in sorted(set(chosen.round().astype(int).tolist())):
                yield batches[place]


class _Record:
    """A record as the rows of an example, of which there is one."""

    def __init__(self, features):
        self._features = features
        self.lengths = np.array([features[packing.INPUT_MASK].sum()])

    def columns(self):
        return {name: value[None] for name, value in self._features.items()}
