"""Which of "a" and "an" a word wants."""
import re
from typing import Optional, Sequence, Tuple

ARTICLES = frozenset(["a", "an"])

# Where the first letter does not say how the word begins: an hour; a union, a European, a one.
_SILENT_H = re.compile(r"(hour|heir|honest|hono)")
_LIKE_YOU = re.compile(r"(eu|ew|uni(?![dnm])|unan|u[bkst][aeiou]|ura|uri|one(?!r)|once)")


def starts_alike(word: str, other: str) -> bool:
    """Whether both words want the same article: "an"; "a"; false where one of them is not sure."""
    first = _has_an(word)
    return first is not None and first == _has_an(other)


def keep_article(word: str, others: Sequence[str]) -> Tuple[str, ...]:
    """Those of the other words that can stand behind the article of `word`."""
    return tuple(other for other in others if starts_alike(word, other))


def _has_an(word: str) -> Optional[bool]:
    word = word.lower()
    if not word[:1].isalpha():
        return None
    if word[0] == "h":
        return None if word.startswith("herb") else bool(_SILENT_H.match(word))
    return word[0] in "aeiou" and not _LIKE_YOU.match(word)
