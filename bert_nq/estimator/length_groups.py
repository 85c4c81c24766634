"""Batches of windows of about equal length, without the padding that all of them have.

A window of a short text is mostly padding: of SQuAD's 384 wordpieces half. Where the windows of a
step are of about one length, what lies behind the longest of them need not be computed.

Notation: P records of a pool, B batch, S sequence in wordpieces, L the longest of B, rounded up.
"""
from typing import Dict, Sequence, Tuple

from bert_nq.features import spec as specs
from bert_nq.features.spec import FeatureSpec
from bert_nq.modeling.runtime import tf

# Steps whose windows are sorted together: with more the windows of a step are more alike, with
# fewer it is more by chance which of them come together.
_STEPS_OF_POOL = 64
_MULTIPLE = 32  # kernels are made for each length, and are fastest for round ones


def grouped(records: tf.data.Dataset, step_size: int, spec: FeatureSpec, seq_length: int,
            seed: int) -> tf.data.Dataset:
    """The same records in another order, in which those of a step are of about equal length.

    Records are sorted within pools, and the steps of a pool shuffled.

    Args:
      records: shuffled and endless; each a tuple of the serialized record and of what lies beside
        it.
      step_size: records of a step.
      spec: of the task.
      seq_length: S.
      seed: decides the order of the steps.
    """
    size = step_size * _STEPS_OF_POOL

    def sort(number: tf.Tensor, pool: Tuple[tf.Tensor, ...]) -> Tuple[tf.Tensor, ...]:
        order = tf.argsort(_lengths(pool[0], spec, seq_length), stable=True)
        steps = tf.argsort(tf.random.stateless_uniform([_STEPS_OF_POOL], tf.stack(
            [tf.constant(seed, tf.int64), number])))
        places = tf.reshape(tf.gather(tf.reshape(order, [_STEPS_OF_POOL, step_size]), steps),
                            [size])
        return tuple(tf.gather(part, places) for part in pool)

    pools = records.batch(size, drop_remainder=True).apply(tf.data.experimental.enumerate_dataset())
    return pools.map(sort).flat_map(lambda *parts: tf.data.Dataset.from_tensor_slices(parts))


def _lengths(records: tf.Tensor, spec: FeatureSpec, seq_length: int) -> tf.Tensor:
    """int32 [P]: the length of each window, up to the last place that holds something."""
    parsed = tf.io.parse_example(records, {
        name: tf.FixedLenFeature([seq_length], tf.int64) for name in _telling(spec)})
    return _ends(parsed, seq_length)


def _ends(features: Dict[str, tf.Tensor], seq_length: int) -> tf.Tensor:
    """int32 [B]: the last place of each row where one of the features [B, S] is not 0, plus 1."""
    held = tf.stack([tf.not_equal(value, 0) for value in features.values()])
    places = tf.range(1, seq_length + 1, dtype=tf.int32)
    return tf.reduce_max(tf.cast(tf.reduce_any(held, axis=0), tf.int32) * places, axis=1)


def trimmed(batch: Dict[str, tf.Tensor], spec: FeatureSpec, seq_length: int,
            others: Sequence[str] = ()) -> Dict[str, tf.Tensor]:
    """The features of a batch with sequences [B, L] in place of [B, S].

    Args:
      batch: the features by name.
      spec: of the task.
      seq_length: S.
      others: names of sequences in the batch that are not of the spec.
    """
    sequences = _sequences(spec) + list(others)
    longest = tf.reduce_max(_ends({name: batch[name] for name in _telling(spec)}, seq_length))
    width = tf.minimum(-(-longest // _MULTIPLE) * _MULTIPLE, seq_length)
    return {name: value[:, :width] if name in sequences else value
            for name, value in batch.items()}


def seq_length(features: Dict[str, tf.Tensor]) -> tf.Tensor:
    """float32 scalar: L of a batch's features, those of rank 2 being its sequences."""
    return tf.cast(tf.reduce_max([tf.shape(value)[1] for value in features.values()
                                  if value.shape.ndims == 2]), tf.float32)


def _telling(spec: FeatureSpec):
    """The names of those that are 0 in padding; it may be a segment of its own."""
    return [feature.name for feature in spec
            if feature.name in _sequences(spec) and feature.limit != specs.SEGMENTS]


def _sequences(spec: FeatureSpec):
    """The names of what the model sees of each place."""
    return [feature.name for feature in specs.of_roles(spec, specs.INPUT)
            if feature.shape == specs.SEQUENCE]
