"""The layers of BERT and of its kin, from embeddings to the last layer's vectors.

Variables have the names that they have in Google's checkpoints of BERT, in the current scope; an
encoder of other names brings its own `Layers`.

Notation: B batch, S sequence in wordpieces, E width of embeddings, H hidden size, N attention
heads, D = H / N head size, I intermediate size, V vocabulary. Activations are matrices [B*S, H]
throughout: only attention needs to know which row belongs to which sequence.
"""
from typing import Callable, Mapping, NamedTuple, Optional, Tuple

from bert_nq.base.errors import UserError
from bert_nq.modeling import dropout as dropouts
from bert_nq.modeling import layers, precisions, recomputing
from bert_nq.modeling.activations import activation
from bert_nq.modeling.attention import SelfAttention
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.encoders.transformer_config import TransformerConfig
from bert_nq.modeling.relative_positions import Distances
from bert_nq.modeling.runtime import tf

# The dense layer between embeddings and layers that are wider, as ALBERT calls it.
MAPPING = "embedding_hidden_mapping_in"


class LayerWeights(NamedTuple):
    """The weights of one transformer layer."""
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
    distances: Optional[tf.Tensor] = None  # [2P - 1, D]: see relative_positions


class LayerNames(NamedTuple):
    """The scopes of a layer's variables, within that of the layer; BERT's if not given."""
    attention: str = "attention/self"  # of query, key and value, and of the vectors of distances
    attended: str = "attention/output/dense"
    attended_norm: str = "attention/output/LayerNorm"
    inner: str = "intermediate/dense"
    outer: str = "output/dense"
    outer_norm: str = "output/LayerNorm"


# From a config and a layer's number, in the scope "encoder", to the layer's weights.
Layers = Callable[[TransformerConfig, int], LayerWeights]


def own_weights(config: TransformerConfig, number: int) -> LayerWeights:
    """The weights of a layer that shares them with none, in the scope layer_NUMBER."""
    with tf.variable_scope("layer_%d" % number):
        return layer_weights(config, LayerNames())


def encode(config: TransformerConfig, features: Mapping[str, tf.Tensor], pass_: Pass,
           segments: Optional[Callable[[], tf.Tensor]] = None, weights_of: Layers = own_weights
           ) -> Tuple[tf.Tensor, Tuple[tf.Tensor, ...]]:
    """Builds embeddings and layers.

    Args:
      config: sizes and rates.
      features: int [B, S] each: `input_ids`, wordpiece ids, and `input_mask`, 1 for wordpieces and
        0 for padding.
      pass_: what the pass is for. On a TPU word embeddings are looked up by a matrix product with
        one-hot rows, which it does fast; elsewhere their gradient is a tf.IndexedSlices.
      segments: makes the embeddings of segments, [B*S, E], in the scope of the others.
      weights_of: where each layer's weights come from.

    Returns:
      The last layer [B, S, H], float32; and where all are asked for, what goes into the first
      layer and what comes out of each, likewise.

    Raises:
      UserError: the sequences are longer than the model has positions for, or the precision is not
        to be had.
    """
    batch, length = layers.sizes(features["input_ids"])
    _check_length(config, length)
    dtype = precisions.dtype(pass_.precision, pass_.use_tpu)
    dropout = dropouts.of_pass(config, pass_)
    with tf.variable_scope("embeddings"):
        x = _embeddings(config, features["input_ids"], pass_.use_tpu, dropout, segments)
        x = tf.cast(x, dtype)
    with tf.variable_scope("encoder"):
        if config.embedding_width != config.hidden_size:
            x = layers.dense(x, config.hidden_size, config.initializer_range, MAPPING)
        every = [x]
        attention = SelfAttention(
            features["input_mask"], config.num_attention_heads, dtype, pass_.is_training,
            config.attention_probs_dropout_prob, layers.for_cpu(pass_), pass_.is_portable)
        for i in range(config.num_hidden_layers):
            weights = [w for w in weights_of(config, i) if w is not None]
            layer = _Layer(config, attention, layers.normaliser(pass_), pass_.is_training,
                           dropout, i + 1)
            with tf.name_scope("layer_%d" % i):
                x = (recomputing.recomputed(layer) if pass_.recompute else layer)(x, *weights)
            every.append(x)

    def by_sequence(x):
        return tf.cast(tf.reshape(x, [batch, length, config.hidden_size]), tf.float32)

    return by_sequence(x), tuple(map(by_sequence, every)) if pass_.all_layers else ()


def _check_length(config, length):
    if isinstance(length, int) and length > config.max_position_embeddings:
        raise UserError("the sequences are %d wordpieces long, but the model's config has "
                        "max_position_embeddings %d: lower --max_seq_length"
                        % (length, config.max_position_embeddings))


