"""Multi-head attention, whose [S, S] matrices are most of what a layer moves through memory.

    SelfAttention        from a layer's input to what its heads gather, on any device
    attend               scores, softmax and sum, as the paper has them
    attend_in_training   the same with dropout and a gradient written by hand
    attend_by_heads      the same for prediction on CPUs

Notation: B batch, N heads, S sequence, D head size, H = N * D hidden size.
"""
import math
from typing import Optional, Sequence

import numpy as np

from bert_nq.modeling import layers, relative_positions, runtime
from bert_nq.modeling.dropout import Dropout, apply_keep_mask
from bert_nq.modeling.relative_positions import Distances
from bert_nq.modeling.runtime import tf

# Added to the attention scores of padding: its share of the softmax is then zero in float32.
MASKED_SCORE = -10000.0


class SelfAttention:
    """Multi-head self-attention within the sequences of a batch, by the fastest kernels there are.

    Args:
      mask: int [B, S], 1 for positions that are attended to and 0 for padding.
      num_heads: N.
      dtype: of activations.
      is_training: whether gradients will be taken.
      dropout_rate: in training, the share of the probabilities that is dropped.
      by_heads: whether one head is computed after the other, for prediction on a CPU.
      apart: whether queries, keys and values are products of their own. A session is faster with
        one product; runtimes that fuse attention find it where there are three.
    """

    def __init__(self, mask: tf.Tensor, num_heads: int, dtype: tf.DType, is_training: bool,
                 dropout_rate: float, by_heads: bool, apart: bool = False):
        self._batch, self._length = layers.sizes(mask)
        # [B, 1, 1, S], the same for every head and query.
        mask = tf.reshape(tf.cast(mask, tf.float32), [self._batch, 1, 1, self._length])
        self._adder = tf.cast((1.0 - mask) * MASKED_SCORE, dtype)
        self._num_heads = num_heads
        self._is_training = is_training
        self._dropout_rate = dropout_rate
        self._by_heads = by_heads
        self._apart = apart

    def __call__(self, x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor,
                 dropout: Optional[Dropout] = None,
                 distances: Optional[Distances] = None) -> tf.Tensor:
        """The heads' sums of values for each position, side by side.

        Args:
          x: [B*S, H], a layer's input.
          kernel, bias: [H, 3H] and [3H], of queries, keys and values, which are one product.
          dropout: of the layer, in training.
          distances: of the layer, where its scores depend on them.

        Returns:
          [B*S, H].
        """
        if self._by_heads:
            return self._one_by_one(x, kernel, bias, distances)
        width = kernel.shape.as_list()[0]
        project = self._by_three_products if self._apart else self._by_one_product
        query, key, value = project(x, kernel, bias)
        added = (None if distances is None
                 else relative_positions.scores(query, key, distances))
        if not self._is_training:
            context = attend(query, key, value, self._adder, added)
        else:
            rate = self._dropout_rate
            shape = [self._batch, self._num_heads, self._length, self._length]
            keep = dropout.keep(shape, rate) if rate else None
            context = attend_in_training(query, key, value, self._adder, keep, 1 - rate,
                                         added)
        return tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, width])

    def _by_one_product(self, x, kernel, bias):
        """Queries, keys and values, [B, N, S, D] each."""
        return tf.unstack(tf.transpose(self._projected(x, kernel, bias), [2, 0, 3, 1, 4]))

    def _by_three_products(self, x, kernel, bias):
        size = kernel.shape.as_list()[0] // self._num_heads
        shape = [self._batch, self._length, self._num_heads, size]
        return [tf.transpose(tf.reshape(layers.linear(x, *part), shape), [0, 2, 1, 3])
                for part in zip(tf.split(kernel, 3, axis=1), tf.split(bias, 3))]

    def _projected(self, x, kernel, bias):
        """Queries, keys and values: [B, S, 3, N, D]."""
        size = kernel.shape.as_list()[0] // self._num_heads
        return tf.reshape(layers.linear(x, kernel, bias),
                          [self._batch, self._length, 3, self._num_heads, size])

    def _one_by_one(self, x, kernel, bias, distances):
        """`__call__` for prediction on a CPU, one head after the other."""
        width = kernel.shape.as_list()[0]
        factor = query_factor(x.dtype, width // self._num_heads)
        factors = np.repeat([factor, 1, 1], width).astype(np.float32)
        projected = self._projected(x, kernel * factors, bias * factors)
        parts = tf.transpose(projected, [2, 3, 0, 1, 4])[:, :, :, None]  # [3, N, B, 1, S, D]
        queries, keys, values = map(tf.unstack, tf.unstack(parts))
        added = None if distances is None else [
            relative_positions.scores(query, key, distances, factor)
            for query, key in zip(queries, keys)]
        context = attend_by_heads(queries, keys, values, self._adder, added)
        return tf.reshape(context, [-1, width])


def attend(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, adder: tf.Tensor,
           added: Optional[tf.Tensor] = None, scale: Optional[float] = None) -> tf.Tensor:
    """softmax(query key^T / sqrt(D) + added + adder) value (Vaswani et al. 2017, section 3.2.1).

    Args:
      query, key, value: [B, N, S, D], of any of precisions.PRECISIONS.
      adder: [B, 1, 1, S] or [B, 1, S, S], of the same type; 0 where a position is attended to and
        very negative where not.
      added: [B, N, S, S], what else the scores are made of.
      scale: a factor in place of 1 / sqrt(D). Queries and keys may be wider than values then.

    Returns:
      [B, N, S, D].
    """
    return tf.matmul(_probabilities(query, key, adder, added, scale), value)


def attend_by_heads(queries: Sequence[tf.Tensor], keys: Sequence[tf.Tensor],
                    values: Sequence[tf.Tensor], adder: tf.Tensor,
                    added: Optional[Sequence[tf.Tensor]] = None) -> tf.Tensor:
    """`attend` for CPUs, one head after the other.

    The scores of one head of a few windows stay in the processor's cache from the product to the
    softmax to the next product. Those of all heads go through memory, which takes up to twice the
    time of it all.

    Args:
      queries, keys, values: N tensors [B, 1, S, D] each; the queries times `query_factor`.
      adder: as in `attend`.
      added: N tensors [B, 1, S, S].

    Returns:
      [B, 1, S, N * D].
    """
    heads = zip(queries, keys, values, added or [None] * len(queries))
    return tf.concat([_attend_on_cpu(query, key, value, adder, more)
                      for query, key, value, more in heads], axis=-1)


def query_factor(dtype: tf.DType, head_size: int) -> float:
    """Scale for the queries; folding it into the QKV kernel costs nothing."""
    return 1 / math.sqrt(head_size) if _columns_to_fill(dtype, head_size) else 1.0


def _columns_to_fill(dtype, head_size):
    """The columns that a bfloat16 query lacks for the processor's matrix unit to multiply it."""
    if dtype != tf.bfloat16 or runtime.TILE_DEPTH is None:
        return 0
    return max(runtime.TILE_DEPTH - head_size, 0)


def _attend_on_cpu(query, key, value, adder, added):
    others = _columns_to_fill(query.dtype, query.shape.as_list()[-1])
    if not others:
        return attend(query, key, value, adder, added)
    # The columns that are to be filled up anyway add the adder: once 1 times it, else 0 times 0.
    adder = tf.transpose(adder, [0, 1, 3, 2])  # [B, 1, S, 1]
    padding = [[0, 0], [0, 0], [0, 0], [0, others - 1]]
    query = tf.concat([query, tf.pad(tf.ones_like(adder), padding)], axis=-1)
    key = tf.concat([key, tf.pad(adder, padding)], axis=-1)
    scores = tf.matmul(query, key, transpose_b=True)
    return tf.matmul(tf.nn.softmax(scores if added is None else scores + added), value)


def attend_in_training(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, adder: tf.Tensor,
                       keep: Optional[tf.Tensor] = None, keep_prob: float = 1.0,
                       added: Optional[tf.Tensor] = None,
                       scale: Optional[float] = None) -> tf.Tensor:
    """`attend` with dropout of the probabilities and a gradient written by hand.

    The gradient that TensorFlow derives makes twelve passes over [B, N, S, S]; this one makes
    three. It keeps two such matrices per layer: the probabilities before and after dropout.

    Args:
      query, key, value, adder: as in `attend`. The adder gets no gradient.
      keep: bool [B, N, S, S], the probabilities that dropout keeps; None keeps all.
      keep_prob: their share.
      added, scale: as in `attend`.

    Returns:
      [B, N, S, D].
    """
    @tf.custom_gradient
    def attended(query, key, value, *added):
        probabilities = _probabilities(query, key, adder, added[0] if added else None, scale)
        kept = apply_keep_mask(probabilities, keep)
        # Dropout's factor is applied to the small matrix: it is the same for all.
        context = tf.matmul(kept, value) * (1.0 / keep_prob)

        def gradient(d_context):
            # With P the probabilities, M the mask divided by keep_prob, * element by element, O
            # the context and dO its gradient: the gradient of P is dP = M * (dO value^T), and that
            # of the scores is P * (dP - rowsum(P * dP)), in which rowsum(P * dP) equals
            # rowsum(O * dO), a sum over D terms in place of S.
            d_kept = d_context * (1.0 / keep_prob)
            row = tf.reduce_sum(context * d_context, axis=-1, keepdims=True)
            d_scores = kept * tf.matmul(d_kept, value, transpose_b=True) - probabilities * row
            factor = _scale(query, scale)
            d_query = tf.matmul(d_scores, key) * factor
            d_key = _transposed_product(d_scores, query * factor)
            gradients = (d_query, d_key, _transposed_product(kept, d_kept))
            return gradients + (d_scores,) if added else gradients

        return context, gradient

    return attended(query, key, value, *([] if added is None else [added]))


def _scale(query, scale):
    return 1.0 / math.sqrt(query.shape.as_list()[-1]) if scale is None else scale


def _probabilities(query, key, adder, added=None, scale=None):
    """The share of its attention that each position gives to each other one: [B, N, S, S]."""
    factor = _scale(query, scale)
    if runtime.FUSES_SCALED_PRODUCT:
        # Product, factor and mask become one kernel.
        scores = tf.matmul(query, key, transpose_b=True) * factor + adder
    else:
        scores = tf.matmul(query * factor, key, transpose_b=True) + adder
    if added is not None:
        scores += added
    if scores.dtype == tf.float16:
        # The CPU's kernel would sum in float16; those of bfloat16 sum in float32.
        return tf.cast(tf.nn.softmax(tf.cast(scores, tf.float32)), tf.float16)
    return tf.nn.softmax(scores)


def _transposed_product(x, y):
    """x^T y, of x [B, N, S, S] and y [B, N, S, D]."""
    # As (y^T x)^T the smaller matrix is transposed: three times as fast on TensorFlow 1.15's CPU.
    return tf.transpose(tf.matmul(y, x, transpose_a=True), [0, 1, 3, 2])
