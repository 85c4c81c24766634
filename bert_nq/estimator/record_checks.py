"""Whether records are what training takes: the right features, sizes and ranges. No TensorFlow."""
from typing import Dict, List

import numpy as np

from bert_nq.errors import UserError
from bert_nq.features.contexts import AnswerType
from bert_nq.records import examples, tfrecord

SEQUENCES = ("input_ids", "input_mask", "segment_ids")


def check_training_records(paths: List[str], seq_length: int, vocab_size: int) -> None:
    """Looks at the first record of each file.

    Raises:
      UserError: there is none, it is damaged, is no training record, has another sequence length
        than `seq_length`, or ids that a model of `vocab_size` has no embeddings for.
    """
    for path in paths:
        first = next(tfrecord.read_records(path), None)
        if first is None:
            raise UserError("%s holds no records" % path)
        _check(first, "%s, record 0" % path, seq_length, vocab_size)


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
    for path in paths:
        for index, record in enumerate(tfrecord.read_records(path)):
            _check(record, "%s, record %d" % (path, index), seq_length, vocab_size)


def _check(record: bytes, source: str, seq_length: int, vocab_size: int) -> None:
    features = examples.parse(record, source)
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
