"""Texts of answers compared as the official scripts of SQuAD compare them."""
import collections
import re
import string
from typing import Iterable, List, Sequence, Tuple

from bert_nq.base.numbers import Number

_PUNCTUATION = {ord(character): None for character in string.punctuation}
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
NO_ANSWER = ("",)  # the normalised answers of a question that has none


def normalised(text: str) -> str:
    """Lower-cased, without ASCII punctuation and articles, words parted by single blanks.

    The order of the steps matters: "the." is an article, "T-he" is one too, and "the\u2013end"
    loses its article since the dash is no ASCII punctuation.
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def wanted(answers: Iterable[str], drop_empty: bool) -> Tuple[str, ...]:
    """The normalised answers of a question, each once.

    Args:
      answers: as annotated.
      drop_empty: the rule of version 2.0: answers of which nothing is left do not count, and where
        no other is there the right one is none at all.
    """
    found = tuple(dict.fromkeys(map(normalised, answers)))
    if drop_empty:
        found = tuple(filter(None, found)) or NO_ANSWER
    return found


def compare(answers: Sequence[str], prediction: str) -> Tuple[int, Number]:
    """Exact match and F1 of a prediction: the best of all answers.

    F1 is that of the bags of words. The order of its operations is that of the official scripts,
    whose numbers come out to the last digit.

    Args:
      answers: normalised, at least one.
      prediction: normalised.
    """
    if prediction in answers:
        return 1, 1
    words = prediction.split(" ")
    return 0, max(_f1(words, answer.split(" ")) for answer in answers)


def _f1(predicted: List[str], gold: List[str]) -> Number:
    common = set(predicted) & set(gold)
    common.discard("")  # Nothing is left of a text: "".split(" ") is [""].
    if not common:
        return 0
    here, there = collections.Counter(predicted), collections.Counter(gold)
    num_same = sum(min(here[word], there[word]) for word in common)
    precision = num_same / len(predicted)
    recall = num_same / len(gold)
    return 2 * precision * recall / (precision + recall)
