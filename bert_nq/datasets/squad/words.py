"""The words of a context, by white space, as Google's run_squad has them."""
import re
from typing import List

# U+202F, the narrow no-break space, separates words; other blanks of Unicode do not.
_WORD = re.compile("[^ \t\r\n\u202f]+")


def split_words(context: str) -> List[str]:
    """The words in order. Answers of a model are words of the context, joined by blanks."""
    return _WORD.findall(context)


def word_starts(context: str) -> List[int]:
    """The first character of each word."""
    return [match.start() for match in _WORD.finditer(context)]
