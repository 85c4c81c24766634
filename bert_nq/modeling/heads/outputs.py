"""Outputs of heads in general: NamedTuples of arrays [N, ...]. Free of TensorFlow.

The class of a head's outputs, which decoders have as their `outputs_type`, is written so:

    class ClassOutputs(NamedTuple):
        logits: np.ndarray  # float32 [N, C]

        positions = {}
        rows = outputs.rows
        check_finite = outputs.check_finite

`positions` tells the int32 fields and, of each, the field of the scores that put it in order; all
other fields are float32. Notation: N windows (or whatever the rows are).
"""
from typing import Any, Mapping

import numpy as np

from bert_nq.base.errors import UserError

# The score in the place of a span or a position, where a window has fewer than are looked at.
NO_SPAN = float(np.finfo(np.float32).min) / 4


def rows(outputs, start: int, stop: int):
    """The outputs of the windows [start, stop)."""
    return type(outputs)(*(array[start:stop] for array in outputs))


def check_finite(outputs):
    """Returns the outputs.

    Raises:
      UserError: a logit is not a number.
    """
    for array in outputs:
        if not np.all(np.isfinite(array)):
            raise UserError("the model's logits are not finite: was its training stable?")
    return outputs


def from_values(outputs_type: type, values: Mapping[str, Any]):
    """Outputs from the arrays of a call of the model, or from lists, which JSON makes of arrays.

    Raises:
      UserError: something is missing.
    """
    missing = [name for name in outputs_type._fields if name not in values]
    if missing:
        raise UserError("the answer of the model has no %s: is it one that run_nq.py --do_export "
                        "has written?" % missing[0])
    return outputs_type(*(
        np.asarray(values[name], np.int32 if name in outputs_type.positions else np.float32)
        for name in outputs_type._fields))
