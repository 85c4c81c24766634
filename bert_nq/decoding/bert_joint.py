"""The decoder of bert_joint: one span, one score, and the candidate around it.

Notation: N windows of a page, K best starts or ends of each window.
"""
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from bert_nq.datasets.nq.example import Candidate, Example, Span
from bert_nq.decoding.entries import NO_ANSWER_SCORE, NULL, span_record
from bert_nq.decoding.nbest import Ranked, nbest_record
from bert_nq.decoding.page_windows import PageWindows
from bert_nq.modeling.heads.window_outputs import OutputOptions, WindowOutputs


class BertJointOptions(NamedTuple):
    """The options of the search for spans, named as the flags are.

    The reference has flags n_best_size=20 and max_answer_length=30, ignores both and takes the 10
    best starts and ends of a window; here the flags are obeyed, and their defaults do the same.
    """
    n_best_size: int = 10  # K
    max_answer_length: int = 30  # wordpieces, both ends counted


class Answer(NamedTuple):
    """The best span of a page and the long answer around it; NULL where there is none."""
    score: float
    short_answer: Span
    long_answer: Span


class _Spans(NamedTuple):
    """The possible spans of a page, in any order; arrays of the same length."""
    scores: np.ndarray  # float64
    firsts: np.ndarray  # first document token
    lasts: np.ndarray  # last document token
    windows: np.ndarray  # index of the window


class BertJointDecoder:
    """The decoder of `decode`; it ignores the answer type and never answers yes or no."""

    name = "bert_joint"
    outputs_type = WindowOutputs

    def __init__(self, options: BertJointOptions):
        self.options = options

    def output_options(self) -> OutputOptions:
        """The outputs that the model must give for each window."""
        return OutputOptions(num_spans=1, num_positions=self.options.n_best_size,
                             sees_padding=True,
                             max_answer_length=self.options.max_answer_length)

    def decode(self, example: Example, windows: PageWindows,
               outputs: WindowOutputs) -> Dict[str, Any]:
        """The page's entry of the prediction file."""
        answer = decode(outputs, windows.token_map, example.candidates, self.options)
        return prediction_of(example.example_id, answer)

    def nbest(self, example: Example, windows: PageWindows,
              outputs: WindowOutputs) -> Dict[str, Any]:
        """The page's entry of the n-best file: its best spans and the candidates around them."""
        spans = _possible(outputs, windows.token_map, self.options)
        shorts, longs = {}, {}  # type: Dict[Span, Ranked], Dict[Span, Ranked]
        for i in _best_first(spans):
            span = Span(int(spans.firsts[i]), int(spans.lasts[i]) + 1)
            score, window = float(spans.scores[i]), int(spans.windows[i])
            shorts.setdefault(span, Ranked(span, score, window))
            around = enclosing_candidate(span, example.candidates)
            if around is not None:
                candidate = example.candidates[around]
                longs.setdefault(Span(*candidate[:2]), Ranked(
                    Span(*candidate[:2]), score, window, around))
            if len(shorts) == self.options.n_best_size:
                break
        return nbest_record(example, list(longs.values()), list(shorts.values()))

    def both(self, example: Example, windows: PageWindows,
             outputs: WindowOutputs) -> Tuple[Dict[str, Any], Dict[str, Any]]:
        """The results of `decode` and of `nbest`."""
        return self.decode(example, windows, outputs), self.nbest(example, windows, outputs)

    def describe(self) -> Dict[str, Any]:
        """The decoder's name and options, for the predictor of the prediction file."""
        return {"decoder": self.name, "options": dict(self.options._asdict())}


def decode(outputs: WindowOutputs, token_map: np.ndarray, candidates: List[Candidate],
           options: BertJointOptions) -> Answer:
    """The span of the highest score over all windows, and the candidate around it.

    A span's score is start + end logit, less those of [CLS]. Both its pieces must
    belong to document tokens, the last token not before the first one: a window may show a
    candidate and then another that is nested in it, so that tokens come again. Of equal scores the
    earliest start wins, then the shortest span.

    Args:
      outputs: of the N windows.
      token_map: int [N, S], document token of each piece, -1 for other pieces.
      candidates: of the page, in order.
      options: see `BertJointOptions`.

    Raises:
      UserError: a logit is not a number.
    """
    spans = _possible(outputs, token_map, options)
    if not len(spans.scores):
        return Answer(NO_ANSWER_SCORE, NULL, NULL)
    best = _best_first(spans)[0]
    short_answer = Span(int(spans.firsts[best]), int(spans.lasts[best]) + 1)
    return Answer(float(spans.scores[best]), short_answer, enclosing(short_answer, candidates))


def _possible(outputs: WindowOutputs, token_map: np.ndarray, options: BertJointOptions) -> _Spans:
    outputs.check_finite()
    n_best = options.n_best_size
    starts = outputs.start_positions[:, :n_best, None]  # [N, K, 1]
    ends = outputs.end_positions[:, None, :n_best]  # [N, 1, K]
    rows = np.arange(len(starts))[:, None, None]
    start_tokens, last_tokens = token_map[rows, starts], token_map[rows, ends]
    length = ends - starts + 1
    possible = ((length >= 1) & (length <= options.max_answer_length)
                & (start_tokens != -1) & (last_tokens >= start_tokens))
    # Sums in float64: in float32 a small logit vanishes beside a large one, which makes ties.
    scores = (outputs.start_logits[:, :n_best, None].astype(np.float64)
              + outputs.end_logits[:, None, :n_best]
              - outputs.null_scores.astype(np.float64)[:, None, None])
    return _Spans(scores[possible], *(np.broadcast_to(a, possible.shape)[possible]
                                      for a in (start_tokens, last_tokens, rows)))


def _best_first(spans: _Spans) -> np.ndarray:
    return np.lexsort((spans.windows, spans.lasts, spans.firsts, -spans.scores))


def enclosing(span: Span, candidates: List[Candidate]) -> Span:
    """The tokens of the first top-level candidate that holds the span, or NULL."""
    index = enclosing_candidate(span, candidates)
    return NULL if index is None else Span(*candidates[index][:2])


def enclosing_candidate(span: Span, candidates: List[Candidate]) -> Optional[int]:
    """The index of the first top-level candidate that holds the span; None: there is none."""
    for index, c in enumerate(candidates):
        if c.top_level and c.start_token <= span.start_token and c.end_token >= span.end_token:
            return index
    return None


def prediction_of(example_id: int, answer: Answer) -> Dict[str, Any]:
    """An entry of the official prediction file."""
    short_answers = [] if answer.short_answer == NULL else [span_record(answer.short_answer)]
    return {
        "example_id": example_id,
        "long_answer": span_record(answer.long_answer),
        "long_answer_score": answer.score,
        "short_answers": short_answers,
        "short_answers_score": answer.score,
        "yes_no_answer": "NONE",
    }
