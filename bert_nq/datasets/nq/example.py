"""An NQ example: a question, a page as tokens, long-answer candidates and annotations."""
import enum
from typing import List, NamedTuple, Tuple


class AnswerType(enum.IntEnum):
    """The classes of the answer-type head, numbered as in the reference."""
    UNKNOWN = 0
    YES = 1
    NO = 2
    SHORT = 3
    LONG = 4


class Span(NamedTuple):
    """Document tokens [start_token, end_token)."""
    start_token: int
    end_token: int


class Candidate(NamedTuple):
    """A part of the page that may be the long answer: document tokens [start_token, end_token)."""
    start_token: int
    end_token: int
    top_level: bool


class Annotation(NamedTuple):
    """What one annotator said. Without a long answer, `candidate_index` is -1."""
    candidate_index: int
    short_answers: Tuple[Span, ...]
    yes_no_answer: str  # "YES", "NO" or "NONE"


class Example(NamedTuple):
    """One page with its question. `source` names the file and line it was read from."""
    example_id: int  # signed, 64 bits
    question: str
    title: str
    tokens: List[str]  # T document tokens, HTML tags included
    is_html: List[bool]  # T: whether the token is a tag
    candidates: List[Candidate]
    annotations: List[Annotation]
    source: str = ""

    def is_answerable(self) -> bool:
        """Whether at least one annotation has a long answer."""
        return any(a.candidate_index >= 0 for a in self.annotations)
