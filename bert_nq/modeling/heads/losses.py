"""Losses of choices among positions or classes.

Notation: B batch, C choices.
"""
from typing import Dict, Mapping, Tuple

from bert_nq.modeling.runtime import tf


def mean_of_choices(choices: Mapping[str, Tuple[tf.Tensor, tf.Tensor]]
                    ) -> Tuple[tf.Tensor, Dict[str, tf.Tensor]]:
    """The mean of the cross entropies of several choices, and what is told of them.

    Args:
      choices: name to logits [B, C] and labels int [B].

    Returns:
      The loss, scalar; and scalars: NAME_loss of each choice, whose mean it is, and NAME_accuracy,
      the share of the rows in which the label has the highest logit.
    """
    losses, accuracies = {}, {}
    for name, (logits, labels) in choices.items():
        losses[name + "_loss"] = cross_entropy(logits, labels)
        accuracies[name + "_accuracy"] = accuracy(logits, labels)
    return tf.add_n(list(losses.values())) / float(len(losses)), dict(losses, **accuracies)


def cross_entropy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Mean over the batch of -log softmax(logits [B, C])[labels [B]]."""
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels,
                                                                         logits=logits))


def accuracy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """The share of the rows of logits [B, C] whose (first) largest is the labelled one."""
    best = tf.argmax(logits, axis=1, output_type=labels.dtype)
    return tf.reduce_mean(tf.cast(tf.equal(best, labels), tf.float32))
