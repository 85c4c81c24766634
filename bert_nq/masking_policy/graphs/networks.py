"""The policy network and the value network, on a language model's states.

Notation: B blocks, S positions with padding, H width of the language model, N attention heads.
"""
from typing import NamedTuple

from bert_nq.modeling import activations, layers
from bert_nq.modeling.attention import SelfAttention
from bert_nq.modeling.runtime import tf

HIDDEN = 128  # units between the states and a number, in both networks
_STDDEV = 0.02  # from which weights start
SCOPE = "masking_policy"


class Outputs(NamedTuple):
    """Both networks' outputs of B blocks."""
    log_probs: tf.Tensor  # [B, S], log-softmax over the maskable positions; -inf at the others
    values: tf.Tensor  # [B], the reward that is expected


def build(states: tf.Tensor, is_real: tf.Tensor, is_maskable: tf.Tensor,
          num_heads: int) -> Outputs:
    """Both networks; their variables, the same at each call, appear under masking_policy/.

    Padding and special tokens are told by their positions. (The source takes logits of exactly 0
    for padding, so that a token with this logit could not be chosen, and padding with another
    could.)

    Args:
      states: float32 [B, S, H], with H known.
      is_real: bool [B, S], all but padding.
      is_maskable: bool [B, S], at least one in each block.
      num_heads: N, which divides H.
    """
    with tf.variable_scope(SCOPE, reuse=tf.AUTO_REUSE):
        return Outputs(_log_softmax(_logits(states, is_real, num_heads), is_maskable),
                       _values(states, is_real))


def _logits(states: tf.Tensor, is_real: tf.Tensor, num_heads: int) -> tf.Tensor:
    """A block of BERT's self-attention, and two layers: [B, S]."""
    batch, length = layers.sizes(is_real)
    width = states.shape.as_list()[-1]
    x = tf.reshape(states, [-1, width])  # [B*S, H]
    with tf.variable_scope("policy"):
        with tf.variable_scope("attention/self"):
            kernels, biases = zip(*(layers.dense_variables(name, width, width, _STDDEV)
                                    for name in ("query", "key", "value")))
        attention = SelfAttention(is_real, num_heads, tf.float32, is_training=True,
                                  dropout_rate=0.0, by_heads=False)
        context = attention(x, tf.concat(kernels, axis=1), tf.concat(biases, axis=0))
        with tf.variable_scope("attention/output"):
            attended = layers.dense(context, width, _STDDEV)
            gamma, beta = map(tf.convert_to_tensor, layers.layer_norm_variables(width))
        x = layers.layer_norm(x + attended, gamma, beta)
        return tf.reshape(_two_layers(x), [batch, length])


def _values(states: tf.Tensor, is_real: tf.Tensor) -> tf.Tensor:
    """The mean of the states themselves over real positions, and two layers: [B]."""
    weights = tf.cast(is_real, tf.float32)
    total = tf.reduce_sum(states * weights[:, :, None], axis=1)
    mean = total / tf.reduce_sum(weights, axis=1, keepdims=True)
    with tf.variable_scope("value"):
        return tf.reshape(_two_layers(mean), [-1])


def _two_layers(x: tf.Tensor) -> tf.Tensor:
    """x [R, H] to HIDDEN units, exact GELU, to one number: [R, 1]."""
    gelu = activations.activation("gelu_erf", is_training=True)
    hidden = gelu(layers.dense(x, HIDDEN, _STDDEV, "hidden"))
    return layers.dense(hidden, 1, _STDDEV, "output")


def _log_softmax(logits: tf.Tensor, is_maskable: tf.Tensor) -> tf.Tensor:
    never = tf.fill(tf.shape(logits), tf.constant(float("-inf")))
    log_z = tf.reduce_logsumexp(tf.where(is_maskable, logits, never), axis=1, keepdims=True)
    return tf.where(is_maskable, logits - log_z, never)


def entropies(log_probs: tf.Tensor, is_maskable: tf.Tensor) -> tf.Tensor:
    """The sum of -p log p over the maskable positions of each block: [B]."""
    # 0 * -inf is no number, and neither is its gradient: taken out before the product.
    safe = tf.where(is_maskable, log_probs, tf.zeros_like(log_probs))
    p = tf.where(is_maskable, tf.exp(safe), tf.zeros_like(safe))
    return -tf.reduce_sum(p * safe, axis=1)
