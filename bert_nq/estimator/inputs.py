"""Record files and windows as tf.data.Datasets of batches.

Notation: B batch, S sequence in wordpieces.
"""
import functools
import itertools
from typing import Callable, Dict, Iterable, List, Optional, Sequence, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.estimator import length_groups
from bert_nq.features import spec as specs
from bert_nq.features.composition import Composition
from bert_nq.features.spec import Feature, FeatureSpec, Sizes
from bert_nq.modeling.runtime import READS_GZIP_MEMBERS, tf
from bert_nq.records import tfrecord
from bert_nq.records.teacher_logits import Companions

# More than the reference's 100: records of one page that were written together part ways.
_SHUFFLE_BUFFER = 4096
_READ_BUFFER = 1 << 20  # bytes
_ANY = Sizes()


def training_input_fn(paths: List[str], spec: FeatureSpec, seq_length: int, seed: int,
                      records_done: int = 0, sizes: Sizes = _ANY,
                      group_by_length: bool = False,
                      companions: Optional[Companions] = None,
                      composition: Optional[Composition] = None) -> Callable:
    """An endless input_fn over record files of training windows.

    Each file may be gzipped. Each pass over the data is shuffled anew; batches are full. The
    features are the spec's inputs and labels, int32: [B, S] sequences and [B] scalars.

    The records of a step depend on the seed and on how many were used before, not on the number of
    devices that share them: the first device has the first of them, and so on.

    Args:
      paths: the record files.
      spec: of the task.
      seq_length: S.
      seed: decides the order.
      records_done: how many records of that order are left out, since training has had them.
      sizes: the model's. A batch with a value beyond the spec's limits is an
        InvalidArgumentError: the model would take most of them for none, without a word.
      group_by_length: whether the windows of a step are of about equal length, and sequences
        [B, L], as long as the longest of the batch needs; see length_groups.
      companions: files of a teacher's logits beside the records; they become further features,
        float32, and the order of the records stays the same.
      composition: how many records of each kind stand together, each kind shuffled by itself;
        None: all are shuffled together. Not with group_by_length.

    Raises:
      UserError: a file cannot be read.
    """
    features = [(feature, sizes.limit(feature, seq_length))
                for feature in specs.of_roles(spec, specs.INPUT, specs.LABEL)]
    readers = [(read, list(some)) for read, some in itertools.groupby(paths, _reader)]

    def parse(batch, beside=None):
        parsed = _parse(batch, features, seq_length)
        if companions:
            parsed.update(_parse_companions(beside, companions, seq_length))
        return parsed

    def input_fn(params, input_context=None):
        """B is params["batch_size"]; with several devices, their batches come in turn."""
        def read_all():
            parts = [read(some) for read, some in readers]
            dataset = functools.reduce(lambda first, second: first.concatenate(second), parts)
            return tf.data.Dataset.zip(
                (dataset,) + ((_read_plain(companions.paths),) if companions else ()))

        if composition is None:
            dataset = _shuffled(read_all(), seed)
        else:
            dataset = _composed(read_all, composition, seed)
        if group_by_length:
            replicas = input_context.num_replicas_in_sync if input_context else 1
            dataset = length_groups.grouped(dataset, params["batch_size"] * replicas, spec,
                                            seq_length, seed)
        dataset = _batches(dataset.skip(records_done), params["batch_size"], input_context)
        # One call for the whole batch costs a fraction of one call a record.
        dataset = dataset.map(parse, num_parallel_calls=1)
        if group_by_length:
            dataset = dataset.map(lambda batch: length_groups.trimmed(
                batch, spec, seq_length, companions.sequences() if companions else ()))
        return dataset.prefetch(4)

    return input_fn


def _shuffled(records: tf.data.Dataset, seed: int) -> tf.data.Dataset:
    """The records again and again, each time shuffled anew."""
    return records.shuffle(_SHUFFLE_BUFFER, seed=seed, reshuffle_each_iteration=True).repeat()


