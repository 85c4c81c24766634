"""The values of weights: their type, and that they are numbers. Free of TensorFlow."""
from typing import Iterable, Tuple

import numpy as np

from bert_nq.base.errors import UserError

# The type of weights in checkpoints, as numpy calls it.
TYPE = "float32"

_SHOWN = 3


def in_our_type(value: np.ndarray) -> np.ndarray:
    """The value, converted if it is of another type of floating point; others stay."""
    value = np.asarray(value)
    # numpy knows TensorFlow's bfloat16 by its name alone.
    if "float" not in value.dtype.name or value.dtype == TYPE:
        return value
    with np.errstate(over="ignore"):  # What becomes infinite is told by check_finite.
        return value.astype(TYPE)


def check_finite(weights: Iterable[Tuple[str, np.ndarray]], where: str) -> None:
    """Raises UserError where weights, as (name, value) of the file `where`, are NaN or infinite."""
    bad = [name for name, value in weights if not np.isfinite(value).all()]
    if bad:
        more = " and %d more" % (len(bad) - _SHOWN) if bad[_SHOWN:] else ""
        raise UserError("%s: there are NaN or infinite numbers in %s%s: the weights are damaged, "
                        "or their training has failed" % (where, ", ".join(bad[:_SHOWN]), more))
