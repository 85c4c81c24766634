"""Logits over positions, and over classes, of an encoder's vectors.

Notation: B batch, S sequence, H hidden size, C classes. Variables keep the names they are given,
whatever the scope, and are kept as [C, H], the transpose of a dense layer's kernel, as in Google's
fine-tuning scripts.
"""
from typing import Tuple

from bert_nq.modeling import layers
from bert_nq.modeling.runtime import tf

# Weights of heads start from this standard deviation, whatever the encoder's config says.
HEAD_STDDEV = 0.02


def span_logits(sequence_output: tf.Tensor, weights_name: str,
                bias_name: str) -> Tuple[tf.Tensor, tf.Tensor]:
    """Start and end logits [B, S] each, for sequence_output [B, S, H].

    Row 0 of the weights [2, H] scores a wordpiece as a span's first, row 1 as its last.
    """
    width = sequence_output.shape.as_list()[-1]
    logits = _logits(tf.reshape(sequence_output, [-1, width]), 2, weights_name, bias_name)
    logits = tf.reshape(tf.transpose(logits), [2, -1, tf.shape(sequence_output)[1]])
    logits.set_shape([2] + sequence_output.shape.as_list()[:2])
    start, end = tf.unstack(logits)
    return start, end


def class_logits(pooled_output: tf.Tensor, n_classes: int, weights_name: str,
                 bias_name: str) -> tf.Tensor:
    """Logits [B, C] for pooled_output [B, H]."""
    return _logits(pooled_output, n_classes, weights_name, bias_name)


def _logits(x: tf.Tensor, n_classes: int, weights_name: str, bias_name: str) -> tf.Tensor:
    """x [R, H] times the variable weights [C, H] plus bias [C]: [R, C]."""
    weights = tf.get_variable(weights_name, [n_classes, x.shape.as_list()[-1]],
                              initializer=layers.initializer(HEAD_STDDEV, weights_name))
    bias = tf.get_variable(bias_name, [n_classes], initializer=tf.zeros_initializer())
    return tf.nn.bias_add(tf.matmul(x, weights, transpose_b=True), bias)
