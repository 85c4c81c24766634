"""The decoder of QuesBELM's reader: the best candidate of a page, and the answer in it.

A candidate's long score is 1 - P(no answer), its short score 1 - P(no answer) - P(long alone). The
candidate of the highest long score is the long answer; yes, no or a span is the short one. Source:
Pranesh, Shekhar and Pallavi, ICCCS 2020. docs/quesbelm.md has the rules.

Notation: N rows, one for each candidate; W words of a candidate that are in its row.
"""
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import CandidateClass, Example, Span
from bert_nq.decoding.entries import NULL, span_record
from bert_nq.decoding.nbest import Ranked, nbest_record
from bert_nq.modeling.heads.candidate_outputs import CandidateOptions, CandidateOutputs

NO_ANSWER, LONG, SHORT, NO, YES = map(int, CandidateClass)

# The scores of a page without candidates.
NO_CANDIDATE_SCORE = -1.0
SPAN_CHOICES = ("best_pair", "argmax")
_LEAST = 1e-12  # of a probability whose log-odds are told


class CandidateDecoderOptions(NamedTuple):
    """Named as the flags are."""
    # best_pair: the likeliest start with an end behind it; argmax: as the source, the likeliest
    # start and the likeliest end, and no span where they do not make one.
    span_choice: str = "best_pair"
    n_best_size: int = 20  # candidates of the n-best list

    def check(self) -> "CandidateDecoderOptions":
        """Raises UserError where there is no such choice; returns itself."""
        if self.span_choice not in SPAN_CHOICES:
            raise UserError("--span_choice=%.40s: choose one of %s"
                            % (self.span_choice, ", ".join(SPAN_CHOICES)))
        return self


class CandidateWindows(NamedTuple):
    """Where a page's words are in the rows of its N candidates, S pieces each."""
    # int [N, S] the document token of each word, at its first piece; at the separator behind them
    # the token behind the last word; elsewhere -1.
    word_map: np.ndarray


class WordValues(NamedTuple):
    """What a model says of the words of a candidate; the same words for all tokenizers."""
    tokens: np.ndarray  # int [W] their document tokens, rising
    starts: np.ndarray  # float64 [W] probability that the answer starts with a word
    ends: np.ndarray  # float64 [W + 1] that it ends before a word, or with the last one


class Choice(NamedTuple):
    """The answers of a page."""
    candidate: int  # its index, -1: none
    long_score: float
    short_score: float
    span: Span  # the short answer, or NULL
    yes_no: str  # "YES", "NO" or "NONE"


_NO_CHOICE = Choice(-1, NO_CANDIDATE_SCORE, NO_CANDIDATE_SCORE, NULL, "NONE")


def word_values(rows: CandidateWindows, row: int, outputs: CandidateOutputs) -> WordValues:
    """The values of one row at the first piece of each word."""
    word_map = rows.word_map[row, :outputs.start_log_probs.shape[1]]
    places = np.flatnonzero(word_map >= 0)  # of the words, then of the separator
    starts, ends = (np.exp(log_probs[row, places].astype(np.float64))
                    for log_probs in (outputs.start_log_probs, outputs.end_log_probs))
    return WordValues(word_map[places[:-1]], starts[:-1], ends)


def choose_span(values: WordValues, span_choice: str) -> Span:
    """The short answer among the words of a candidate, or NULL.

    It ends with the word before the one that is chosen as its end: tags between the two, if there
    are no words of them, are no part of it.
    """
    if not len(values.tokens):
        return NULL
    start, end = (_argmax if span_choice == "argmax" else _best_pair)(values.starts, values.ends)
    if end <= start:
        return NULL
    return Span(int(values.tokens[start]), int(values.tokens[end - 1]) + 1)


def _argmax(starts: np.ndarray, ends: np.ndarray) -> Tuple[int, int]:
    return int(np.argmax(starts)), int(np.argmax(ends))


def _best_pair(starts: np.ndarray, ends: np.ndarray) -> Tuple[int, int]:
    """The pair start < end of the largest product; of equal ones that which ends, then that which
    starts first."""
    before = np.maximum.accumulate(starts)
    end = int(np.argmax(before * ends[1:])) + 1
    return int(np.argmax(starts[:end])), end