def table(config: TransformerConfig, name: str, rows: int) -> tf.Variable:
    """The variable of an embedding, [rows, E], in the current scope."""
    return tf.get_variable(name, [rows, config.embedding_width],
                           initializer=layers.initializer(config.initializer_range, name))


def words(config: TransformerConfig) -> tf.Variable:
    """The word embeddings [V, E] that `encode` has made, in the scope that it was called in."""
    with tf.variable_scope("embeddings", reuse=True):
        return table(config, "word_embeddings", config.vocab_size)


def segment_embeddings(config: TransformerConfig, ids: tf.Tensor, kinds: int) -> tf.Tensor:
    """The vectors of segments, [B*S, E], for ids [B, S] below `kinds`; in the current scope."""
    # Segments are few: a product with one-hot rows has a dense gradient, as the reference's.
    rows = tf.one_hot(tf.reshape(ids, [-1]), kinds)
    return tf.matmul(rows, table(config, "token_type_embeddings", kinds))


def pooled(config: TransformerConfig, sequence: tf.Tensor) -> tf.Tensor:
    """The first wordpiece's vector after the pooler, [B, H], for sequence [B, S, H]."""
    with tf.variable_scope("pooler"):
        return tf.tanh(layers.dense(sequence[:, 0], config.hidden_size, config.initializer_range))


def _embeddings(config, ids, one_hot, dropout, segments):
    """Word, segment and absolute position embeddings, summed and normalised: [B*S, E]."""
    batch, length = layers.sizes(ids)
    width = config.embedding_width
    words = table(config, "word_embeddings", config.vocab_size)
    # With relative positions nothing reads these: checkpoints have them all the same.
    positions = table(config, "position_embeddings", config.max_position_embeddings)
    ids = tf.reshape(ids, [-1])
    x = (tf.matmul(tf.one_hot(ids, config.vocab_size), words) if one_hot
         else tf.gather(words, ids))
    if segments is not None:
        x += segments()
    if not config.has_distances:
        x = tf.reshape(x, [batch, length, width]) + positions[:length]
    gamma, beta = map(tf.convert_to_tensor, layers.layer_norm_variables(width))
    x = layers.layer_norm(tf.reshape(x, [-1, width]), gamma, beta)
    return x if dropout is None else dropout(x, config.hidden_dropout_prob)


def layer_weights(config: TransformerConfig, names: LayerNames) -> LayerWeights:
    """The weights of a layer in the current scope, as tensors."""
    stddev, width, inner_width = (config.initializer_range, config.hidden_size,
                                  config.intermediate_size)
    with tf.variable_scope(names.attention):
        kernels, biases = zip(*(layers.dense_variables(name, width, width, stddev)
                                for name in ("query", "key", "value")))
        distances = _distance_table(config)
    attended = (layers.dense_variables(names.attended, width, width, stddev)
                + layers.layer_norm_variables(width, names.attended_norm))
    inner = layers.dense_variables(names.inner, width, inner_width, stddev)
    outer = (layers.dense_variables(names.outer, inner_width, width, stddev)
             + layers.layer_norm_variables(width, names.outer_norm))
    return LayerWeights(tf.concat(kernels, axis=1), tf.concat(biases, axis=0),
                        *map(tf.convert_to_tensor, attended + inner + outer + distances))


def _distance_table(config):
    """The layer's vectors of distances, if it has any, in a tuple."""
    if not config.has_distances:
        return ()
    name = "distance_embedding"
    return (tf.get_variable(name, config.distance_shape,
                            initializer=layers.initializer(config.initializer_range, name)),)


class _Layer:
    """One transformer layer as a function of its input and its weights."""

    def __init__(self, config, attention, normalise, is_training, dropout, number):
        self._config = config
        self._attention = attention
        self._normalise = normalise
        self._activation = activation(config.hidden_act, is_training)
        self._dropout = dropout
        self._number = number

    def __call__(self, x, *weights):
        """The layer's output [B*S, H] for x [B*S, H] and the fields of a LayerWeights."""
        w = LayerWeights(*weights)
        # Anew at each call, for the same masks.
        dropout = None if self._dropout is None else self._dropout.of_layer(self._number)

        def add(x, change, gamma, beta):
            if dropout is not None:
                change = dropout(change, self._config.hidden_dropout_prob)
            return self._normalise(x + change, gamma, beta)

        distances = (None if w.distances is None
                     else Distances(w.distances, self._config.compares_keys))
        context = self._attention(x, w.qkv_kernel, w.qkv_bias, dropout, distances)
        attended = layers.linear(context, w.attended_kernel, w.attended_bias)
        x = add(x, attended, w.attended_gamma, w.attended_beta)
        inner = self._activation(layers.linear(x, w.inner_kernel, w.inner_bias))
        outer = layers.linear(inner, w.outer_kernel, w.outer_bias)
        return add(x, outer, w.outer_gamma, w.outer_beta)
