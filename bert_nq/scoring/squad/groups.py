"""Scores of groups of questions: by answerability, length of the answer, question word."""
from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

from bert_nq.base.numbers import Number
from bert_nq.scoring.grouping import QUESTION_WORDS, grouped, question_word
from bert_nq.scoring.squad.gold import Question
from bert_nq.scoring.squad.measures import Row

_NONE = "no answer"
# The most words of each class of lengths, with its name.
_LENGTHS = ((1, "1"), (2, "2"), (3, "3"), (5, "4-5"), (10, "6-10"), (20, "11-20"))
_LONGER = "21 and more"

_Scored = Tuple[Question, Row]


class Group(NamedTuple):
    """The questions of a group and their scores."""
    name: str
    questions: int
    answered: int  # those that got an answer, right or wrong
    exact: Number  # percent
    f1: Number


def answerability(question: Question) -> str:
    """Whether it has an answer."""
    return "has an answer" if question.answers else _NONE


def answer_length(question: Question) -> str:
    """The class of the number of words of the first annotated answer."""
    if not question.answers:
        return _NONE
    words = len(question.answers[0].split())
    return next((name for most, name in _LENGTHS if words <= most), _LONGER)


def tables(questions: Sequence[Question], rows: Sequence[Row]) -> Dict[str, List[Group]]:
    """The groups of each table, by the table's title.

    Args:
      questions: all of them.
      rows: their rows, to which the threshold was applied.
    """
    scored = list(zip(questions, rows))
    found = {
        "answerability": _table(scored, answerability, ("has an answer",)),
        "words of the answer": _table(
            scored, answer_length, [name for _, name in _LENGTHS] + [_LONGER, _NONE]),
        "question word": _table(scored, lambda q: question_word(q.question), QUESTION_WORDS)}
    if len(found["answerability"]) < 2:  # All have an answer, as in version 1.1.
        del found["answerability"]
    return found


def _table(scored: Sequence[_Scored], key: Callable[[Question], str], order: Sequence[str]
           ) -> List[Group]:
    groups = grouped(scored, lambda pair: key(pair[0]), order)
    return [_group(name, [row for _, row in members]) for name, members in groups.items()]


def _group(name: str, rows: Sequence[Row]) -> Group:
    return Group(name, len(rows), sum(row.is_answered for row in rows),
                 100.0 * sum(row.exact for row in rows) / len(rows),
                 100.0 * sum(row.f1 for row in rows) / len(rows))


def as_json(found: Dict[str, List[Group]]) -> Dict[str, Any]:
    """The tables for a JSON file."""
    return {title: [dict(group._asdict()) for group in groups] for title, groups in found.items()}
