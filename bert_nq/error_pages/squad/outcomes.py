"""The verdict on each question, in words. Verdicts add up to the official scores."""
from typing import Dict, List, NamedTuple, Optional, Sequence

from bert_nq.base.numbers import Number
from bert_nq.scoring.squad import measures, texts
from bert_nq.scoring.squad.gold import Question
from bert_nq.scoring.squad.measures import Row
from bert_nq.scoring.squad.system import System

RIGHT, PARTLY, WRONG, MISSED = "right", "partly", "wrong", "missed"
FALSE_ALARM, NULL = "false_alarm", "null"

_WITH_ANSWER = {
    RIGHT: "right",
    PARTLY: "partly right",
    WRONG: "wrong answer",
    MISSED: "none, missed",
}
VERDICTS = dict(_WITH_ANSWER, **{FALSE_ALARM: "false alarm", NULL: "none, rightly"})
ERRORS = (PARTLY, WRONG, MISSED, FALSE_ALARM)


class JudgedQuestion(NamedTuple):
    """A question, what was predicted, and the verdict on it with its grounds."""
    question: Question
    text: str  # predicted; "" for none
    na_prob: Optional[Number]  # that there is no answer: a probability, or odds
    bare_row: Row  # whatever `na_prob`
    row: Row  # at the threshold
    verdict: str  # a key of VERDICTS

    def words(self) -> str:
        """The verdict as a person says it."""
        return VERDICTS[self.verdict]

    def is_silenced(self) -> bool:
        """Whether the threshold takes a predicted text away."""
        return self.bare_row.is_answered and not self.row.is_answered


def judge(system: System) -> List[JudgedQuestion]:
    """Judges each question of a system, in their order."""
    na_probs: Sequence[Optional[Number]] = system.na_probs or [None] * len(system.questions)
    return [JudgedQuestion(question, text, na_prob, bare_row, row, verdict(row))
            for question, text, na_prob, bare_row, row in zip(
                system.questions, system.texts, na_probs, system.rows, system.settled())]


def verdict(row: Row) -> str:
    """The verdict on a question. It is right or rightly none if the official score is 1."""
    if row.exact:
        return RIGHT if row.has_answer else NULL
    if not row.has_answer:
        return FALSE_ALARM
    if not row.is_answered:
        return MISSED
    return PARTLY if row.f1 else WRONG


def score_text(question: Question, text: str, version: str) -> Row:
    """The row that another text would have had."""
    exact, f1 = texts.compare(question.answers, text, drop_empty=version == measures.V2)
    return Row(bool(question.answers), bool(text), exact, f1)


def verdicts_of(version: str) -> Dict[str, str]:
    """The verdicts that a version knows, and their words."""
    return VERDICTS if version == measures.V2 else _WITH_ANSWER


def counts(questions: Sequence[JudgedQuestion], version: str) -> Dict[str, int]:
    """The number of questions with each verdict."""
    found = [question.verdict for question in questions]
    return {name: found.count(name) for name in verdicts_of(version)}
