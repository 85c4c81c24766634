"""Entries of the prediction file: a page's answers in the official format."""
from typing import Any, Dict, Sequence

from bert_nq.datasets.nq.example import Span

# The score of an answer where none is possible, lower than a model's scores.
NO_ANSWER_SCORE = -10000.0
NULL = Span(-1, -1)


def span_record(span: Span) -> Dict[str, int]:
    """A span of tokens in the official format; its bytes are -1, for unknown."""
    return {"start_token": span.start_token, "end_token": span.end_token,
            "start_byte": -1, "end_byte": -1}


def page_entry(example_id: int, long_answer: Span, shorts: Sequence[Span],
               scores: Dict[str, float]) -> Dict[str, Any]:
    """An entry with the scores of four kinds of answers, before thresholds.

    Yes or no is answered instead of the short spans where it scores higher.

    Args:
      example_id: of the page.
      long_answer: the best one, or NULL.
      shorts: the best short span, or several that are answered together, or none.
      scores: of "long", "short", "yes" and "no".
    """
    spans = [span_record(span) for span in shorts]
    yes_no = "yes" if scores["yes"] >= scores["no"] else "no"
    is_yes_no = scores[yes_no] > scores["short"]
    return {
        "example_id": example_id,
        "long_answer": span_record(long_answer),
        "long_answer_score": scores["long"],
        "short_answers": [] if is_yes_no else spans,
        "short_answers_score": scores[yes_no if is_yes_no else "short"],
        "yes_no_answer": yes_no.upper() if is_yes_no else "NONE",
        "scores": scores,
        "best_short_answers": spans,
    }
