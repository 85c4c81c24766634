"""The logits of a page's windows to its answer, as bert_joint decodes them.

Notation: N windows of a page, S wordpieces of a window, K best starts or ends that are looked at.
"""
from typing import Any, Dict, List, NamedTuple

import numpy as np

from bert_nq.nq.example import Candidate, Span

# The score of a page on which no span is possible.
NO_ANSWER_SCORE = -10000.0
_NULL = Span(-1, -1)


class DecodingOptions(NamedTuple):
    """How spans are looked for.

    The reference has flags n_best_size=20 and max_answer_length=30, ignores both and looks at the
    10 best starts and ends of a window; here the flags are obeyed and default to what it does.
    """
    n_best_size: int = 10
    max_answer_length: int = 30  # wordpieces, both ends counted


class Answer(NamedTuple):
    """The best span of a page in document tokens; null spans are [-1, -1)."""
    score: float
    short_answer: Span
    long_answer: Span


def decode(start_logits: np.ndarray, end_logits: np.ndarray, token_map: np.ndarray,
           candidates: List[Candidate], options: DecodingOptions) -> Answer:
    """The best-scored span over all windows, and the candidate around it.

    A span's score is start + end logit, less those of [CLS] at position 0. Both its pieces must
    belong to document tokens, the last one not before the first: nested candidates, one after the
    other in a window, repeat tokens. Of equal scores the earliest start wins, then the shortest.

    Args:
      start_logits: [N, S].
      end_logits: [N, S].
      token_map: int [N, S], document token of each piece, -1 for what is none.
      candidates: of the page, in order.
      options: see `DecodingOptions`.
    """
    if not np.all(np.isfinite(start_logits)) or not np.all(np.isfinite(end_logits)):
        raise ValueError("logits are not finite")
    starts = _best(start_logits, options.n_best_size)[:, :, None]  # [N, K, 1]
    ends = _best(end_logits, options.n_best_size)[:, None, :]  # [N, 1, K]
    rows = np.arange(len(starts))[:, None, None]
    start_tokens, last_tokens = token_map[rows, starts], token_map[rows, ends]
    length = ends - starts + 1
    possible = ((length >= 1) & (length <= options.max_answer_length)
                & (start_tokens != -1) & (last_tokens >= start_tokens))
    if not possible.any():
        return Answer(NO_ANSWER_SCORE, _NULL, _NULL)
    start64, end64 = start_logits.astype(np.float64), end_logits.astype(np.float64)
    scores = (start64[rows, starts] + end64[rows, ends]
              - (start64[:, 0] + end64[:, 0])[:, None, None])[possible]
    firsts = np.broadcast_to(start_tokens, possible.shape)[possible]
    lasts = np.broadcast_to(last_tokens, possible.shape)[possible]
    best = np.lexsort((lasts, firsts, -scores))[0]
    short_answer = Span(int(firsts[best]), int(lasts[best]) + 1)
    return Answer(float(scores[best]), short_answer, enclosing(short_answer, candidates))


def _best(logits: np.ndarray, n: int) -> np.ndarray:
    """[N, K] positions of the n largest logits of each row but position 0; of ties the first."""
    return np.argsort(-logits[:, 1:], axis=1, kind="stable")[:, :n] + 1


def enclosing(span: Span, candidates: List[Candidate]) -> Span:
    """The first top-level candidate that holds the span, or the null span."""
    for c in candidates:
        if c.top_level and c.start_token <= span.start_token and c.end_token >= span.end_token:
            return Span(c.start_token, c.end_token)
    return _NULL


def prediction_of(example_id: int, answer: Answer) -> Dict[str, Any]:
    """An entry of the official prediction file; bytes are left out, as -1."""
    short_answers = [] if answer.short_answer == _NULL else [_span(answer.short_answer)]
    return {
        "example_id": example_id,
        "long_answer": _span(answer.long_answer),
        "long_answer_score": answer.score,
        "short_answers": short_answers,
        "short_answers_score": answer.score,
        "yes_no_answer": "NONE",
    }


def _span(span: Span) -> Dict[str, int]:
    return {"start_token": span.start_token, "end_token": span.end_token,
            "start_byte": -1, "end_byte": -1}
