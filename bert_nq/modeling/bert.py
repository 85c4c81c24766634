"""BERT's encoder (Devlin et al. 2018) with the variables of Google's checkpoints.

Notation: B batch, S sequence in wordpieces, H hidden size, N attention heads, D = H / N head size,
I intermediate size, V vocabulary. Activations are matrices [B*S, H] throughout: only attention
needs to know which row belongs to which sequence.
"""
from typing import Tuple, Union

from bert_nq.errors import UserError
from bert_nq.modeling import attention, layers
from bert_nq.modeling.activations import activation
from bert_nq.modeling.config import BertConfig
from bert_nq.modeling.runtime import tf

# Added to the attention scores of padding: its share of the softmax is then zero in float32.
MASKED_SCORE = -10000.0


def encode(config: BertConfig, input_ids: tf.Tensor, input_mask: tf.Tensor,
           segment_ids: tf.Tensor, is_training: bool, use_one_hot_embeddings: bool = False,
           seed: Union[None, int, tf.Tensor] = None,
           scope: str = "bert") -> Tuple[tf.Tensor, tf.Tensor]:
    """Builds the encoder; its variables appear under `scope`.

    Args:
      config: sizes and rates.
      input_ids: int [B, S], wordpiece ids.
      input_mask: int [B, S], 1 for wordpieces and 0 for padding.
      segment_ids: int [B, S], below config.type_vocab_size.
      is_training: whether dropout is on and gradients will be taken.
      use_one_hot_embeddings: looks word embeddings up by a matrix product with one-hot rows, which
        is what TPUs do fast. Otherwise their gradient is a tf.IndexedSlices.
      seed: makes dropout repeatable; see layers.Dropout.
      scope: the variable scope.

    Returns:
      sequence_output [B, S, H], the last layer, and pooled_output [B, H], the first wordpiece's
      vector after the pooler.

    Raises:
      UserError: the sequences are longer than the model has positions for.
    """
    batch, length = layers.sizes(input_ids)
    if isinstance(length, int) and length > config.max_position_embeddings:
        raise UserError("the sequences are %d wordpieces long, but the model's config has "
                        "max_position_embeddings %d: lower --max_seq_length"
                        % (length, config.max_position_embeddings))
    # One-hot rows are for TPUs.
    dropout = layers.Dropout(seed, bytewise=not use_one_hot_embeddings) if is_training else None
    with tf.variable_scope(scope):
        with tf.variable_scope("embeddings"):
            x = _embeddings(config, input_ids, segment_ids, use_one_hot_embeddings, dropout)
        with tf.variable_scope("encoder"):
            # [B, 1, 1, S], the same for every head and query.
            mask = tf.reshape(tf.cast(input_mask, tf.float32), [batch, 1, 1, length])
            adder = (1.0 - mask) * MASKED_SCORE
            for i in range(config.num_hidden_layers):
                with tf.variable_scope("layer_%d" % i):
                    x = _layer(config, x, adder, batch, length, dropout)
        sequence_output = tf.reshape(x, [batch, length, config.hidden_size])
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
                               initializer=layers.initializer(config.initializer_range))

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
    x = layers.layer_norm(tf.reshape(x, [-1, width]))
    return _dropped(x, config, dropout)


def _layer(config, x, adder, batch, length, dropout):
    """One transformer layer on x [B*S, H]."""
    stddev = config.initializer_range
    with tf.variable_scope("attention"):
        with tf.variable_scope("self"):
            context = _self_attention(config, x, adder, batch, length, dropout)
        with tf.variable_scope("output"):
            attended = layers.dense(context, config.hidden_size, stddev)
            x = layers.layer_norm(x + _dropped(attended, config, dropout))
    with tf.variable_scope("intermediate"):
        inner = layers.dense(x, config.intermediate_size, stddev)
        inner = activation(config.hidden_act)(inner)
    with tf.variable_scope("output"):
        outer = layers.dense(inner, config.hidden_size, stddev)
        return layers.layer_norm(x + _dropped(outer, config, dropout))


def _dropped(x, config, dropout):
    """x after dropout in training, else x."""
    return x if dropout is None else dropout(x, config.hidden_dropout_prob)


def _self_attention(config, x, adder, batch, length, dropout):
    """What every row of x [B*S, H] gathers from its sequence, before the output layer."""
    width, heads = config.hidden_size, config.num_attention_heads
    kernels, biases = zip(*(layers.dense_variables(name, width, width, config.initializer_range)
                            for name in ("query", "key", "value")))
    # The three projections are one product.
    projected = layers.linear(x, tf.concat(kernels, axis=1), tf.concat(biases, axis=0))  # [B*S, 3H]
    projected = tf.reshape(projected, [batch, length, 3, heads, config.head_size])
    query, key, value = tf.unstack(tf.transpose(projected, [2, 0, 3, 1, 4]))  # each [B, N, S, D]
    if dropout is None:
        context = attention.attend(query, key, value, adder)
    else:
        rate = config.attention_probs_dropout_prob
        keep = dropout.keep([batch, heads, length, length], rate) if rate else None
        context = attention.attend_in_training(query, key, value, adder, keep, 1 - rate)
    return tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, width])
