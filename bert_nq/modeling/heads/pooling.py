"""A vector of the whole sequence for heads that want one, of encoders that have no pooler.

It is made as BERT's pooler makes it, by a dense layer on [CLS], which training starts at random.
"""
from bert_nq.modeling import layers
from bert_nq.modeling.heads import POOLING, spans
from bert_nq.modeling.heads.logits import HEAD_STDDEV
from bert_nq.modeling.runtime import tf


def of_cls(sequence: tf.Tensor, cls_positions: tf.Tensor) -> tf.Tensor:
    """The vector of [CLS] after the layer, [B, H].

    Args:
      sequence: [B, S, H].
      cls_positions: int32 [B], see packings.
    """
    return tf.tanh(layers.dense(spans.at(sequence, cls_positions), sequence.shape.as_list()[-1],
                                HEAD_STDDEV, POOLING))
