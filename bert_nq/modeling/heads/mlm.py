"""The head of a masked language model: logits of the pieces that were hidden (Devlin et al. 2019).

Its layers are those that the encoder was pretrained with, Encoder.piece_layers. The labels are
among the inputs, so that held-out text is scored by the same graph as any other prediction.

Notation: B batch, S sequence in wordpieces, H hidden size, M hidden pieces of the batch, V pieces
of the vocabulary.
"""
from typing import Dict, Mapping, NamedTuple, Tuple

from bert_nq.modeling.encoders import Encoded, Pass
from bert_nq.modeling.heads import Head, losses
from bert_nq.modeling.heads.mlm_outputs import IDS, WEIGHTS, MaskedOptions, MaskedOutputs
from bert_nq.modeling.runtime import tf

Features = Mapping[str, tf.Tensor]


class Logits(NamedTuple):
    """The logits of a batch of blocks."""
    pieces: tf.Tensor  # [M, V] of the hidden pieces, row by row; on a TPU [B*S, V]


def build(encoded: Encoded, features: Features, pass_: Pass) -> Logits:
    """The logits of the hidden pieces alone: the product with all of the vocabulary is large.

    A TPU, whose shapes are fixed, computes those of all positions.
    """
    assert encoded.piece_logits is not None
    sequence = encoded.sequence
    if pass_.use_tpu:
        hidden = tf.reshape(sequence, [-1, sequence.shape.as_list()[-1]])
    else:
        hidden = tf.gather_nd(sequence, _places(features))
    return Logits(encoded.piece_logits(hidden))


def _places(features):
    """int64 [M, 2]: the row and the position of each hidden piece."""
    return tf.where(features[WEIGHTS] > 0)


def _labels(logits, features):
    """int32: the piece that was there for each row of the logits, -1 where none was hidden."""
    if logits.pieces.shape.as_list()[0] is None:
        return tf.gather_nd(features[IDS], _places(features))
    labels = tf.where_v2(features[WEIGHTS] > 0, features[IDS], -1)
    return tf.reshape(labels, [-1])  # See `build` for TPUs.


def loss(logits: Logits, features: Features) -> Tuple[tf.Tensor, Dict[str, tf.Tensor]]:
    """The mean cross entropy of the hidden pieces of the batch.

    Args:
      logits: of B blocks.
      features: of the same, int [B, S]: `masked_lm_ids` and `masked_lm_weights`, 0 or 1.
    """
    return losses.sum_of_choices({"masked": (logits.pieces, _labels(logits, features))})


def outputs(logits: Logits, features: Features, options: MaskedOptions) -> Dict[str, tf.Tensor]:
    """The tensors of a MaskedOutputs, by the names of its fields."""
    del options
    labels = _labels(logits, features)
    is_hidden = tf.cast(labels >= 0, tf.float32)
    safe = tf.maximum(labels, 0)
    losses_ = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=safe, logits=logits.pieces)
    best = tf.argmax(logits.pieces, axis=1, output_type=tf.int32)
    is_right = tf.cast(tf.equal(best, safe), tf.float32)
    batch, length = tf.unstack(tf.shape(features[WEIGHTS]))
    if logits.pieces.shape.as_list()[0] is None:
        rows = tf.cast(_places(features)[:, 0], tf.int32)
    else:
        rows = tf.range(batch * length) // length

    def of_rows(values):
        return tf.math.unsorted_segment_sum(values * is_hidden, rows, batch)

    return MaskedOutputs(of_rows(losses_), of_rows(is_right), of_rows(is_hidden))._asdict()


HEAD = Head(build=build, loss=loss, outputs=outputs, variables=(),
            labels=(("masked_loss", "hidden pieces"),), inputs=(IDS, WEIGHTS), tells_pieces=True)
