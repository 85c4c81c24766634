"""XLNet's layers (Yang et al. 2019) as they are fine-tuned: one stream, no memory.

Variables have the names that they have in Google's checkpoints, under model/transformer.

Notation: B batch, S sequence in pieces, H = d_model, N = n_head, D = d_head, I = d_inner.
Activations are matrices [B*S, H] throughout, as BERT's are.
"""
from typing import Mapping, NamedTuple

import numpy as np

from bert_nq.modeling import dropout as dropouts
from bert_nq.modeling import layers, precisions, recomputing
from bert_nq.modeling.activations import activation
from bert_nq.modeling.encoders import Encoded, Pass, xlnet_names
from bert_nq.modeling.encoders.xlnet_config import XLNetConfig
from bert_nq.modeling.relative_attention import RelativeAttention, Terms
from bert_nq.modeling.runtime import tf


def encode(config: XLNetConfig, features: Mapping[str, tf.Tensor], pass_: Pass) -> Encoded:
    """Builds the encoder; its variables, float32 whatever the precision, are Google's.

    Args:
      config: sizes and rates.
      features: int [B, S] each: `input_ids`; `input_mask`, 1 for pieces and 0 for padding; and
        `segment_ids`, of which only it counts whether they are equal, all below
        relative_attention.MOST_SEGMENTS.
      pass_: what the pass is for.

    Returns:
      The last layer, and where it is asked for, the embeddings and every layer. There is no pooler.

    Raises:
      UserError: the precision is not to be had.
    """
    batch, length = layers.sizes(features["input_ids"])
    dtype = precisions.dtype(pass_.precision, pass_.use_tpu)
    dropout = dropouts.of_pass(config, pass_)
    with tf.variable_scope(xlnet_names.SCOPE):
        table, words = _words(config, features["input_ids"], pass_.use_tpu)
        places = position_encodings(length, config.d_model)
        x, places = (tf.cast(y if dropout is None else dropout(y, config.hidden_dropout_prob),
                             dtype) for y in (words, places))
        attention = RelativeAttention(
            features["input_mask"], features["segment_ids"], places, config.n_head, config.d_head,
            pass_.is_training, config.attention_probs_dropout_prob,
            by_heads=layers.for_cpu(pass_))
        terms, every = _terms(config), [x]
        for i in range(config.n_layer):
            with tf.variable_scope("layer_%d" % i):
                weights = _layer_weights(config) + tuple(term[i] for term in terms)
            layer = _Layer(config, attention, layers.normaliser(pass_), pass_.is_training,
                           dropout, i + 1)
            x = (recomputing.recomputed(layer) if pass_.recompute else layer)(x, *weights)
            every.append(x)

    def by_sequence(x):
        return tf.cast(tf.reshape(x, [batch, length, config.d_model]), tf.float32)

    last = x if dropout is None else dropout.of_layer(config.n_layer + 1)(
        x, config.hidden_dropout_prob)
    return Encoded(by_sequence(last), None,
                   tuple(map(by_sequence, every)) if pass_.all_layers else (), table)


def position_encodings(length, width: int) -> tf.Tensor:
    """Sines, then cosines, of the distances S - 1 down to -S: [2S, H].

    Frequencies are 10000^(-2k/H) (Dai et al. 2019, section 3.3, in the order of Google's code).

    Args:
      length: S, an integer or a scalar tensor.
      width: H, even.
    """
    frequencies = 10000.0 ** (-np.arange(0, width, 2) / float(width))
    distances = tf.cast(tf.range(length - 1, -length - 1, -1), tf.float32)
    angles = distances[:, None] * tf.constant(frequencies[None], tf.float32)
    return tf.concat([tf.sin(angles), tf.cos(angles)], axis=1)


def _variable(config, name, shape):
    return tf.get_variable(name, shape,
                           initializer=layers.initializer(config.initializer_range, name))


