"""The outputs of heads that tell classes apart. Free of TensorFlow. Notation: N rows, C classes."""
from typing import NamedTuple

import numpy as np

from bert_nq.modeling.heads import outputs


class ClassOptions(NamedTuple):
    """The amount of what leaves the model: all of it."""
    sees_padding: bool = False  # see PositionOptions


class ClassOutputs(NamedTuple):
    """Outputs of N rows."""
    logits: np.ndarray  # float32 [N, C]

    positions = {}
    rows = outputs.rows
    check_finite = outputs.check_finite
