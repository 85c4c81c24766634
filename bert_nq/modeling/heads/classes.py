"""The head of Google's run_classifier: logits of C classes, of a vector of the whole sequence."""
import functools
import math

from bert_nq.modeling.dropout import HEAD_LAYER, Dropout
from bert_nq.modeling.encoders import Encoded, Pass
from bert_nq.modeling.heads import Distribution, Head, losses
from bert_nq.modeling.heads.logits import class_logits
from bert_nq.modeling.runtime import tf

# Variables are named as in checkpoints of Google's run_classifier.
WEIGHTS, BIAS = "output_weights", "output_bias"


def build(num_classes: int, encoded: Encoded, features, pass_: Pass) -> tf.Tensor:
    """The logits [B, C]."""
    del features
    pooled = encoded.pooled
    if pass_.is_training and pass_.head_dropout:
        pooled = Dropout(pass_.seed, bytewise=not pass_.use_tpu, layer=HEAD_LAYER)(
            pooled, pass_.head_dropout)
    return class_logits(pooled, num_classes, WEIGHTS, BIAS)


def loss(logits: tf.Tensor, features):
    """The cross entropy of `label_ids`, int [B], see losses.mean_of_choices."""
    return losses.mean_of_choices({"class": (logits, features["label_ids"])})


def make(argument: str) -> Head:
    """The head of so many classes, a number from 2."""
    num_classes = int(argument)
    return Head(build=functools.partial(build, num_classes), loss=loss,
                outputs=lambda logits, features, options: {"logits": logits},
                variables=(WEIGHTS, BIAS),
                chance=lambda seq_length: {"class_loss": math.log(num_classes)},
                labels=(("class_loss", "class"),), pools=True,
                distributions=lambda logits, features: {"class": Distribution(logits)})
