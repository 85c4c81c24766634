"""Annotators of gold: whether there are enough of them for the official measures to move.

A question has an answer if so many annotators marked one, two of the five that NQ has. Gold of
one's own often has one annotator: then no question has an answer, and every F1 is 0 whatever a
system answers.
"""
from typing import List, Mapping, NamedTuple, Sequence, Tuple

from bert_nq.scoring.nq.labels import Answers
from bert_nq.scoring.nq.measures import NON_NULL_THRESHOLD

KINDS = ("long", "short")

_ANNOTATORS = 5  # of a question of NQ's dev set, for which the rule is made


class Shortage(NamedTuple):
    """The answers that no system can be right about."""
    kinds: Tuple[str, ...]  # of KINDS, those of which no question has an answer: their F1 is 0
    remarks: Tuple[str, ...]  # that and the remedy, a sentence without a full stop each


def shortage(gold: Mapping[int, Sequence[Answers]],
             long_non_null_threshold: int = NON_NULL_THRESHOLD,
             short_non_null_threshold: int = NON_NULL_THRESHOLD) -> Shortage:
    """Finds what gold lacks under the official rule.

    Where some question has the five annotators of NQ, the rule is meant, so that only scores that
    are all 0 are told of.

    Args:
      gold: the annotations of each example id.
      long_non_null_threshold: see `measures.long_row`.
      short_non_null_threshold: see `measures.short_row`.
    """
    least = {"long": long_non_null_threshold, "short": short_non_null_threshold}
    marks = {kind: [_count(annotations, kind) for annotations in gold.values() if annotations]
             for kind in KINDS}
    numbers = list(filter(None, map(len, gold.values())))
    empty = tuple(kind for kind in KINDS if not any(n >= least[kind] for n in marks[kind]))
    is_as_nq = max(numbers, default=0) >= _ANNOTATORS
    too_few = [kind for kind in empty if any(marks[kind]) and not (is_as_nq and empty != KINDS)]
    remarks: List[str] = []
    if too_few:
        remarks.append("no question has %s, so that %s F1 is 0: where each question has one "
                       "annotator, give %s" % (_found_wanting(too_few, least),
                                               "every" if len(too_few) == 2 else "its",
                                               _flags(too_few)))
    elif empty == KINDS:
        remarks.append("no annotator marked an answer, so that every F1 is 0")
    for kind in KINDS:
        short_of = sum(number < least[kind] for number in numbers)
        if kind not in empty and not is_as_nq and 2 * short_of > len(numbers):
            remarks.append("%s of %s questions have fewer than %d annotators, so that they count "
                           "as without a %s answer: where most have one, give %s"
                           % (format(short_of, ","), format(len(numbers), ","), least[kind], kind,
                              _flags([kind])))
    return Shortage(empty, tuple(remarks))


def _count(annotations: Sequence[Answers], kind: str) -> int:
    """How many annotators marked an answer of this kind."""
    if kind == "long":
        return sum(not a.long_answer.is_null() for a in annotations)
    return sum(a.has_short_answer() for a in annotations)


def _found_wanting(kinds: Sequence[str], least: Mapping[str, int]) -> str:
    """"2 annotators with a long or 2 with a short answer"."""
    first = "%d annotators with a %s" % (least[kinds[0]], kinds[0])
    return first + "".join(" or %d with a %s" % (least[kind], kind) for kind in kinds[1:]) + (
        " answer")


def _flags(kinds: Sequence[str]) -> str:
    return " ".join("--%s_non_null_threshold=1" % kind for kind in kinds)
