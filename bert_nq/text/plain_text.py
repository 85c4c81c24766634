"""Text as ALBERT's and XLNet's scripts make it plain before SentencePiece cuts it.

    ``Café  ½''   ->   "Cafe 1/2"   (with U+2044 for the slash)   ->   lower case for ALBERT

Runs of blanks become one, `` and '' a quotation mark; characters are decomposed (NFKD) and lose
their accents. All but the blanks and the quotation marks goes character by character, so that
where each character comes from is known.
"""
import re
import unicodedata
from typing import List, NamedTuple

# Half a character, a lone surrogate, is in no text that SentencePiece takes.
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\ufffd"

_QUOTES = ("``", "''")


class Origins(NamedTuple):
    """A plain text, and the characters [start, end) of the raw one that each of its stands for."""
    text: str
    starts: List[int]
    ends: List[int]


def plain(text: str, do_lower_case: bool) -> str:
    """The plain form of a text."""
    text = " ".join(text.split())
    for quote in _QUOTES:
        if quote in text:
            text = text.replace(quote, '"')
    if not text.isascii():
        text = unicodedata.normalize("NFKD", _HALF_CHARACTER.sub(_REPLACEMENT, text))
        text = "".join([char for char in text if not unicodedata.combining(char)])
    return text.lower() if do_lower_case else text


def plain_with_origins(text: str, do_lower_case: bool) -> Origins:
    """`plain`, and where its characters come from."""
    chars, starts, ends = [], [], []
    place = 0
    while place < len(text):
        end = place + 1
        if text[place].isspace():
            while end < len(text) and text[end].isspace():
                end += 1
            made = " " if place > 0 and end < len(text) else ""
        elif text[place:place + 2] in _QUOTES:
            end, made = place + 2, '"'
        else:
            made = plain(text[place], False)
        chars.append(made)
        starts += [place] * len(made)
        ends += [end] * len(made)
        place = end
    whole = "".join(chars)
    return Origins(whole.lower() if do_lower_case else whole, starts, ends)
