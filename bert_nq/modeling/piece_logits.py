"""Logits of pieces, tied to the word embeddings (Devlin et al. 2019, section 3.1; google-research's
run_pretraining.get_masked_lm_output).

Notation: M vectors, H hidden size, E width of the embeddings, V pieces of the vocabulary.
"""
from typing import Any, Callable

from bert_nq.modeling import layers, precisions
from bert_nq.modeling.activations import activation
from bert_nq.modeling.encoders import Pass, PieceLayers
from bert_nq.modeling.runtime import tf


def tied(names: PieceLayers, config: Any, words: tf.Tensor,
         pass_: Pass) -> Callable[[tf.Tensor], tf.Tensor]:
    """The function from vectors [M, H] to logits [M, V], float32.

    Args:
      names: of the layers' variables, and whether there is a transform.
      config: the encoder's; of the transform, whose activation is that of the encoder's layers.
      words: the embeddings [V, E], which are the kernel of the last layer.
      pass_: what the pass is for; the products are computed in its precision.
    """
    def logits(x: tf.Tensor) -> tf.Tensor:
        num_pieces, width = words.shape.as_list()
        x = tf.cast(x, precisions.dtype(pass_.precision, pass_.use_tpu))
        if names.transform is not None:
            with tf.variable_scope(names.transform):
                x = layers.dense(x, width, config.initializer_range)
                x = activation(config.hidden_act, pass_.is_training)(x)
                gamma, beta = map(tf.convert_to_tensor, layers.layer_norm_variables(width))
                x = layers.layer_norm(x, gamma, beta)
        bias = tf.get_variable(names.bias, [num_pieces], initializer=tf.zeros_initializer())
        product = tf.matmul(x, tf.cast(words, x.dtype), transpose_b=True)
        return tf.nn.bias_add(tf.cast(product, tf.float32), bias)

    return logits
