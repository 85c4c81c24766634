"""Texts of answers compared as the official scripts of SQuAD compare them."""
import collections
import re
import string
from typing import Iterable, List, Sequence, Set, Tuple

from bert_nq.base.numbers import Number

_PUNCTUATION = re.compile("[%s]+" % re.escape(string.punctuation))
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
NO_ANSWER = ("",)  # the normalised answers of a question that has none


def normalised(text: str) -> str:
    """Lower-cased, without ASCII punctuation and articles, words parted by single blanks.

    The order of the steps matters: "the." is an article, "T-he" is one too, and "the\u2013end"
    loses its article since the dash is no ASCII punctuation.
    """
    return " ".join(_ARTICLES.sub(" ", _PUNCTUATION.sub("", text.lower())).split())


def wanted(answers: Iterable[str], drop_empty: bool) -> Tuple[str, ...]:
    """The normalised answers of a question, each once.

    Args:
      answers: as annotated.
      drop_empty: the rule of version 2.0: answers of which nothing is left do not count, and where
        no other is there the right one is none at all.
    """
    # Annotators often agree.
    found = tuple(dict.fromkeys(map(normalised, dict.fromkeys(answers))))
    if drop_empty:
        found = tuple(filter(None, found)) or NO_ANSWER
    return found


def compare(answers: Sequence[str], prediction: str, drop_empty: bool) -> Tuple[int, Number]:
    """Exact match and F1 of a prediction: the best of all answers.

    F1 is that of the bags of words. The order of its operations is that of the official scripts,
    whose numbers come out to the last digit.

    Args:
      answers: as annotated; at least one, unless `drop_empty`.
      prediction: as predicted.
      drop_empty: as for `wanted`.
    """
    text = normalised(prediction)
    if text and prediction in answers:
        return 1, 1
    return _compare(wanted(answers, drop_empty), text)


def _compare(answers: Sequence[str], prediction: str) -> Tuple[int, Number]:
    if prediction in answers:
        return 1, 1
    words = prediction.split()
    different = set(words)
    return 0, max([_f1(words, different, answer.split()) for answer in answers])


def _f1(predicted: List[str], different: Set[str], gold: List[str]) -> Number:
    """F1 of two texts' words; `different` are the predicted ones, each once."""
    common = different.intersection(gold)
    if not common:
        return 0
    if len(different) == len(predicted) or len(set(gold)) == len(gold):
        num_same = len(common)  # None of them is on both sides twice.
    else:
        there = collections.Counter(gold)
        num_same = sum(min(count, there[word])
                       for word, count in collections.Counter(predicted).items())
    precision = num_same / len(predicted)
    recall = num_same / len(gold)
    return 2 * precision * recall / (precision + recall)