def choose(example: Example, probabilities: np.ndarray, values_of: Any,
           span_choice: str) -> Choice:
    """The answers of a page by the probabilities of its candidates.

    Args:
      example: the page.
      probabilities: float64 [N, 5], of the classes.
      values_of: given a row, its WordValues.
      span_choice: see CandidateDecoderOptions.
    """
    if not len(probabilities):
        return _NO_CHOICE
    best = int(np.argmin(probabilities[:, NO_ANSWER]))
    p = probabilities[best].tolist()
    yes_no = _yes_or_no(p)
    span = NULL if yes_no else choose_span(values_of(best), span_choice)
    return Choice(best, 1 - p[NO_ANSWER], 1 - p[NO_ANSWER] - p[LONG], span, yes_no or "NONE")


def _yes_or_no(p: List[float]) -> Optional[str]:
    """The one that is likelier than a short answer, if any; of equal ones NO, the earlier class."""
    if max(p[NO], p[YES]) <= p[SHORT]:
        return None
    return "YES" if p[YES] > p[NO] else "NO"


def entry_of(example: Example, choice: Choice) -> Dict[str, Any]:
    """The page's entry of the prediction file."""
    long_answer = NULL
    if choice.candidate != -1:
        long_answer = Span(*example.candidates[choice.candidate][:2])
    return {
        "example_id": example.example_id,
        "long_answer": span_record(long_answer),
        "long_answer_score": choice.long_score,
        "short_answers": [] if choice.span == NULL else [span_record(choice.span)],
        "short_answers_score": choice.short_score,
        "yes_no_answer": choice.yes_no,
    }


class CandidateDecoder:
    """The decoder of one model, or of the mean logits of several of one vocabulary."""

    name = "candidates"
    outputs_type = CandidateOutputs

    def __init__(self, options: CandidateDecoderOptions):
        self.options = options.check()

    def output_options(self) -> CandidateOptions:
        """The outputs that the model must give for each row."""
        return CandidateOptions()

    def decode(self, example: Example, rows: CandidateWindows,
               outputs: CandidateOutputs) -> Dict[str, Any]:
        """The page's entry of the prediction file.

        Raises:
          UserError: a logit is not a number.
        """
        outputs.check_finite()
        choice = choose(example, _probabilities(outputs),
                        lambda row: word_values(rows, row, outputs), self.options.span_choice)
        return entry_of(example, choice)

    def nbest(self, example: Example, rows: CandidateWindows,
              outputs: CandidateOutputs) -> Dict[str, Any]:
        """The page's entry of the n-best file: its best candidates and the span in each."""
        probabilities = _probabilities(outputs)
        best = np.argsort(probabilities[:, NO_ANSWER], kind="stable")[:self.options.n_best_size]
        longs, shorts = [], []
        for row in best.tolist():
            span = choose_span(word_values(rows, row, outputs), self.options.span_choice)
            longs.append(Ranked(Span(*example.candidates[row][:2]),
                                _log_odds(1 - probabilities[row, NO_ANSWER]), row, row))
            if span != NULL:
                shorts.append(Ranked(span, _log_odds(probabilities[row, SHORT]), row))
        yes_no = {} if not len(best) else {
            name: _log_odds(probabilities[best[0], kind]) for name, kind in (
                ("yes", YES), ("no", NO))}
        shorts.sort(key=lambda short: -short.score)
        return nbest_record(example, longs, shorts, yes_no)

    def both(self, example: Example, rows: CandidateWindows, outputs: CandidateOutputs
             ) -> Tuple[Dict[str, Any], Dict[str, Any]]:
        """The results of `decode` and of `nbest`."""
        return self.decode(example, rows, outputs), self.nbest(example, rows, outputs)

    def describe(self) -> Dict[str, Any]:
        """The decoder's name and options, for the predictor of the prediction file."""
        return {"decoder": self.name, "options": dict(self.options._asdict())}


def _probabilities(outputs: CandidateOutputs) -> np.ndarray:
    """float64 [N, 5] of the classes, whose sums are 1."""
    p = np.exp(outputs.class_log_probs.astype(np.float64)).reshape(-1, YES + 1)
    return p / p.sum(axis=1, keepdims=True)


def _log_odds(p: float) -> float:
    p = min(max(float(p), _LEAST), 1 - _LEAST)
    return float(np.log(p) - np.log1p(-p))
