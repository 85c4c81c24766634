"""Numbers and ids as they come out of JSON, and numbers as they come out of flags."""
import math
import re
from typing import Any, TypeVar, Union

from bert_nq.base.errors import UserError

Number = Union[int, float]
T = TypeVar("T", int, float)

# Digits of ASCII, and not so many that Python refuses to read them.
_INTEGER = re.compile(r"-?[0-9]{1,100}")


def is_finite(value: Any) -> bool:
    """Whether a JSON value is a number that is neither NaN nor infinite."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond all floats
        return False


def parse_finite(value: T, what: str) -> T:
    """The value itself, an int or a float as it was.

    Args:
      value: any JSON value.
      what: begins the message, as in "example 5: long_answer_score".

    Raises:
      UserError: it is not a number, or NaN, infinite or beyond all floats.
    """
    if not is_finite(value):
        raise UserError("%s is %s, not a finite number" % (what, repr(value)[:40]))
    return value


def parse_positive(text: str, flag: str) -> float:
    """The number above 0 that a part of a flag's value is.

    Raises:
      UserError: it is none.
    """
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise UserError("%s: %r is not a number above 0" % (flag, text))
    return number


def parse_id(value: Any) -> int:
    """An example id: an integer of signed 64 bits, or a string of one as some data sets have it.

    A string has digits alone, with a minus before negative ones: not "12_34", " 5", "+5" or "5.0".

    Raises:
      UserError: it is something else.
    """
    number = value
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        number = int(value)
    if type(number) is not int or not -2 ** 63 <= number < 2 ** 63:
        raise UserError("example_id %.80r is not a 64-bit integer" % (value,))
    return number
