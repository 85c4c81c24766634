"""The spans and positions of each window: the best ones, and choices among all.

Notation: B batch, S sequence in wordpieces, L wordpieces of the longest span, K spans, P positions.
"""
from typing import Dict, Mapping, Sequence

from bert_nq.modeling.heads import Distribution
from bert_nq.modeling.heads.outputs import NO_SPAN
from bert_nq.modeling.runtime import tf


def top_spans(start_logits: tf.Tensor, end_logits: tf.Tensor, allowed: tf.Tensor, num_spans: int,
              max_length: int) -> Sequence[tf.Tensor]:
    """The best spans of each window, all pairs of positions considered.

    Args:
      start_logits, end_logits: [B, S].
      allowed: bool [B, S], where a span may start and end.
      num_spans: K.
      max_length: L, both ends counted.

    Returns:
      scores [B, K], NO_SPAN where there are fewer; starts and ends int32 [B, K], 0 there.
    """
    length = tf.shape(start_logits)[1]
    starts = where(allowed, start_logits, NO_SPAN)
    ends = where(allowed, end_logits, NO_SPAN)
    ends = tf.pad(ends, [[0, 0], [0, max_length - 1]], constant_values=NO_SPAN)
    # [B, S, L]: element l of row s is the span of pieces s to s + l.
    scores = starts[:, :, None] + tf.stack(
        [ends[:, i:i + length] for i in range(max_length)], axis=2)
    # Row by row, so that of equal scores the earliest start comes first, then the shortest span.
    scores = tf.reshape(scores, [-1, length * max_length])
    scores = tf.pad(scores, [[0, 0], [0, num_spans]], constant_values=NO_SPAN)
    scores, places = tf.nn.top_k(scores, num_spans)
    is_span = scores > NO_SPAN / 2
    first = places // max_length
    last = first + places % max_length
    return where(is_span, scores, NO_SPAN), where(is_span, first, 0), where(is_span, last, 0)


def top_positions(logits: tf.Tensor, n: int) -> Sequence[tf.Tensor]:
    """The n largest logits of each row and their positions, fewer of shorter rows: [B, P] each."""
    return tf.nn.top_k(logits, tf.minimum(n, tf.shape(logits)[1]))


def distributions(start_logits: tf.Tensor, end_logits: tf.Tensor,
                  features: Mapping[str, tf.Tensor]) -> Dict[str, Distribution]:
    """The choices of a start and of an end among the positions of each window.

    Args:
      start_logits, end_logits: [B, S].
      features: of the windows; what `input_mask` [B, S] marks is no padding.
    """
    is_piece = tf.cast(features["input_mask"], tf.bool)
    return {"start": Distribution(start_logits, is_piece),
            "end": Distribution(end_logits, is_piece)}


def at(x: tf.Tensor, positions: tf.Tensor) -> tf.Tensor:
    """What x has at a position of each row: [B] of x [B, S], [B, H] of x [B, S, H].

    A sum with one-hot weights, which is exact, and whose gradient is dense and made without
    scattering: TPUs and XLA do it fast.
    """
    weights = tf.one_hot(positions, tf.shape(x)[1], dtype=x.dtype)
    return tf.reduce_sum(x * (weights if x.shape.ndims == 2 else weights[:, :, None]), axis=1)


def log_z(logits: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """log of the sum of exp(logits) over the pieces of each window: [B]."""
    return tf.reduce_logsumexp(where(tf.cast(mask, tf.bool), logits, NO_SPAN), axis=1)


def where(condition: tf.Tensor, x: tf.Tensor, otherwise: float) -> tf.Tensor:
    """x where the condition holds, elsewhere a number."""
    return tf.where_v2(condition, x, tf.constant(otherwise, x.dtype))
