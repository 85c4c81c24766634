"""Record files and windows as tf.data.Datasets of batches."""
import functools
import itertools
from typing import Callable, Dict, Iterable, List, Optional

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.estimator import record_checks
from bert_nq.estimator.record_checks import SEQUENCES
from bert_nq.modeling.runtime import READS_GZIP_MEMBERS, tf
from bert_nq.records import compact, examples, tfrecord

# More than the reference's 100: records of one page that were written together part ways.
_SHUFFLE_BUFFER = 4096
_READ_BUFFER = 1 << 20  # bytes
_LABELS = {name: tf.FixedLenFeature([], tf.int64) for name in examples.TRAINING_LABELS}
# Stands behind the last piece until the mask is known: any id, right or wrong, is another number.
_NO_PIECE = -2 ** 31


def training_input_fn(paths: List[str], seq_length: int, seed: int,
                      records_done: int = 0) -> Callable:
    """An endless input_fn over record files of training windows, all full or all compact.

    Each file may be gzipped. Each pass over the data is shuffled anew; batches are full. The
    features are int32 [B, S] sequences and int32 [B] labels.

    The records of a step depend on the seed and on how many were used before, not on the number of
    devices that share them: the first device has the first of them, and so on.

    Args:
      paths: the record files.
      seq_length: S.
      seed: decides the order.
      records_done: how many records of that order are left out, since training has had them.

    Raises:
      UserError: a file or the first record cannot be read.
    """
    parse = _parse_compact if record_checks.holds_compact_records(paths) else _parse_full
    readers = [(read, list(some)) for read, some in itertools.groupby(paths, _reader)]

    def input_fn(params, input_context=None):
        """B is params["batch_size"]; with several devices, their batches come in turn."""
        parts = [read(some) for read, some in readers]
        dataset = functools.reduce(lambda first, second: first.concatenate(second), parts)
        dataset = dataset.shuffle(_SHUFFLE_BUFFER, seed=seed, reshuffle_each_iteration=True)
        dataset = dataset.repeat().skip(records_done)
        dataset = _batches(dataset, params["batch_size"], input_context)
        # One call for the whole batch costs a fraction of one call a record.
        return dataset.map(lambda batch: parse(batch, seq_length),
                           num_parallel_calls=1).prefetch(4)

    return input_fn


def _batches(records: tf.data.Dataset, batch_size: int,
             context: Optional["tf.distribute.InputContext"]) -> tf.data.Dataset:
    """Full batches of the records that the devices of this process, of several, are to have."""
    if context is None or context.num_replicas_in_sync == 1:
        return records.batch(batch_size, drop_remainder=True)
    num_devices = context.num_replicas_in_sync // context.num_input_pipelines  # of this process
    shares = records.batch(batch_size * num_devices, drop_remainder=True)
    shares = shares.shard(context.num_input_pipelines, context.input_pipeline_id)
    if num_devices == 1:
        return shares
    return shares.flat_map(lambda share: tf.data.Dataset.from_tensor_slices(
        tf.reshape(share, [num_devices, batch_size])))


def _reader(path: str) -> Callable[[List[str]], tf.data.Dataset]:
    """The way to read a file, and others like it, as a Dataset of serialized records."""
    if not tfrecord.is_gzipped(path):
        return _read_plain
    if READS_GZIP_MEMBERS or tfrecord.count_gzip_members(path) == 1:
        return _read_gzipped
    return _read_gzip_members


def _read_plain(paths: List[str]) -> tf.data.Dataset:
    return tf.data.TFRecordDataset(paths, buffer_size=_READ_BUFFER)


def _read_gzipped(paths: List[str]) -> tf.data.Dataset:
    return tf.data.TFRecordDataset(paths, compression_type="GZIP", buffer_size=_READ_BUFFER)


def _read_gzip_members(paths: List[str]) -> tf.data.Dataset:
    def records():
        try:
            for path in paths:
                yield from tfrecord.read_records(path)
        except UserError as e:
            # This one comes out of the session as InvalidArgumentError, as of a faulty record.
            raise ValueError(str(e)) from e

    return tf.data.Dataset.from_generator(records, tf.string, [])


def _parse_full(batch: tf.Tensor, seq_length: int) -> Dict[str, tf.Tensor]:
    """Features of B serialized records in the full format."""
    spec = {name: tf.FixedLenFeature([seq_length], tf.int64) for name in SEQUENCES}
    spec.update(_LABELS)
    return {name: tf.cast(value, tf.int32)
            for name, value in tf.io.parse_example(batch, spec).items()}


def _parse_compact(batch: tf.Tensor, seq_length: int) -> Dict[str, tf.Tensor]:
    """The same features of B serialized records in the compact format, see records.compact."""
    spec = {compact.PIECE_IDS: tf.FixedLenSequenceFeature(
                [], tf.int64, allow_missing=True, default_value=_NO_PIECE),
            compact.WINDOW_SHAPE: tf.FixedLenFeature([2], tf.int64)}
    spec.update(_LABELS)
    features = {name: tf.cast(value, tf.int32)
                for name, value in tf.io.parse_example(batch, spec).items()}
    query_lengths, seq_lengths = tf.split(features.pop(compact.WINDOW_SHAPE), 2, axis=1)  # [B, 1]
    ids = features.pop(compact.PIECE_IDS)  # [B, most pieces of a window]
    # As in the full format, records of another length are refused. Negative padding fails as well.
    with tf.control_dependencies([tf.debugging.assert_equal(seq_lengths, seq_length)]):
        ids = tf.pad(ids, [[0, 0], [0, seq_length - tf.shape(ids)[1]]], constant_values=_NO_PIECE)
    ids.set_shape([None, seq_length])
    mask = tf.cast(tf.not_equal(ids, _NO_PIECE), tf.int32)
    in_document = tf.cast(tf.range(seq_length)[None, :] >= query_lengths, tf.int32)
    return dict(features, input_ids=ids * mask, input_mask=mask, segment_ids=in_document * mask)


def prediction_input_fn(batches: Callable[[], Iterable[Dict[str, np.ndarray]]], batch_size: int,
                        seq_length: int) -> Callable:
    """An input_fn over batches that the host makes: int32 [B, S] sequences, all of one shape.

    Args:
      batches: gives them.
      batch_size: B.
      seq_length: S.
    """
    def input_fn(params):
        del params  # the Estimator passes them by name
        dataset = tf.data.Dataset.from_generator(
            batches, dict.fromkeys(SEQUENCES, tf.int32),
            dict.fromkeys(SEQUENCES, tf.TensorShape([batch_size, seq_length])))
        return dataset.prefetch(4)

    return input_fn
