"""Multi-head attention, whose [S, S] matrices are most of what a layer moves through memory.

Notation: B batch, N heads, S sequence, D head size.
"""
import math
from typing import Optional

from bert_nq.modeling import runtime
from bert_nq.modeling.runtime import tf


def attend(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, adder: tf.Tensor) -> tf.Tensor:
    """softmax(query key^T / sqrt(D) + adder) value (Vaswani et al. 2017, section 3.2.1).

    Args:
      query, key, value: [B, N, S, D].
      adder: [B, 1, 1, S], 0 where a position is attended to and very negative where not.

    Returns:
      [B, N, S, D].
    """
    return tf.matmul(_probabilities(query, key, adder), value)


def attend_in_training(query: tf.Tensor, key: tf.Tensor, value: tf.Tensor, adder: tf.Tensor,
                       keep: Optional[tf.Tensor] = None, keep_prob: float = 1.0) -> tf.Tensor:
    """`attend` with dropout of the probabilities and a gradient written by hand.

    The gradient that TensorFlow derives makes twelve passes over [B, N, S, S]; this one makes four.
    It keeps two such matrices per layer: the probabilities and the mask, a byte each.

    Args:
      query, key, value, adder: as in `attend`. The adder gets no gradient.
      keep: bool [B, N, S, S], the probabilities that dropout spares; None spares all.
      keep_prob: the share of those.

    Returns:
      [B, N, S, D].
    """
    scale = 1.0 / math.sqrt(query.shape.as_list()[-1])

    def spared(x):
        return x if keep is None else tf.where(keep, x, tf.zeros_like(x))

    @tf.custom_gradient
    def attended(query, key, value):
        probabilities = _probabilities(query, key, adder)
        # Dropout's factor is applied to the small matrix: it is the same for all.
        context = tf.matmul(spared(probabilities), value) * (1.0 / keep_prob)

        def gradient(d_context):
            # With P the probabilities, M the mask divided by keep_prob, * element by element, O
            # the context and dO its gradient: the gradient of P is dP = M * (dO value^T), and that
            # of the scores is P * (dP - rowsum(P * dP)), in which rowsum(P * dP) equals
            # rowsum(O * dO), a sum over D terms in place of S.
            d_kept = d_context * (1.0 / keep_prob)
            d_value = tf.matmul(spared(probabilities), d_kept, transpose_a=True)
            row = tf.reduce_sum(context * d_context, axis=-1, keepdims=True)
            d_scores = probabilities * (spared(tf.matmul(d_kept, value, transpose_b=True)) - row)
            d_query = tf.matmul(d_scores, key) * scale
            d_key = tf.matmul(d_scores, query * scale, transpose_a=True)
            return d_query, d_key, d_value

        return context, gradient

    return attended(query, key, value)


def _probabilities(query, key, adder):
    """How much each position attends to each other one: [B, N, S, S]."""
    scale = 1.0 / math.sqrt(query.shape.as_list()[-1])
    if runtime.FUSES_SCALED_PRODUCT:
        # Product, factor and mask become one kernel.
        scores = tf.matmul(query, key, transpose_b=True) * scale + tf.cast(adder, query.dtype)
    else:
        scores = tf.matmul(query * scale, key, transpose_b=True) + tf.cast(adder, query.dtype)
    return tf.cast(tf.nn.softmax(tf.cast(scores, tf.float32)), query.dtype)
