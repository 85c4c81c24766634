"""Logits of C classes, of the mean of a sequence's vectors instead of one vector for all.

Pretraining asks for a vector of each piece, and of [CLS] for something only where BERT's second
task is part of it: after masked pretraining alone, few texts teach more by the mean. It is the
pooling of sentence-transformers (Reimers and Gurevych 2019): of all pieces, [CLS] and [SEP] too.
"""
from bert_nq.modeling.encoders import Encoded
from bert_nq.modeling.heads import Head, classes
from bert_nq.modeling.runtime import tf

# Names of its own: what takes a model for one of Google's run_classifier would compute otherwise.
VARIABLES = ("cls/mean/output_weights", "cls/mean/output_bias")


def mean(encoded: Encoded, features) -> tf.Tensor:
    """The mean [B, H] of the vectors that are not of padding."""
    mask = tf.cast(features["input_mask"], encoded.sequence.dtype)[:, :, None]
    return tf.reduce_sum(encoded.sequence * mask, axis=1) / tf.reduce_sum(mask, axis=1)


def make(argument: str) -> Head:
    """The head of so many classes, a number from 2."""
    return classes.make(argument, mean, pools=False, variables=VARIABLES)
