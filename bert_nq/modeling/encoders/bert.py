"""BERT's encoder (Devlin et al. 2018) with the variables of Google's checkpoints.

Notation: B batch, S sequence in wordpieces, H hidden size, N attention heads, D = H / N head size,
I intermediate size, V vocabulary. Activations are matrices [B*S, H] throughout: only attention
needs to know which row belongs to which sequence.
"""
from typing import NamedTuple, Optional, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.modeling import attention, layers, precisions, recomputing, runtime
from bert_nq.modeling.activations import activation
from bert_nq.modeling.dropout import Dropout
from bert_nq.modeling.encoders.bert_config import BertConfig
from bert_nq.modeling.runtime import tf

# Added to the attention scores of padding: its share of the softmax is then zero in float32.
MASKED_SCORE = -10000.0


def encode(config: BertConfig, input_ids: tf.Tensor, input_mask: tf.Tensor,
           segment_ids: tf.Tensor, is_training: bool, use_one_hot_embeddings: bool = False,
           seed: Optional[tf.Tensor] = None, scope: str = "bert", precision: str = "fp32",
           recompute: bool = False) -> Tuple[tf.Tensor, tf.Tensor]:
    """Builds the encoder; its variables, float32 whatever the precision, appear under `scope`.

    Args:
      config: sizes and rates.
      input_ids: int [B, S], wordpiece ids.
      input_mask: int [B, S], 1 for wordpieces and 0 for padding.
      segment_ids: int [B, S], below config.type_vocab_size.
      is_training: whether dropout is on and gradients will be taken.
      use_one_hot_embeddings: looks word embeddings up by a matrix product with one-hot rows, which
        is what TPUs do fast. Otherwise their gradient is a tf.IndexedSlices.
      seed: scalar int64, from which dropout's masks follow: another one for each step, device and
        pass. Needed in training, unless the config's rates are 0.
      scope: the variable scope.
      precision: what layers compute in, one of precisions.PRECISIONS.
      recompute: keeps for the backward pass only what goes into each layer, and computes the rest
        again: less memory, more time.

    Returns:
      sequence_output [B, S, H], the last layer, and pooled_output [B, H], the first wordpiece's
      vector after the pooler; both float32.

    Raises:
      UserError: the sequences are longer than the model has positions for, or the precision is not
        to be had.
    """
    batch, length = layers.sizes(input_ids)
    if isinstance(length, int) and length > config.max_position_embeddings:
        raise UserError("the sequences are %d wordpieces long, but the model's config has "
                        "max_position_embeddings %d: lower --max_seq_length"
                        % (length, config.max_position_embeddings))
    on_tpu = use_one_hot_embeddings  # which nothing else is for
    for_cpu = not (is_training or on_tpu) and runtime.on_cpu()
    dtype = precisions.dtype(precision, on_tpu)
    dropout = None
    if is_training and (config.hidden_dropout_prob or config.attention_probs_dropout_prob):
        dropout = Dropout(seed, bytewise=not on_tpu)
    with tf.variable_scope(scope):
        with tf.variable_scope("embeddings"):
            x = _embeddings(config, input_ids, segment_ids, use_one_hot_embeddings, dropout)
            x = tf.cast(x, dtype)
        with tf.variable_scope("encoder"):
            # [B, 1, 1, S], the same for every head and query.
            mask = tf.reshape(tf.cast(input_mask, tf.float32), [batch, 1, 1, length])
            adder = tf.cast((1.0 - mask) * MASKED_SCORE, dtype)
            for i in range(config.num_hidden_layers):
                with tf.variable_scope("layer_%d" % i):
                    weights = _layer_weights(config)
                    layer = _Layer(config, adder, batch, length, is_training, for_cpu, dropout,
                                   i + 1)
                    x = (recomputing.recomputed(layer) if recompute else layer)(x, *weights)
        sequence_output = tf.cast(tf.reshape(x, [batch, length, config.hidden_size]), tf.float32)
        with tf.variable_scope("pooler"):
            pooled_output = tf.tanh(layers.dense(sequence_output[:, 0], config.hidden_size,
                                                 config.initializer_range))
    return sequence_output, pooled_output


def _embeddings(config, input_ids, segment_ids, use_one_hot, dropout):
    """Word, position and segment embeddings, summed and normalised: [B*S, H]."""
    batch, length = layers.sizes(input_ids)
    width = config.hidden_size

    def table(name, rows):
        return tf.get_variable(name, [rows, width],
                               initializer=layers.initializer(config.initializer_range, name))

    words = table("word_embeddings", config.vocab_size)
    segments = table("token_type_embeddings", config.type_vocab_size)
    positions = table("position_embeddings", config.max_position_embeddings)
    ids = tf.reshape(input_ids, [-1])
    if use_one_hot:
        x = tf.matmul(tf.one_hot(ids, config.vocab_size), words)
    else:
        x = tf.gather(words, ids)
    # Segments are few: a product with one-hot rows has a dense gradient, as the reference's has.
    x += tf.matmul(tf.one_hot(tf.reshape(segment_ids, [-1]), config.type_vocab_size), segments)
    x = tf.reshape(x, [batch, length, width]) + positions[:length]
    gamma, beta = map(tf.convert_to_tensor, layers.layer_norm_variables(width))
    x = layers.layer_norm(tf.reshape(x, [-1, width]), gamma, beta)
    return x if dropout is None else dropout(x, config.hidden_dropout_prob)


