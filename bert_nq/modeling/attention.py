"""Multi-head attention, whose [S, S] matrices are most of what a layer moves through memory.

Notation: B batch, N heads, S sequence, D head size.
"""
import math
from typing import Optional, Sequence

from bert_nq.modeling import runtime
from bert_nq.modeling.dropout import spared
from bert_nq.modeling.runtime import tf


def attend(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, adder: tf.Tensor) -> tf.Tensor:
    """softmax(query key^T / sqrt(D) + adder) value (Vaswani et al. 2017, section 3.2.1).

    Args:
      query, key, value: [B, N, S, D], of any of precisions.PRECISIONS.
      adder: [B, 1, 1, S], of the same type; 0 where a position is attended to and very negative
        where not.

    Returns:
      [B, N, S, D].
    """
    return tf.matmul(_probabilities(query, key, adder), value)


def attend_by_heads(queries: Sequence[tf.Tensor], keys: Sequence[tf.Tensor],
                    values: Sequence[tf.Tensor], adder: tf.Tensor) -> tf.Tensor:
    """`attend` for CPUs, one head after the other.

    The scores of one head of a few windows stay in the processor's cache from the product to the
    softmax to the next product. Those of all heads go through memory, which takes up to twice the
    time of it all.

    Args:
      queries, keys, values: N tensors [B, 1, S, D] each.
      adder: as in `attend`.

    Returns:
      [B, 1, S, N * D].
    """
    return tf.concat([_attend_on_cpu(*head, adder) for head in zip(queries, keys, values)], axis=-1)


def _attend_on_cpu(query, key, value, adder):
    others = (runtime.TILE_DEPTH or 0) - query.shape.as_list()[-1]
    if query.dtype != tf.bfloat16 or others <= 0:
        return attend(query, key, value, adder)
    # The columns that are to be filled up anyway add the adder: once 1 times it, else 0 times 0.
    adder = tf.transpose(adder, [0, 1, 3, 2])  # [B, 1, S, 1]
    padding = [[0, 0], [0, 0], [0, 0], [0, others - 1]]
    query = tf.concat([query * _scale(query), tf.pad(tf.ones_like(adder), padding)], axis=-1)
    key = tf.concat([key, tf.pad(adder, padding)], axis=-1)
    return tf.matmul(tf.nn.softmax(tf.matmul(query, key, transpose_b=True)), value)


def attend_in_training(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, adder: tf.Tensor,
                       keep: Optional[tf.Tensor] = None, keep_prob: float = 1.0) -> tf.Tensor:
    """`attend` with dropout of the probabilities and a gradient written by hand.

    The gradient that TensorFlow derives makes twelve passes over [B, N, S, S]; this one makes
    three. It keeps two such matrices per layer: the probabilities, and those that were spared.

    Args:
      query, key, value, adder: as in `attend`. The adder gets no gradient.
      keep: bool [B, N, S, S], the probabilities that dropout spares; None spares all.
      keep_prob: the share of those.

    Returns:
      [B, N, S, D].
    """
    @tf.custom_gradient
    def attended(query, key, value):
        probabilities = _probabilities(query, key, adder)
        kept = spared(probabilities, keep)
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
            scale = _scale(query)
            d_query = tf.matmul(d_scores, key) * scale
            d_key = _transposed_product(d_scores, query * scale)
            return d_query, d_key, _transposed_product(kept, d_kept)

        return context, gradient

    return attended(query, key, value)


def _scale(query):
    return 1.0 / math.sqrt(query.shape.as_list()[-1])


def _probabilities(query, key, adder):
    """How much each position attends to each other one: [B, N, S, S]."""
    if runtime.FUSES_SCALED_PRODUCT:
        # Product, factor and mask become one kernel.
        scores = tf.matmul(query, key, transpose_b=True) * _scale(query) + adder
    else:
        scores = tf.matmul(query * _scale(query), key, transpose_b=True) + adder
    if scores.dtype == tf.float16:
        # The CPU's kernel would sum in float16; those of bfloat16 sum in float32.
        return tf.cast(tf.nn.softmax(tf.cast(scores, tf.float32)), tf.float16)
    return tf.nn.softmax(scores)


def _transposed_product(x, y):
    """x^T y, of x [B, N, S, S] and y [B, N, S, D]."""
    # As (y^T x)^T the smaller matrix is transposed: three times as fast on TensorFlow 1.15's CPU.
    return tf.transpose(tf.matmul(y, x, transpose_a=True), [0, 1, 3, 2])
