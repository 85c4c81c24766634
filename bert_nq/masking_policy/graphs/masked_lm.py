"""The head that guesses masked pieces (Devlin et al. 2019), with variables of Google's names.

Notation: B blocks, S positions, P of them to guess, H hidden size, E width of embeddings,
V vocabulary.
"""
from typing import Any

from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints, layers
from bert_nq.modeling.activations import activation
from bert_nq.modeling.runtime import tf

SCOPE = "cls/predictions"
_TABLE = "embeddings/word_embeddings"


def logits(sequence: tf.Tensor, positions: tf.Tensor, config: Any) -> tf.Tensor:
    """The logits of the pieces at some positions: [B*P, V].

    The last product is with the encoder's own embeddings.

    Args:
      sequence: float32 [B, S, H], of an encoder that is in the graph.
      positions: int32 [B, P].
      config: the encoder's.

    Raises:
      UserError: the encoder has no such embeddings.
    """
    batch, length = layers.sizes(sequence)[:2]
    flat = tf.reshape(positions + length * tf.range(batch)[:, None], [-1])
    x = tf.gather(tf.reshape(sequence, [-1, config.hidden_size]), flat)  # [B*P, H]
    table = _embeddings(config)
    with tf.variable_scope(SCOPE):
        with tf.variable_scope("transform"):
            x = layers.dense(x, config.embedding_width, config.initializer_range)
            x = activation(config.hidden_act, is_training=True)(x)
            x = layers.layer_norm(x, *map(tf.convert_to_tensor, layers.layer_norm_variables(
                config.embedding_width)))
        bias = tf.get_variable("output_bias", [config.vocab_size],
                               initializer=tf.zeros_initializer())
    return tf.nn.bias_add(tf.matmul(x, table, transpose_b=True), bias)


def _embeddings(config: Any) -> tf.Variable:
    found = [v for v in tf.trainable_variables() if checkpoints.name_of(v).endswith(_TABLE)]
    if len(found) != 1:
        raise UserError("the encoder %s has no masked language model here" % config.encoder)
    return found[0]


def loss(logits: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The mean cross entropy of the masked pieces, scalar.

    Args:
      logits: [B*P, V].
      labels: int32 [B, P], what was there.
      weights: float32 [B, P], 1 for a masked piece and 0 behind the last one of a block.
    """
    weights = tf.reshape(weights, [-1])
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels=tf.reshape(labels, [-1]), logits=logits)
    return tf.reduce_sum(weights * each) / tf.reduce_sum(weights)
