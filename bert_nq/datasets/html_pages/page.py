"""A page of one's own, in the terms of Natural Questions.

Notation: T document tokens.
"""
from typing import List, NamedTuple

from bert_nq.datasets.nq.example import Candidate, Example


class Page(NamedTuple):
    """A page without a question; its HTML is ours, cleaned, and the tokens lie in it."""
    title: str
    html: bytes  # UTF-8: the elements of the page that hold text, without attributes
    tokens: List[str]  # T words and HTML tags, as Natural Questions has them
    is_html: List[bool]  # T: whether the token is a tag
    start_bytes: List[int]  # T: where the token begins in `html`
    end_bytes: List[int]  # T: where it ends, exclusive
    candidates: List[Candidate]  # parts that may be the long answer, in the order of their starts
    source: str  # the file, for messages and lists

    def example(self, question: str, example_id: int = 0) -> Example:
        """The page with a question, without annotations."""
        return Example(example_id, question, self.title, self.tokens, self.is_html, self.candidates,
                       [], self.source)
