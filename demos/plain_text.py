"""Tokens of NQ's pages as plain text, for the demos that make other data of them."""
import re
from typing import Iterable

_NO_BLANK_BEFORE = re.compile(r" (?=[.,;:!?)%]|'s\b)")
_NO_BLANK_BEHIND = re.compile(r"(?<=[(]) ")


def of_words(words: Iterable[str]) -> str:
    """Words, tags left out, with blanks where a text has them."""
    return _NO_BLANK_BEHIND.sub("", _NO_BLANK_BEFORE.sub("", " ".join(words)))
