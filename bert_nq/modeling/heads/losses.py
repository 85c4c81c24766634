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


def sum_of_choices(choices: Mapping[str, Tuple[tf.Tensor, tf.Tensor]]
                   ) -> Tuple[tf.Tensor, Dict[str, tf.Tensor]]:
    """The sum of the cross entropies of several choices, of which each row may lack some.

    Args:
      choices: name to logits [B, C] and labels int [B], -1 in rows that have no part in it.

    Returns:
      The loss, scalar; and scalars: NAME_loss of each choice, the mean over its rows, and
      NAME_accuracy, the share of them in which the label has the highest logit. Both are 0 where
      there are no such rows.
    """
    losses, accuracies = {}, {}
    for name, (logits, labels) in choices.items():
        counts = labels >= 0
        safe = tf.maximum(labels, 0)
        losses[name + "_loss"] = _mean_where(
            counts, tf.nn.sparse_softmax_cross_entropy_with_logits(labels=safe, logits=logits))
        accuracies[name + "_accuracy"] = _mean_where(counts, _is_right(logits, safe))
    return tf.add_n(list(losses.values())), dict(losses, **accuracies)


def _mean_where(counts: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """The mean of the values float [B] of the rows that count, bool [B]; 0 where none does."""
    weights = tf.cast(counts, values.dtype)
    return tf.reduce_sum(weights * values) / tf.maximum(tf.reduce_sum(weights), 1.0)


def cross_entropy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Mean over the batch of -log softmax(logits [B, C])[labels [B]]."""
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels,
                                                                         logits=logits))


def accuracy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """The share of the rows of logits [B, C] whose (first) largest is the labelled one."""
    return tf.reduce_mean(_is_right(logits, labels))


def _is_right(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """float32 [B]: 1 where the (first) largest of the logits [B, C] is the labelled one."""
    best = tf.argmax(logits, axis=1, output_type=labels.dtype)
    return tf.cast(tf.equal(best, labels), tf.float32)
