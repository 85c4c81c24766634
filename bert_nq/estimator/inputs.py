"""Record files and windows as tf.data.Datasets of batches."""
from typing import Callable, Dict, Iterable, List, Optional

import numpy as np

from bert_nq.estimator.record_checks import SEQUENCES
from bert_nq.modeling.runtime import tf
from bert_nq.records import examples

# More than the reference's 100: records of one page that were written together part ways.
_SHUFFLE_BUFFER = 4096


def training_input_fn(paths: List[str], seq_length: int, seed: Optional[int]) -> Callable:
    """An endless input_fn over record files of training windows.

    Each pass over the data is shuffled anew; batches are full. The features are int32 [B, S]
    sequences and int32 [B] labels.
    """
    spec = {name: tf.FixedLenFeature([seq_length], tf.int64) for name in SEQUENCES}
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


def prediction_input_fn(batches: Callable[[int], Iterable[Dict[str, np.ndarray]]],
                        seq_length: int) -> Callable:
    """An input_fn over batches that the host makes.

    Args:
      batches: called with a number of windows, gives dicts of int32 [B, S] sequences of that many
        windows, the last of fewer.
      seq_length: S.
    """
    def input_fn(params):
        dataset = tf.data.Dataset.from_generator(
            # On a TPU the Estimator asks each host for a part of --predict_batch_size.
            lambda: batches(params["batch_size"]), dict.fromkeys(SEQUENCES, tf.int32),
            dict.fromkeys(SEQUENCES, tf.TensorShape([None, seq_length])))
        return dataset.prefetch(4)

    return input_fn
