"""A SQuAD example: a question, a context as text, and answers in it."""
from typing import NamedTuple, Optional, Tuple


class Answer(NamedTuple):
    """An answer of one annotator."""
    text: str
    start_char: int  # in the context, in characters of Unicode; -1 where the data have no offset


class Example(NamedTuple):
    """A question about a context."""
    example_id: int  # signed, 64 bits: the hash of question_id
    question_id: str
    title: str
    question: str
    context: str
    answers: Tuple[Answer, ...]  # as annotated; empty where there is none
    is_impossible: Optional[bool]  # None where the data do not say it, as in SQuAD 1.1
    source: str  # its file and number, "dev-v2.0.json, question 17"

    def place(self) -> str:
        """The source and the id, for messages."""
        return place(self.source, self.question_id)


def place(source: str, question_id: str) -> str:
    """The source of a question and its id, for messages."""
    return "%s (id %.80s)" % (source, question_id)
