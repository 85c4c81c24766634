"""JSON texts to values, or the reason why not in one line."""
import json
from typing import Any


class NotJSONError(ValueError):
    """The text is no JSON; the message says why: "Expecting value at character 0"."""


def parse(text: bytes) -> Any:
    """The value of a JSON text in UTF-8, with or without a byte order mark.

    NaN and Infinity are let through: who wants a number checks it and can name its place (see
    `numbers.parse_finite`).

    Raises:
      NotJSONError: it is not UTF-8, no JSON, or nested too deeply to be read.
    """
    try:
        return json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as e:
        raise NotJSONError(reason(e)) from e


def reason(error: Exception, num_characters: int = 0, num_bytes: int = 0) -> str:
    """The reason, in words, for which Python's parser or decoder refuses a text.

    Args:
      error: what it raised.
      num_characters, num_bytes: of the text before the part that was given to it.
    """
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "byte 0x%02x at %d is not UTF-8" % (error.object[error.start],
                                                   num_bytes + error.start)
    if isinstance(error, json.JSONDecodeError):
        # One of its messages is "Unterminated string starting at".
        what = error.msg[:-len(" at")] if error.msg.endswith(" at") else error.msg
        return "%s at character %d" % (what, num_characters + error.pos)
    return str(error)