class _LayerWeights(NamedTuple):
    """What one transformer layer has learnt."""
    qkv_kernel: tf.Tensor  # [H, 3H]: of queries, keys and values, which are one product
    qkv_bias: tf.Tensor  # [3H]
    attended_kernel: tf.Tensor  # [H, H]
    attended_bias: tf.Tensor
    attended_gamma: tf.Tensor
    attended_beta: tf.Tensor
    inner_kernel: tf.Tensor  # [H, I]
    inner_bias: tf.Tensor
    outer_kernel: tf.Tensor  # [I, H]
    outer_bias: tf.Tensor
    outer_gamma: tf.Tensor
    outer_beta: tf.Tensor


def _layer_weights(config):
    """The _LayerWeights of the current scope, as tensors."""
    stddev, width, inner_width = (config.initializer_range, config.hidden_size,
                                  config.intermediate_size)
    with tf.variable_scope("attention"):
        with tf.variable_scope("self"):
            kernels, biases = zip(*(layers.dense_variables(name, width, width, stddev)
                                    for name in ("query", "key", "value")))
        with tf.variable_scope("output"):
            attended = (layers.dense_variables("dense", width, width, stddev)
                        + layers.layer_norm_variables(width))
    with tf.variable_scope("intermediate"):
        inner = layers.dense_variables("dense", width, inner_width, stddev)
    with tf.variable_scope("output"):
        outer = (layers.dense_variables("dense", inner_width, width, stddev)
                 + layers.layer_norm_variables(width))
    return _LayerWeights(tf.concat(kernels, axis=1), tf.concat(biases, axis=0),
                         *map(tf.convert_to_tensor, attended + inner + outer))


class _Layer:
    """One transformer layer as a function of its input and its weights."""

    def __init__(self, config, adder, batch, length, is_training, for_cpu, dropout, number):
        self._config = config
        self._adder = adder
        self._sizes = batch, length
        self._is_training = is_training
        self._for_cpu = for_cpu
        self._dropout = dropout
        self._number = number

    def __call__(self, x, *weights):
        """x [B*S, H] and a _LayerWeights, piece by piece, to [B*S, H]."""
        w = _LayerWeights(*weights)
        # Anew at each call, for the same masks.
        dropout = None if self._dropout is None else self._dropout.of_layer(self._number)
        context = self._self_attention(x, w, dropout)
        attended = layers.linear(context, w.attended_kernel, w.attended_bias)
        x = self._add_and_normalise(x, attended, w.attended_gamma, w.attended_beta, dropout)
        inner = layers.linear(x, w.inner_kernel, w.inner_bias)
        inner = activation(self._config.hidden_act, self._is_training)(inner)
        outer = layers.linear(inner, w.outer_kernel, w.outer_bias)
        return self._add_and_normalise(x, outer, w.outer_gamma, w.outer_beta, dropout)

    def _add_and_normalise(self, x, change, gamma, beta, dropout):
        if dropout is not None:
            change = dropout(change, self._config.hidden_dropout_prob)
        normalise = layers.layer_norm_on_cpu if self._for_cpu else layers.layer_norm
        return normalise(x + change, gamma, beta)

    def _self_attention(self, x, w, dropout):
        """What every row of x [B*S, H] gathers from its sequence, before the output layer."""
        config = self._config
        batch, length = self._sizes
        heads = config.num_attention_heads
        kernel, bias = w.qkv_kernel, w.qkv_bias
        if self._for_cpu:
            factor = attention.query_factor(x.dtype, config.head_size)
            factors = np.repeat([factor, 1, 1], config.hidden_size).astype(np.float32)
            kernel, bias = kernel * factors, bias * factors
        projected = layers.linear(x, kernel, bias)  # [B*S, 3H]
        projected = tf.reshape(projected, [batch, length, 3, heads, config.head_size])
        if self._for_cpu:
            parts = tf.transpose(projected, [2, 3, 0, 1, 4])[:, :, :, None]  # [3, N, B, 1, S, D]
            context = attention.attend_by_heads(*map(tf.unstack, tf.unstack(parts)), self._adder)
            return tf.reshape(context, [-1, config.hidden_size])
        query, key, value = tf.unstack(tf.transpose(projected, [2, 0, 3, 1, 4]))  # [B, N, S, D]
        if not self._is_training:
            context = attention.attend(query, key, value, self._adder)
        else:
            rate = config.attention_probs_dropout_prob
            keep = dropout.keep([batch, heads, length, length], rate) if rate else None
            context = attention.attend_in_training(query, key, value, self._adder, keep, 1 - rate)
        return tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, config.hidden_size])
