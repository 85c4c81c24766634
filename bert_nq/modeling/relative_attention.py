"""XLNet's attention, whose scores are of contents, of distances and of segments (Yang et al. 2019).

The score of query i and key j, with distance i - j and the biases u, v, w of a head, is

    ((q_i + u) k_j + (q_i + v) r_{i-j} + (q_i + w) s_{same ? 0 : 1}) / sqrt(D)

as in Dai et al. 2019, section 3.3, and Yang et al. 2019, section 2.5.

Notation: B batch, N heads, S sequence, D head size, C kinds of segments, H width of the layer.
"""
import math
from typing import NamedTuple, Optional

from bert_nq.modeling import attention, layers, relative_positions
from bert_nq.modeling.dropout import Dropout
from bert_nq.modeling.runtime import tf

# C: segment ids are below it. A multiple of 8, so that columns stay aligned in memory.
MOST_SEGMENTS = 8
# Added to the scores of padding, as in Google's code; in float16 it would be infinite.
MASKED_SCORE, MASKED_SCORE_OF_FLOAT16 = -1e30, -6e4


class Terms(NamedTuple):
    """The terms that queries of one layer are compared with beside keys and distances."""
    content_bias: tf.Tensor  # [N, D], u
    position_bias: tf.Tensor  # [N, D], v
    segment_bias: tf.Tensor  # [N, D], w
    segments: tf.Tensor  # [2, N, D]: of keys in the query's segment, and in another


class RelativeAttention:
    """Multi-head self-attention within the sequences of a batch.

    Heads come first in all that is computed, [N, B, S, ...], so that one product per head makes
    the scores of its distances for the whole batch.

    Args:
      mask: int [B, S], 1 for positions that are attended to and 0 for padding. Every position
        attends to itself, padding too.
      segment_ids: int [B, S], below MOST_SEGMENTS.
      places: [2S, H], the encodings of the distances S - 1 down to -S, in the type of activations.
      num_heads, head_size: N and D.
      is_training: whether gradients will be taken.
      dropout_rate: in training, the share of the probabilities that is dropped.
      by_heads: whether one head is computed after the other, for prediction on a CPU.
    """

    def __init__(self, mask: tf.Tensor, segment_ids: tf.Tensor, places: tf.Tensor, num_heads: int,
                 head_size: int, is_training: bool, dropout_rate: float, by_heads: bool):
        dtype = places.dtype
        self._batch, self._length = layers.sizes(mask)
        itself = tf.one_hot(tf.range(self._length), self._length)
        hidden = (1.0 - tf.cast(mask, tf.float32))[:, None, :] * (1.0 - itself)
        score = MASKED_SCORE_OF_FLOAT16 if dtype == tf.float16 else MASKED_SCORE
        self._adder = tf.cast(hidden * score, dtype)[None]  # [1, B, S, S]
        self._kinds = tf.one_hot(segment_ids, MOST_SEGMENTS, dtype=dtype)[None]  # [1, B, S, C]
        self._places = places
        self._num_heads, self._head_size = num_heads, head_size
        self._scale = 1 / math.sqrt(head_size)
        self._is_training, self._dropout_rate = is_training, dropout_rate
        self._by_heads = by_heads

    def __call__(self, x: tf.Tensor, qkv_kernel: tf.Tensor, places_kernel: tf.Tensor,
                 terms: Terms, dropout: Optional[Dropout] = None) -> tf.Tensor:
        """The heads' sums of values for each position, side by side.

        Args:
          x: [B*S, H], a layer's input.
          qkv_kernel: [H, 3ND], of queries, keys and values.
          places_kernel: [H, ND], of distances.
          terms: of the layer.
          dropout: of the layer, in training.

        Returns:
          [B*S, N*D].
        """
        query, key, value = self._projected(x, qkv_kernel, terms)
        table = tf.matmul(self._places, tf.cast(places_kernel * self._scale, x.dtype))
        table = tf.reshape(table, [-1, self._num_heads, self._head_size])
        parts = (query, key, value, tf.transpose(table, [1, 0, 2]),
                 self._position_query(query, terms), self._in_segment(query, terms))
        if self._by_heads:
            heads = zip(*(tf.split(part, self._num_heads) for part in parts))
            context = tf.concat([self._attended(None, *head)[0] for head in heads], axis=-1)
        else:
            context = tf.transpose(self._attended(dropout, *parts), [1, 2, 0, 3])
        return tf.reshape(context, [-1, self._num_heads * self._head_size])

    def _projected(self, x, kernel, terms):
        """Queries with their content bias, keys and values: [N, B, S, D] each."""
        width = self._num_heads * self._head_size
        bias = tf.pad(tf.reshape(terms.content_bias, [width]), [[0, 2 * width]])
        projected = tf.reshape(layers.linear(x, kernel, bias), [
            self._batch, self._length, 3, self._num_heads, self._head_size])
        return tf.unstack(tf.transpose(projected, [2, 3, 0, 1, 4]))

    def _position_query(self, query, terms):
        """Queries with the bias for distances: [N, B, S, D]."""
        bias = terms.position_bias - terms.content_bias
        return query + tf.cast(bias[:, None, None], query.dtype)

    def _in_segment(self, query, terms):
        """The lead of keys in a query's own segment over other keys: [N, B, S, 1].

        Only it counts: what is added to all scores of a query makes no difference.
        """
        lead = terms.segments[0] - terms.segments[1]  # [N, D]
        bias = tf.reduce_sum((terms.segment_bias - terms.content_bias) * lead, axis=-1)
        of_query = tf.reduce_sum(query * tf.cast(lead[:, None, None], query.dtype), axis=-1,
                                 keepdims=True)
        return of_query + tf.cast(bias[:, None, None, None], query.dtype)

    def _attended(self, dropout, query, key, value, table, position_query, in_segment):
        """The sums of values of some heads, n of N: [n, B, S, D].

        Args:
          dropout: of the layer, in training.
          query, key, value, position_query: [n, B, S, D].
          table: [n, 2S, D], the distances' vectors, which are scaled already.
          in_segment: [n, B, S, 1].
        """
        num_heads = query.shape.as_list()[0]
        products = tf.matmul(
            tf.reshape(position_query, [num_heads, -1, self._head_size]), table, transpose_b=True)
        added = relative_positions.moved(tf.reshape(
            products, [num_heads, self._batch, self._length, 2 * self._length]))
        # The product of the last columns is a query's lead where the segments are the same, else 0:
        # cheaper than another matrix [S, S].
        query = tf.concat([query, in_segment * self._kinds], axis=-1)
        key = tf.concat([key, tf.tile(self._kinds, [num_heads, 1, 1, 1])], axis=-1)
        if not self._is_training:
            return attention.attend(query, key, value, self._adder, added, self._scale)
        shape, rate = [num_heads, self._batch, self._length, self._length], self._dropout_rate
        keep = dropout.keep(shape, rate) if rate else None
        return attention.attend_in_training(query, key, value, self._adder, keep, 1 - rate, added,
                                            self._scale)
