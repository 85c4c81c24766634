"""A vector of the whole sequence for heads that want one, of encoders that have no pooler.

It is made as BERT's pooler makes it, by a dense layer on [CLS], which training starts at random.
"""
from bert_nq.modeling import layers
from bert_nq.modeling.heads import POOLING
from bert_nq.modeling.heads.logits import HEAD_STDDEV
from bert_nq.modeling.runtime import tf


def of_first(sequence: tf.Tensor) -> tf.Tensor:
    """The first position's vector after the layer, [B, H], for sequence [B, S, H]."""
    return tf.tanh(layers.dense(sequence[:, 0], sequence.shape.as_list()[-1], HEAD_STDDEV, POOLING))
