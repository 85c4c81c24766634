"""Record files and windows as tf.data.Datasets of batches."""
from typing import Callable, Dict, Iterable, List

import numpy as np

from bert_nq.errors import UserError
from bert_nq.modeling.runtime import tf
from bert_nq.records import examples, tfrecord

_SEQUENCES = ("input_ids", "input_mask", "segment_ids")
# More than the reference's 100: records of one page that were written together part ways.
_SHUFFLE_BUFFER = 4096


def training_input_fn(paths: List[str], seq_length: int, seed: int) -> Callable:
    """An endless input_fn over record files of training windows.

    Each pass over the data is shuffled anew; batches are full. The features are int32 [B, S]
    sequences and int32 [B] labels.
    """
    spec = {name: tf.FixedLenFeature([seq_length], tf.int64) for name in _SEQUENCES}
    spec.update({name: tf.FixedLenFeature([], tf.int64) for name in examples.TRAINING_LABELS})

    def parse(serialized):
        # One call for the whole batch costs a fraction of one call a record.
        return {name: tf.cast(value, tf.int32)
                for name, value in tf.io.parse_example(serialized, spec).items()}

    def input_fn(params):
        dataset = tf.data.TFRecordDataset(paths, buffer_size=1 << 20)
        dataset = dataset.shuffle(_SHUFFLE_BUFFER, seed=seed, reshuffle_each_iteration=True)
        dataset = dataset.repeat().batch(params["batch_size"], drop_remainder=True)
        return dataset.map(parse, num_parallel_calls=1).prefetch(4)

    return input_fn


def prediction_input_fn(batches: Callable[[], Iterable[Dict[str, np.ndarray]]],
                        seq_length: int) -> Callable:
    """An input_fn over batches that the host makes: dicts of int32 [B, S] sequences."""
    def input_fn(params):
        del params  # the batches have their size already
        dataset = tf.data.Dataset.from_generator(
            batches, {name: tf.int32 for name in _SEQUENCES},
            {name: tf.TensorShape([None, seq_length]) for name in _SEQUENCES})
        return dataset.prefetch(4)

    return input_fn


def check_training_records(paths: List[str], seq_length: int, vocab_size: int) -> None:
    """Looks at the first record of each file.

    Raises:
      UserError: it is no training record, has another sequence length than `seq_length`, or ids
        that a model of `vocab_size` has no embeddings for.
    """
    for path in paths:
        first = next(tfrecord.read_records(path), None)
        if first is None:
            raise UserError("%s holds no records" % path)
        features = examples.parse(first, "%s, record 0" % path)
        missing = [name for name in _SEQUENCES + examples.TRAINING_LABELS if name not in features]
        if missing:
            kind = "prediction records: prepare them with --is_training" \
                if "token_map" in features else "not records of prepare_nq_data.py"
            raise UserError("%s has no feature %s: these are %s" % (path, missing[0], kind))
        length = len(features["input_ids"])
        if length != seq_length:
            raise UserError("%s has windows of %d wordpieces, --max_seq_length is %d: give "
                            "--max_seq_length=%d or prepare the records again"
                            % (path, length, seq_length, length))
        largest = int(features["input_ids"].max())
        if largest >= vocab_size:
            raise UserError("%s has wordpiece id %d, the model's vocab_size is %d: the records "
                            "were made with another vocabulary" % (path, largest, vocab_size))
