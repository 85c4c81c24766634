"""Attention scores by distance: each layer learns a vector for every number of positions between.

With `relative_key` a query is compared with the vector of its distance to each key (Shaw et al.
2018, arXiv:1803.02155, equation 5, clipped nowhere); with `relative_key_query` the key is as well
(Huang et al. 2020, arXiv:2009.13658, method 4). The distance is the query's position less the
key's, as in Hugging Face's models.

A vector for each pair of positions would be [S, S, D]. Here each query is multiplied by the 2S - 1
vectors that can occur, and the rows of the product are moved against each other, so that each has
its S numbers in place (Huang et al. 2018, arXiv:1809.04281, section 3.4.1).

Notation: B batch, N heads, S sequence, D head size, P positions of the model.
"""
import math
from typing import NamedTuple

from bert_nq.modeling.layers import sizes
from bert_nq.modeling.runtime import tf


class Distances(NamedTuple):
    """The vectors of distances of a layer."""
    table: tf.Tensor  # [2P - 1, D]; row P - 1 + d is of a query d positions behind its key
    of_keys: bool  # whether keys are compared with them, beside queries


def scores(query: tf.Tensor, key: tf.Tensor, distances: Distances,
           query_factor: float = 1.0) -> tf.Tensor:
    """The shares of distances in the attention scores that are divided by sqrt(D): [B, N, S, S].

    Args:
      query, key: [B, N, S, D], of any of precisions.PRECISIONS; S at most P.
      distances: of the layer, D wide.
      query_factor: what the queries are multiplied by already.
    """
    scale = 1 / math.sqrt(query.shape.as_list()[-1])
    positions = distances.table.shape.as_list()[0] // 2 + 1
    length = sizes(query)[2]

    def rows(table):
        # Distances that occur in S positions, and one that does not: see _aligned.
        return tf.pad(table, [[0, 1], [0, 0]])[positions - length:positions + length]

    # Row j of the reversed table is of the distance S - 1 - j: what follows is nearer, then behind.
    added = _aligned(query, rows(distances.table[::-1]) * (scale / query_factor))
    if distances.of_keys:
        of_keys = _aligned(key, rows(distances.table) * scale)
        added += tf.transpose(of_keys, [0, 1, 3, 2])
    return added


def _aligned(x: tf.Tensor, table: tf.Tensor) -> tf.Tensor:
    """Element j of row i: row i of x [B, N, S, D] times row S - 1 - i + j of the table [2S, D]."""
    batch, heads, length, size = sizes(x)
    products = tf.matmul(tf.reshape(x, [-1, size]), tf.cast(table, x.dtype), transpose_b=True)
    return moved(tf.reshape(products, [batch, heads, length, 2 * length]))


def moved(products: tf.Tensor) -> tf.Tensor:
    """Element j of row i is element S - 1 - i + j of row i of the products [B, N, S, 2S].

    With S = 3 and ij the element j of row i, of which the starred are wanted, rows of 2S are read
    as rows of 2S - 1 behind the first S - 1 numbers:

        00  01  02* 03* 04* 05             02* 03* 04* 05  10
        10  11* 12* 13* 14  15      ->     11* 12* 13* 14  15
        20* 21* 22* 23  24  25             20* 21* 22* 23  24
    """
    batch, heads, length, _ = sizes(products)
    products = tf.reshape(products, [batch, heads, 2 * length * length])
    rows = tf.slice(products, [0, 0, length - 1], [-1, -1, length * (2 * length - 1)])
    rows = tf.reshape(rows, [batch, heads, length, 2 * length - 1])
    return rows[:, :, :, :length]
