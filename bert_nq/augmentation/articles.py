"""The indefinite article, "a" or "an", that a word takes."""
import re
from typing import Optional, Sequence, Tuple

ARTICLES = frozenset(["a", "an"])

# Exceptions, where the first letter misleads about the sound: an hour; a union, a European, a one.
_SILENT_H = re.compile(r"(hour|heir|honest|hono)")
_LIKE_YOU = re.compile(r"(eu|ew|uni(?![dnm])|unan|u[bkst][aeiou]|ura|uri|one(?!r)|once)")


def same_article(word: str, other: str) -> bool:
    """Whether both words take the same article, "a" or "an"; False where one is uncertain."""
    takes_an = _takes_an(word)
    return takes_an is not None and takes_an == _takes_an(other)


def keep_article(word: str, replacements: Sequence[str]) -> Tuple[str, ...]:
    """The replacements for `word` that fit the article before it."""
    return tuple(replacement for replacement in replacements if same_article(word, replacement))


def _takes_an(word: str) -> Optional[bool]:
    """Whether a word takes "an"; None where that is uncertain, as in herb."""
    word = word.lower()
    if not word[:1].isalpha():
        return None
    if word[0] == "h":
        return None if word.startswith("herb") else bool(_SILENT_H.match(word))
    return word[0] in "aeiou" and not _LIKE_YOU.match(word)