def _composed(read_all: Callable[[], tf.data.Dataset], composition: Composition,
              seed: int) -> tf.data.Dataset:
    """Groups of records without end, so many of each kind; see training_input_fn."""
    def is_of(kind):
        label = {composition.label: tf.FixedLenFeature([], tf.int64)}
        return lambda record, *beside: tf.equal(
            tf.io.parse_single_example(record, label)[composition.label], kind)

    def one_by_one(*groups):
        # Of each kind a tuple of batches: the records, and what lies beside them.
        return tf.data.Dataset.from_tensor_slices(tuple(
            tf.concat(batches, axis=0) for batches in zip(*groups)))

    parts = [_shuffled(read_all().filter(is_of(kind)), seed).batch(count)
             for kind, count in enumerate(composition.counts) if count]
    return tf.data.Dataset.zip(tuple(parts)).flat_map(one_by_one)


def _batches(records: tf.data.Dataset, batch_size: int,
             context: Optional["tf.distribute.InputContext"]) -> tf.data.Dataset:
    """Full batches of the records that the devices of this process, of several, are to have.

    Records are tuples, see length_groups.grouped, and so are batches.
    """
    if context is None or context.num_replicas_in_sync == 1:
        return records.batch(batch_size, drop_remainder=True)
    num_devices = context.num_replicas_in_sync // context.num_input_pipelines  # of this process
    shares = records.batch(batch_size * num_devices, drop_remainder=True)
    shares = shares.shard(context.num_input_pipelines, context.input_pipeline_id)
    if num_devices == 1:
        return shares
    return shares.flat_map(lambda *parts: tf.data.Dataset.from_tensor_slices(tuple(
        tf.reshape(part, [num_devices, batch_size]) for part in parts)))


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


def _parse(batch: tf.Tensor, features: Sequence[Tuple[Feature, Optional[int]]],
           seq_length: int) -> Dict[str, tf.Tensor]:
    """The features of B serialized records, int32.

    Args:
      batch: the records.
      features: each of them, and what its values are below.
      seq_length: S.
    """
    parsed = tf.io.parse_example(batch, {
        feature.name: tf.FixedLenFeature(
            [seq_length] if feature.shape == specs.SEQUENCE else [], tf.int64)
        for feature, _ in features})
    checks = [_inside(parsed[feature.name], limit, feature)
              for feature, limit in features if limit is not None]
    with tf.control_dependencies(checks):
        return {name: tf.cast(value, tf.int32) for name, value in parsed.items()}


def _parse_companions(batch: tf.Tensor, companions: Companions,
                      seq_length: int) -> Dict[str, tf.Tensor]:
    """The logits [B, C] float32 of B serialized entries, as features by their names."""
    sizes = companions.sizes(seq_length)
    values = tf.cast(tf.io.decode_raw(batch, tf.float16), tf.float32)
    values.set_shape([None, sum(sizes.values())])
    return dict(zip(sizes, tf.split(values, list(sizes.values()), axis=1)))


def _inside(values: tf.Tensor, limit: int, feature: Feature) -> tf.Operation:
    """Checks that all values of a feature are in [least, limit)."""
    return tf.Assert(tf.reduce_all((values >= feature.least) & (values < limit)),
                     ["a record has %s that are not from %d to %d"
                      % (feature.name, feature.least, limit - 1)])


def prediction_input_fn(batches: Callable[[], Iterable[Dict[str, np.ndarray]]], spec: FeatureSpec,
                        batch_size: int, seq_length: int) -> Callable:
    """An input_fn over batches that the host makes: the spec's inputs, int32.

    Args:
      batches: gives them, all of one shape: [B, S] sequences and [B] scalars.
      spec: of the task.
      batch_size: B.
      seq_length: S.
    """
    inputs = specs.of_roles(spec, specs.INPUT)
    shapes = {feature.name: tf.TensorShape(
                  [batch_size, seq_length] if feature.shape == specs.SEQUENCE else [batch_size])
              for feature in inputs}

    def input_fn(params):
        del params  # the Estimator passes them by name
        dataset = tf.data.Dataset.from_generator(batches, dict.fromkeys(shapes, tf.int32), shapes)
        return dataset.prefetch(4)

    return input_fn
