"""The joint loss of bert_joint (Alberti, Lee and Collins 2019, section 3).

Notation: B batch, S sequence in wordpieces, C answer types.
"""
from bert_nq.estimator.model import Features, Logits
from bert_nq.modeling.runtime import tf


def joint_loss(logits: Logits, features: Features) -> tf.Tensor:
    """Mean of the cross entropies of start, end and answer type; scalar.

    The softmax of start and end goes over all S positions, padding included, as in the reference.
    """
    return (_cross_entropy(logits.start, features["start_positions"])
            + _cross_entropy(logits.end, features["end_positions"])
            + _cross_entropy(logits.answer_type, features["answer_types"])) / 3.0


def _cross_entropy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Mean over the batch of -log softmax(logits [B, C])[labels [B]]."""
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels,
                                                                         logits=logits))
