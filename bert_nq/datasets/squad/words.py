"""The words of a context, by white space, as Google's run_squad has them."""
import itertools
import re
from typing import List, Sequence

# U+202F, the narrow no-break space, separates words; other blanks of Unicode do not.
_WORD = re.compile("[^ \t\r\n\u202f]+")


def split_words(context: str) -> List[str]:
    """The words in order. Answers of a model are words of the context, joined by blanks."""
    return _WORD.findall(context)


def word_starts(context: str, words: Sequence[str]) -> List[int]:
    """The first character of each of the words of a context."""
    if " ".join(words) == context:  # In most it is a blank that stands between two words.
        return list(itertools.accumulate([0] + [len(word) + 1 for word in words[:-1]]))
    return [match.start() for match in _WORD.finditer(context)]
