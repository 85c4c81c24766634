"""Numbers as they come out of JSON."""
import math
from typing import Any


def is_finite(value: Any) -> bool:
    """Whether a JSON value is a number that is neither NaN nor infinite."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond all floats
        return False
