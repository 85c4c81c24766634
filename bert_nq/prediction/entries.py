"""An entry of the prediction file: a page's answers in the official format."""
from typing import Dict

from bert_nq.nq.example import Span

# The score of an answer where none is possible; below all that a model says.
NO_ANSWER_SCORE = -10000.0
NULL = Span(-1, -1)


def span_record(span: Span) -> Dict[str, int]:
    """A span of tokens in the official format; bytes are left out, as -1."""
    return {"start_token": span.start_token, "end_token": span.end_token,
            "start_byte": -1, "end_byte": -1}
