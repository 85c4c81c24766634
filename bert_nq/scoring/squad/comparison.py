"""The questions that one system answers exactly right and another does not."""
from typing import List, NamedTuple

from bert_nq.scoring.squad.system import System


class Change(NamedTuple):
    """A question that one of two systems answers right and the other wrong."""
    question_id: str
    won: bool  # whether the reported system is right; else the other is
    question: str
    gold: List[str]  # the annotated answers, each different one once
    answer: str  # "" for none
    other_answer: str


def changes(system: System, other: System) -> List[Change]:
    """The changed questions in their order, each system at its threshold."""
    found = []
    for place, (question, row, other_row) in enumerate(
            zip(system.questions, system.settled(), other.settled())):
        if bool(row.exact) != bool(other_row.exact):
            found.append(Change(
                question.question_id, bool(row.exact), question.question,
                list(dict.fromkeys(question.answers)),
                system.texts[place] if row.is_answered else "",
                other.texts[place] if other_row.is_answered else ""))
    return found
