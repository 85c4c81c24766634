"""The joint loss of bert_joint (Alberti, Lee and Collins 2019, section 3).

Notation: B batch, S sequence in wordpieces, C answer types.
"""
from typing import Dict, Tuple

from bert_nq.estimator.model import Features, Logits
from bert_nq.modeling.runtime import tf


def joint_loss(logits: Logits, features: Features) -> Tuple[tf.Tensor, Dict[str, tf.Tensor]]:
    """The mean of the cross entropies of start, end and answer type; and what is told of them.

    The softmax of start and end goes over all S positions, padding included, as in the reference.

    Args:
      logits: of B windows.
      features: of the same; `start_positions`, `end_positions` and `answer_types`, int [B], count.

    Returns:
      The loss, scalar, and the scalars start_loss, end_loss, type_loss, whose mean it is, and
      start_accuracy, end_accuracy, type_accuracy: the shares of the windows in which the label has
      the highest logit.
    """
    losses, accuracies = {}, {}
    for name, scores, labels in (("start", logits.start, features["start_positions"]),
                                 ("end", logits.end, features["end_positions"]),
                                 ("type", logits.answer_type, features["answer_types"])):
        losses[name + "_loss"] = _cross_entropy(scores, labels)
        accuracies[name + "_accuracy"] = _accuracy(scores, labels)
    return tf.add_n(list(losses.values())) / 3.0, dict(losses, **accuracies)


def _cross_entropy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Mean over the batch of -log softmax(logits [B, C])[labels [B]]."""
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels,
                                                                         logits=logits))


def _accuracy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """The share of the rows of logits [B, C] whose (first) largest is the labelled one."""
    best = tf.argmax(logits, axis=1, output_type=labels.dtype)
    return tf.reduce_mean(tf.cast(tf.equal(best, labels), tf.float32))
