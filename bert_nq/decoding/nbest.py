"""Entries of the n-best file: a page's best answers with their text and probabilities.

scoring/nq/nbest.py reads them.
"""
import itertools
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from bert_nq.datasets.nq.example import Example, Span

MAX_LONG_TOKENS = 200  # of a long answer's text


class Ranked(NamedTuple):
    """An answer for the list of a page's best ones."""
    span: Span
    score: float  # log-odds: 0 is as likely as "no answer"
    window: int  # index of the page's window that it comes from
    candidate: Optional[int] = None  # of a long answer: its index in the page's list


def nbest_record(example: Example, longs: Sequence[Ranked], shorts: Sequence[Ranked],
           yes_no: Optional[Dict[str, float]] = None) -> Dict[str, Any]:
    """A page's entry of the n-best file.

    Args:
      example: the page.
      longs: long answers, the best first.
      shorts: short answers, the best first.
      yes_no: the scores of "yes" and "no", where there are any.

    Probabilities are the softmax over the answers of a list and "no answer", whose score is 0. Yes
    and no belong to the list of short answers.
    """
    yes_no = yes_no or {}
    scores = [r.score for r in shorts] + list(yes_no.values())
    short_probabilities = probabilities(scores)
    return {
        "example_id": example.example_id,
        "question": example.question,
        "long_answers": [
            dict(_answer(example, ranked, p, MAX_LONG_TOKENS), candidate_index=ranked.candidate)
            for ranked, p in zip(longs, probabilities([r.score for r in longs]))],
        "short_answers": [_answer(example, *pair) for pair in zip(shorts, short_probabilities)],
        "yes_no": {name: {"score": score, "probability": p} for (name, score), p in zip(
            yes_no.items(), short_probabilities[len(shorts):])},
    }


def probabilities(scores: Sequence[float]) -> List[float]:
    """The softmax over scores and a null of score 0, without the share of the null.

    For [0, 0] it is [1 / 3, 1 / 3].
    """
    if not len(scores):
        return []
    logits = np.array([0.0] + list(scores))
    odds = np.exp(logits - logits.max())
    return (odds[1:] / odds.sum()).tolist()


def _answer(example: Example, ranked: Ranked, probability: float,
            max_tokens: Optional[int] = None) -> Dict[str, Any]:
    return {"start_token": ranked.span.start_token, "end_token": ranked.span.end_token,
            "text": text(example, ranked.span, max_tokens), "score": ranked.score,
            "probability": probability, "window": ranked.window}


def text(example: Example, span: Span, max_tokens: Optional[int] = None) -> str:
    """The tokens of a span without tags, the first `max_tokens` of them, joined by blanks."""
    tokens = (token for token, is_html in zip(example.tokens[slice(*span)],
                                              example.is_html[slice(*span)]) if not is_html)
    return " ".join(itertools.islice(tokens, max_tokens))
