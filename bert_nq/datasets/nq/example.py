"""An NQ example: a question, a page as tokens, long-answer candidates and annotations.

scoring/nq/labels.py has types of its own, for it knows bytes and no candidates.
"""
import enum
from typing import List, NamedTuple, Tuple


class AnswerType(enum.IntEnum):
    """The classes of the answer-type head, numbered as in the reference."""
    UNKNOWN = 0
    YES = 1
    NO = 2
    SHORT = 3
    LONG = 4


class CandidateClass(enum.IntEnum):
    """The classes of a candidate, numbered as in QuesBELM."""
    NO_ANSWER = 0
    LONG = 1  # a long answer alone
    SHORT = 2
    NO = 3
    YES = 4


class Span(NamedTuple):
    """A span of document tokens, [start_token, end_token)."""
    start_token: int
    end_token: int


class Candidate(NamedTuple):
    """A part of the page that may be the long answer: document tokens [start_token, end_token)."""
    start_token: int
    end_token: int
    top_level: bool


class Annotation(NamedTuple):
    """The answers of one annotator."""
    candidate_index: int  # of the long answer, -1 where there is none
    short_answers: Tuple[Span, ...]
    yes_no_answer: str  # "YES", "NO" or "NONE"


class Example(NamedTuple):
    """A page with its question and annotations."""
    example_id: int  # signed, 64 bits
    question: str
    title: str
    tokens: List[str]  # T document tokens, HTML tags included
    is_html: List[bool]  # T: whether the token is a tag
    candidates: List[Candidate]
    annotations: List[Annotation]
    source: str = ""  # its file and line, "nq-train-00.jsonl.gz, line 3"

    def is_answerable(self) -> bool:
        """Whether at least one annotation has a long answer."""
        return any(a.candidate_index >= 0 for a in self.annotations)
