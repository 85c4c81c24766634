"""The head of the toy task: two classes on the pooled vector."""
import math
from typing import NamedTuple

import numpy as np

from bert_nq.modeling.heads import Head, losses, outputs
from bert_nq.modeling.heads.logits import class_logits

NUM_CLASSES = 2
WEIGHTS, BIAS = "toy/output_weights", "toy/output_bias"


class ClassOutputs(NamedTuple):
    """Outputs of N rows."""
    logits: np.ndarray  # float32 [N, NUM_CLASSES]

    positions = {}
    rows = outputs.rows
    check_finite = outputs.check_finite


def build(encoded, features, pass_):
    """The logits [B, NUM_CLASSES]."""
    del features, pass_
    return class_logits(encoded.pooled, NUM_CLASSES, WEIGHTS, BIAS)


def loss(logits, features):
    """The cross entropy of the labels [B]."""
    return losses.mean_of_choices({"class": (logits, features["labels"])})


HEAD = Head(build=build, loss=loss,
            outputs=lambda logits, features, options: {"logits": logits},
            variables=(WEIGHTS, BIAS),
            chance=lambda seq_length: {"class_loss": math.log(NUM_CLASSES)},
            labels=(("class_loss", "class"),))
