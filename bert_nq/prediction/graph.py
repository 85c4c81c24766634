"""The model's graph for prediction: from a batch of windows to what `WindowOutputs` holds of them.

Notation: B batch, S sequence in wordpieces, L wordpieces of the longest span, K spans, P positions.
"""
from typing import Dict, Sequence

from bert_nq.decoding.outputs import NO_SPAN, OutputOptions, WindowOutputs
from bert_nq.estimator.model import Features, Logits
from bert_nq.modeling.runtime import tf


def averaged(logits: Sequence[Logits], weights: Sequence[float]) -> Logits:
    """The weighted mean of the logits of several models of one vocabulary."""
    total = sum(weights)
    shares = [weight / total for weight in weights]
    return Logits(*(tf.add_n([share * tensor for share, tensor in zip(shares, tensors)])
                    for tensors in zip(*logits)))


def window_outputs(logits: Logits, features: Features,
                   options: OutputOptions) -> Dict[str, tf.Tensor]:
    """The tensors of a WindowOutputs, by the names of its fields."""
    mask, segments = features["input_mask"], features["segment_ids"]
    # Without the [SEP] at its end, which is followed by padding or by nothing.
    document = segments * tf.pad(segments[:, 1:], [[0, 0], [0, 1]])
    scores, starts, ends = top_spans(logits.start, logits.end, tf.cast(document, tf.bool),
                                     options.num_spans, options.max_answer_length)
    start_logits, start_positions = _top_positions(logits.start, options.num_positions)
    end_logits, end_positions = _top_positions(logits.end, options.num_positions)
    return WindowOutputs(
        scores, starts, ends, logits.start[:, 0] + logits.end[:, 0],
        _log_z(logits.start, mask), _log_z(logits.end, mask), logits.answer_type,
        start_logits, start_positions, end_logits, end_positions)._asdict()


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
    starts = _where(allowed, start_logits, NO_SPAN)
    ends = _where(allowed, end_logits, NO_SPAN)
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
    return _where(is_span, scores, NO_SPAN), _where(is_span, first, 0), _where(is_span, last, 0)


def _where(condition: tf.Tensor, x: tf.Tensor, otherwise: float) -> tf.Tensor:
    """x where the condition holds."""
    return tf.where_v2(condition, x, tf.constant(otherwise, x.dtype))


def _top_positions(logits: tf.Tensor, n: int) -> Sequence[tf.Tensor]:
    """The n largest logits of each row but position 0, and their positions: [B, P] each."""
    # A window shorter than n has them all.
    values, positions = tf.nn.top_k(logits[:, 1:], tf.minimum(n, tf.shape(logits)[1] - 1))
    return values, positions + 1


def _log_z(logits: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """log of the sum of exp(logits) over the pieces of each window: [B]."""
    return tf.reduce_logsumexp(_where(tf.cast(mask, tf.bool), logits, NO_SPAN), axis=1)