def _words(config, ids, one_hot):
    """The embeddings of the vocabulary [V, H], and of the pieces [B*S, H]."""
    with tf.variable_scope("mask_emb"):
        # Nothing reads it here: training leaves it as it is, and checkpoints have it all the same.
        _variable(config, "mask_emb", [1, 1, config.d_model])
    with tf.variable_scope("word_embedding"):
        table = _variable(config, "lookup_table", [config.n_token, config.d_model])
    ids = tf.reshape(ids, [-1])
    return table, (tf.matmul(tf.one_hot(ids, config.n_token), table) if one_hot
                   else tf.gather(table, ids))


def _terms(config):
    """The biases and segment embeddings of all layers: lists, as the fields of a Terms."""
    heads = [config.n_head, config.d_head]
    stacked = [tf.unstack(_variable(config, name, [config.n_layer] + heads)) if config.untie_r
               else [tf.convert_to_tensor(_variable(config, name, heads))] * config.n_layer
               for name in ("r_w_bias", "r_r_bias", "r_s_bias")]
    segments = _variable(config, xlnet_names.SEGMENTS, [config.n_layer, 2] + heads)
    return stacked + [tf.unstack(segments)]


class _LayerWeights(NamedTuple):
    """The weights of one layer; of its attention as matrices."""
    qkv_kernel: tf.Tensor  # [H, 3ND]: of queries, keys and values, which are one product
    places_kernel: tf.Tensor  # [H, ND]
    out_kernel: tf.Tensor  # [H, ND], whose transpose leads back
    attended_gamma: tf.Tensor
    attended_beta: tf.Tensor
    inner_kernel: tf.Tensor  # [H, I]
    inner_bias: tf.Tensor
    outer_kernel: tf.Tensor  # [I, H]
    outer_bias: tf.Tensor
    outer_gamma: tf.Tensor
    outer_beta: tf.Tensor


def _layer_weights(config):
    """The _LayerWeights of the current scope, as a tuple of tensors."""
    width, stddev = config.d_model, config.initializer_range

    def projection(name):
        with tf.variable_scope(name):
            kernel = _variable(config, "kernel", [width, config.n_head, config.d_head])
        return tf.reshape(kernel, [width, config.n_head * config.d_head])

    with tf.variable_scope("rel_attn"):
        query, key, value, places, out = map(projection, "qkvro")
        attended = layers.layer_norm_variables(width)
    with tf.variable_scope("ff"):
        dense = (layers.dense_variables("layer_1", width, config.d_inner, stddev)
                 + layers.dense_variables("layer_2", config.d_inner, width, stddev)
                 + layers.layer_norm_variables(width))
    return (tf.concat([query, key, value], axis=1), places, out) + tuple(
        map(tf.convert_to_tensor, attended + dense))


class _Layer:
    """One layer as a function of its input and its weights."""

    def __init__(self, config, attention, normalise, is_training, dropout, number):
        self._rate = config.hidden_dropout_prob
        self._attention = attention
        self._normalise = normalise
        self._activation = activation(config.ff_activation, is_training)
        self._dropout = dropout
        self._number = number

    def __call__(self, x, *weights):
        """The layer's output [B*S, H] for x [B*S, H], the _LayerWeights' fields and the Terms'."""
        num_own = len(_LayerWeights._fields)
        w, terms = _LayerWeights(*weights[:num_own]), Terms(*weights[num_own:])
        # Anew at each call, for the same masks.
        dropout = None if self._dropout is None else self._dropout.of_layer(self._number)

        def dropped(x):
            return x if dropout is None else dropout(x, self._rate)

        context = self._attention(x, w.qkv_kernel, w.places_kernel, terms, dropout)
        attended = tf.matmul(context, tf.cast(w.out_kernel, x.dtype), transpose_b=True)
        x = self._normalise(x + dropped(attended), w.attended_gamma, w.attended_beta)
        inner = dropped(self._activation(layers.linear(x, w.inner_kernel, w.inner_bias)))
        outer = dropped(layers.linear(inner, w.outer_kernel, w.outer_bias))
        return self._normalise(x + outer, w.outer_gamma, w.outer_beta)
