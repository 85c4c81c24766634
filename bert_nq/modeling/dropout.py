"""Dropout whose masks follow from a seed: for the same seed, the same masks, whoever draws them.

So a training step is the same after a restart, and a layer that is computed a second time in the
backward pass drops the same elements again.
"""
import functools
import operator
from typing import Any, Optional, Sequence

from bert_nq.modeling.layers import sizes
from bert_nq.modeling.runtime import tf

# More masks than a layer draws.
_MASKS_OF_A_LAYER = 1024
# The number of a head as a layer: beyond those of encoders' layers.
HEAD_LAYER = 1 << 20


class Dropout:
    """Dropout of one layer of a model: each call draws a mask of its own.

    On a CPU, drawing a float32 for every element takes a fifth of a training step. A byte is
    enough: an element is dropped if its byte is below a threshold, one of the two multiples of
    1/256 around the rate, which is drawn for each mask such that the chance is exactly the rate.

    Args:
      seed: a scalar int64 tensor. Masks follow from its value, the layer's number
        and the number of the call.
      bytewise: False draws floats, for TPUs, whose compiler cannot see a number as eight bytes.
      layer: the layer's number, 0 or above.

    Raises:
      ValueError: the seed is None.
    """

    def __init__(self, seed: tf.Tensor, bytewise: bool = True, layer: int = 0):
        if seed is None:
            raise ValueError("dropout needs a seed")
        self._seed = seed
        self._bytewise = bytewise
        self._layer = layer
        self._calls = 0

    def of_layer(self, layer: int) -> "Dropout":
        """The dropout of another layer, beginning with its first mask."""
        return Dropout(self._seed, self._bytewise, layer)

    def __call__(self, x: tf.Tensor, rate: float) -> tf.Tensor:
        """Sets a share `rate` of `x` to zero and scales the rest by 1 / (1 - rate)."""
        if rate == 0:
            return x
        return apply_keep_mask(x * (1 / (1 - rate)), self.keep(sizes(x), rate))

    def keep(self, shape: Sequence, rate: float) -> tf.Tensor:
        """A mask that is false for a share `rate` of its elements, else true.

        Args:
          shape: its sizes, integers or scalar tensors.
          rate: from 0 to below 1.
        """
        if not self._bytewise:
            return self._random(shape, dtype=tf.float32) >= rate
        size = functools.reduce(operator.mul, shape)
        numbers = self._random([(size + 7) // 8], dtype=tf.int64, minval=tf.int64.min,
                               maxval=tf.int64.max)
        random_bytes = tf.reshape(tf.bitcast(numbers, tf.uint8), [-1])
        if not isinstance(size, int) or size % 8:
            random_bytes = random_bytes[:size]
        threshold = tf.floor(256 * rate + self._random([], dtype=tf.float32))
        threshold = tf.cast(tf.minimum(threshold, 255), tf.uint8)
        return tf.reshape(random_bytes >= threshold, shape)

    def _random(self, shape, **kind) -> tf.Tensor:
        """Uniform random numbers of this call."""
        number = _MASKS_OF_A_LAYER * self._layer + self._calls
        self._calls += 1
        return tf.random.stateless_uniform(shape, seed=tf.stack([self._seed, number]), **kind)


def of_pass(config: Any, pass_: Any) -> Optional[Dropout]:
    """The dropout of an encoder in a pass; None where nothing is dropped.

    Args:
      config: has `hidden_dropout_prob` and `attention_probs_dropout_prob`.
      pass_: encoders.Pass.
    """
    if pass_.is_training and (config.hidden_dropout_prob or config.attention_probs_dropout_prob):
        return Dropout(pass_.seed, bytewise=not pass_.use_tpu)
    return None


def apply_keep_mask(x: tf.Tensor, keep: Optional[tf.Tensor]) -> tf.Tensor:
    """x where the bool `keep`, of the same shape, is true, else 0; x itself if `keep` is None."""
    if keep is None:
        return x
    if x.dtype == tf.bfloat16:
        # On CPUs, a selection among these takes twice as long as making numbers of the mask.
        return x * tf.cast(keep, tf.bfloat16)
    return tf.where(keep, x, tf.zeros_like(x))
