"""Measures the processor time of each step that a page goes through."""
import collections
import time
from typing import Callable, List, Tuple

from bert_nq.base import lines
from bert_nq.base.inflating import Inflated
from bert_nq.datasets.nq import decoding, typed_decoding
from bert_nq.features import contexts, spec
from bert_nq.features.joint_windows import FEATURIZER
from bert_nq.features.options import FeatureOptions, TextOptions
from bert_nq.records import examples, tfrecord

_SPEC = spec.of_purpose(FEATURIZER.spec, spec.TRAINING)


class _Clock:
    """Adds up the processor time of named steps."""

    def __init__(self):
        self.seconds = collections.OrderedDict()

    def __call__(self, name: str, function: Callable, *args):
        start = time.process_time()
        result = function(*args)
        spent = time.process_time() - start
        self.seconds[name] = self.seconds.get(name, 0) + spent
        return result


def rows(paths: List[str], vocab_file: str, include_unknowns: float) -> List[Tuple[str, str]]:
    """Rows for the summary: milliseconds per page of each step, and of parts of some steps.

    Args:
      paths: gzipped shards.
      vocab_file: a vocab.txt with the NQ markers.
      include_unknowns: see FeatureOptions.
    """
    options = FeatureOptions(include_unknowns=include_unknowns)
    maker = FEATURIZER.make(TextOptions(vocab_file), options)
    steps, parts, pages = _Clock(), _Clock(), 0
    for path in paths:
        parts("of reading: gunzip", _gunzip, path)
        reader = lines.read_lines(path)
        while True:
            item = steps("reading a line", next, reader, None)
            if item is None:
                break
            line = item[1]
            example = steps("decoding it", decoding.decode_example, line, "")
            made = steps("windows", maker.training, example)
            records = steps("serializing", _serialize, made.rows)
            steps("framing, with CRCs", _frame, records)
            parts("of decoding: JSON", typed_decoding.parse, line)
            parts("of windows: contexts", contexts.build_contexts, example, options, True)
            pages += 1
    total = sum(steps.seconds.values())
    return ([("all steps", "%.3f: %.0f pages/s" % (1000 * total / pages, pages / total))]
            + [(name, "%.3f" % (1000 * seconds / pages))
               for clock in (steps, parts) for name, seconds in clock.seconds.items()])


def _gunzip(path: str) -> None:
    with open(path, "rb") as f:
        for _ in Inflated(f).chunks(1 << 19):
            pass


def _serialize(windows) -> List[bytes]:
    return list(examples.serialize(_SPEC, windows.columns()))


def _frame(records: List[bytes]) -> List[bytes]:
    return list(map(tfrecord.frame, records))
