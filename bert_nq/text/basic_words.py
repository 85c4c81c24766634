"""BERT's basic tokenization: a text is cleaned and split into words and signs.

Character classes are those of the running interpreter's `unicodedata`, as in the reference; Python
3.7 and 3.11 differ on some thousand code points.
"""
import re
import unicodedata
from typing import Callable, List, Optional

_CJK = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
        (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))


# The words that the rules below make of printable ASCII.
_ASCII_WORDS = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9 ]").findall


class _CharTable(dict):
    """A table for `str.translate` that computes an entry when its character is first met."""

    def __init__(self, replacement: Callable[[str], Optional[str]]):
        super().__init__()
        self._replacement = replacement

    def __missing__(self, code_point: int) -> Optional[str]:
        self[code_point] = replacement = self._replacement(chr(code_point))
        return replacement


def _clean(char: str) -> Optional[str]:
    """Drops control characters, turns white space into " ", puts blanks around CJK characters."""
    if char in "\t\n\r":
        return " "
    category = unicodedata.category(char)
    if category in ("Cc", "Cf") or char == "\ufffd":
        return None
    if category == "Zs":
        return " "
    if any(first <= ord(char) <= last for first, last in _CJK):
        return " %s " % char
    return char


def _split_punctuation(char: str) -> str:
    # All ASCII signs count as punctuation, even what Unicode calls a symbol: $ + < = > ^ ` | ~.
    ascii_sign = "!" <= char <= "~" and not char.isalnum()
    return " %s " % char if ascii_sign or unicodedata.category(char)[0] == "P" else char


def _strip_accent_split_punctuation(char: str) -> Optional[str]:
    return None if unicodedata.category(char) == "Mn" else _split_punctuation(char)


_CLEAN = _CharTable(_clean)
_CASED = _CharTable(_split_punctuation)
_UNCASED = _CharTable(_strip_accent_split_punctuation)


def basic_words(text: str, do_lower_case: bool = True) -> List[str]:
    """Splits `text` into words and punctuation signs, BERT's "basic tokens".

    The reference splits at blanks first and then lower-cases each word. Splitting once, at the end,
    gives the same: blanks survive lower-casing and decomposition, and they end the context by which
    a final sigma is lower-cased.
    """
    if text.isascii() and text.isprintable():
        return _ASCII_WORDS(text.lower() if do_lower_case else text)
    text = text.translate(_CLEAN)
    if do_lower_case:
        text = unicodedata.normalize("NFD", text.lower()).translate(_UNCASED)
    else:
        text = text.translate(_CASED)
    return text.split()
