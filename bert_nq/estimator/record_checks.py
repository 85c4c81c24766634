"""Whether records are what training takes: the right features, sizes and ranges. No TensorFlow."""
import contextlib
from typing import Dict, List, Optional, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import AnswerType
from bert_nq.records import compact, examples, tfrecord

SEQUENCES = ("input_ids", "input_mask", "segment_ids")


def check_training_records(paths: List[str], seq_length: int, vocab_size: int) -> None:
    """Looks at the first record of each file.

    Raises:
      UserError: there is none, it is damaged, is no training record, has another sequence length
        than `seq_length`, or ids that a model of `vocab_size` has no embeddings for; or some files
        hold compact records and others full ones.
    """
    check = _Check(seq_length, vocab_size)
    for path in paths:
        check(_first_record(path), "%s, record 0" % path)


def holds_compact_records(paths: List[str]) -> bool:
    """Whether files that passed `check_training_records` hold compact records, or full ones.

    Raises:
      UserError: the first file cannot be read.
    """
    source = "%s, record 0" % paths[0]
    features = examples.parse(_first_record(paths[0]), source)
    return compact.record_format(features) == compact.COMPACT


def _first_record(path: str) -> bytes:
    with contextlib.closing(tfrecord.read_records(path)) as records:
        first = next(records, None)
    if first is None:
        raise UserError("%s holds no records" % path)
    return first


def count_records(paths: List[str]) -> int:
    """How many records the files have together.

    Raises:
      UserError: a file is cut off.
    """
    return sum(map(tfrecord.count_records, paths))


def find_fault(paths: List[str], seq_length: int, vocab_size: int) -> None:
    """Looks at every record, some thousand a second, for what made TensorFlow fail.

    Raises:
      UserError: as `check_training_records`, of the first record that is at fault.
    """
    check = _Check(seq_length, vocab_size)
    for path in paths:
        for index, record in enumerate(tfrecord.read_records(path)):
            check(record, "%s, record %d" % (path, index))


class _Check:
    """Checks records one after another, and that all are of one format."""

    def __init__(self, seq_length: int, vocab_size: int):
        self._seq_length = seq_length
        self._vocab_size = vocab_size
        self._first: Optional[Tuple[str, str]] = None  # its source, its format

    def __call__(self, record: bytes, source: str) -> None:
        features = examples.parse(record, source)
        record_format = compact.record_format(features)
        if record_format == compact.COMPACT:
            features = compact.expand(features, source)
        _check(features, source, self._seq_length, self._vocab_size)
        self._first = self._first or (source, record_format)
        if record_format != self._first[1]:
            raise UserError("%s is a %s record, %s a %s one: train on files of one format"
                            % ((source, record_format) + self._first))


def _check(features: Dict[str, np.ndarray], source: str, seq_length: int, vocab_size: int) -> None:
    _check_names(features, source)
    lengths = {name: len(features[name]) for name in SEQUENCES}
    if len(set(lengths.values())) > 1:
        raise UserError("%s: input_ids, input_mask and segment_ids have %d, %d and %d entries: "
                        "prepare the records again" % ((source,) + tuple(lengths.values())))
    length = lengths["input_ids"]
    if length != seq_length:
        raise UserError("%s: the window has %d wordpieces, --max_seq_length is %d: give "
                        "--max_seq_length=%d or prepare the records again"
                        % (source, length, seq_length, length))
    _check_range(features["input_ids"], vocab_size, source, "wordpiece id", "the model's vocab_size"
                 " is %d: the records were made with another vocabulary" % vocab_size)
    for name in examples.TRAINING_LABELS:
        if len(features[name]) != 1:
            raise UserError("%s: %s has %d values, not one: prepare the records again"
                            % (source, name, len(features[name])))
        limit = len(AnswerType) if name == "answer_types" else seq_length
        _check_range(features[name], limit, source, name,
                     "which must be below %d: prepare the records again" % limit)


def _check_names(features: Dict[str, np.ndarray], source: str) -> None:
    missing = [name for name in SEQUENCES + examples.TRAINING_LABELS if name not in features]
    if missing:
        kind = ("prediction records, and training needs those of --is_training"
                if "token_map" in features else "not records of prepare_nq_data.py")
        raise UserError("%s has no feature %s: these are %s" % (source, missing[0], kind))


def _check_range(values: np.ndarray, limit: int, source: str, what: str, reason: str) -> None:
    """Raises UserError unless all of `values` are in [0, limit)."""
    outside = values[(values < 0) | (values >= limit)]
    if len(outside):
        raise UserError("%s: %s %d, %s" % (source, what, outside[0], reason))
