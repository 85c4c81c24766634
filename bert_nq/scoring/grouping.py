"""Questions in groups, such as those of a question word."""
import re
from typing import Callable, Dict, Iterable, List, Sequence, TypeVar

T = TypeVar("T")

_SAME = {"whose": "who", "whom": "who"}
_AMOUNT = ("many", "much")
# First words of questions that can be answered with yes or no.
_AUXILIARIES = frozenset(
    "is are was were am be do does did has have had can could will would shall should may might "
    "must".split())
_WORD = re.compile(r"[a-z]+")
_WORDS = ("who", "what", "when", "where", "which", "why", "how")
_HOW_MANY, _YES_NO, OTHER = "how many/much", "is/do ...", "other"

QUESTION_WORDS = _WORDS + (_HOW_MANY, _YES_NO)  # in the order of tables, OTHER comes last


def grouped(items: Iterable[T], key: Callable[[T], str], order: Sequence[str]
            ) -> Dict[str, List[T]]:
    """The groups that have items, by the items' keys: first those in `order`, then by name."""
    members = {}  # type: Dict[str, List[T]]
    for item in items:
        members.setdefault(key(item), []).append(item)
    names = [name for name in order if name in members]
    return {name: members[name] for name in names + sorted(set(members) - set(names))}


def question_word(question: str) -> str:
    """The first question word: who, what ... how, "how many/much"; else "is/do ..." or other."""
    words = _WORD.findall(question.lower())
    for word, following in zip(words, words[1:] + [""]):
        word = _SAME.get(word, word)
        if word == "how" and following in _AMOUNT:
            return _HOW_MANY
        if word in _WORDS:
            return word
    return _YES_NO if words and words[0] in _AUXILIARIES else OTHER
