"""The head of Google's run_classifier: logits of C classes, of a vector of the whole sequence."""
import math
from typing import Any, Callable, Tuple

from bert_nq.modeling.dropout import HEAD_LAYER, Dropout
from bert_nq.modeling.encoders import Encoded, Pass
from bert_nq.modeling.heads import Distribution, Head, losses
from bert_nq.modeling.heads.logits import class_logits
from bert_nq.modeling.runtime import tf

# Variables are named as in checkpoints of Google's run_classifier.
WEIGHTS, BIAS = "output_weights", "output_bias"


def pooled_vector(encoded: Encoded, features) -> tf.Tensor:
    """The encoder's own vector [B, H] of a sequence."""
    del features
    return encoded.pooled


def build(num_classes: int, pooled: tf.Tensor, pass_: Pass,
          variables: Tuple[str, str] = (WEIGHTS, BIAS)) -> tf.Tensor:
    """The logits [B, C] of vectors [B, H]."""
    if pass_.is_training and pass_.head_dropout:
        pooled = Dropout(pass_.seed, bytewise=not pass_.use_tpu, layer=HEAD_LAYER)(
            pooled, pass_.head_dropout)
    return class_logits(pooled, num_classes, *variables)


def loss(logits: tf.Tensor, features):
    """The cross entropy of `label_ids`, int [B], see losses.mean_of_choices."""
    return losses.mean_of_choices({"class": (logits, features["label_ids"])})


def make(argument: str, pool: Callable[[Encoded, Any], tf.Tensor] = pooled_vector,
         pools: bool = True, variables: Tuple[str, str] = (WEIGHTS, BIAS)) -> Head:
    """The head of so many classes.

    Args:
      argument: the number, from 2.
      pool: (Encoded, features) -> the vectors [B, H] of the sequences.
      pools: whether those are the encoder's own, see Head.pools.
      variables: the names of the weights [C, H] and of the bias [C].
    """
    num_classes = int(argument)
    return Head(build=lambda encoded, features, pass_: build(
                    num_classes, pool(encoded, features), pass_, variables), loss=loss,
                outputs=lambda logits, features, options: {"logits": logits},
                variables=variables,
                chance=lambda seq_length: {"class_loss": math.log(num_classes)},
                labels=(("class_loss", "class"),), pools=pools,
                distributions=lambda logits, features: {"class": Distribution(logits)})
