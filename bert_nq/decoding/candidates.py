"""The decoder of QuesBELM's reader: the best candidate of a page, and the answer in it.

A candidate's long score is 1 - P(no answer), its short score 1 - P(no answer) - P(long alone). The
candidate of the highest long score is the long answer; yes, no or a span is the short one. Source:
Pranesh, Shekhar and Pallavi, ICCCS 2020. docs/quesbelm.md has the rules.

Notation: N rows, one for each candidate; S pieces of a row.
"""
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import Candidate, CandidateClass, Example, Span
from bert_nq.decoding.entries import NULL, span_record
from bert_nq.decoding.nbest import Ranked, nbest_record
from bert_nq.decoding.word_sums import Reading
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
    """The candidates of a page that were read, N of them, and where their words are in the rows."""
    indexes: np.ndarray  # int [N], rising: their places in the page's list
    # int [N, S] the document token of each word, at its first piece; at the separator behind them
    # the token behind the last word; elsewhere -1.
    word_map: np.ndarray


class Choice(NamedTuple):
    """The answers of a page."""
    long_answer: Span  # or NULL
    long_score: float
    short_score: float
    short_answer: Span  # or NULL
    yes_no: str  # "YES", "NO" or "NONE"


_NO_CHOICE = Choice(NULL, NO_CANDIDATE_SCORE, NO_CANDIDATE_SCORE, NULL, "NONE")


def reading_of(candidate: Candidate, word_map: np.ndarray, row: int,
               outputs: CandidateOutputs) -> Reading:
    """The probabilities of one row by the document tokens of its candidate.

    An answer that ends before a word ends with the word before that: tags between the two, if they
    have no pieces, are no part of it, so that readers with and without tags agree.

    Args:
      candidate: of the row.
      word_map: int [S], of the row, see CandidateWindows.
      row: its place among the outputs.
      outputs: of the page's rows.
    """
    # Rows of a batch of shorter ones end before their padding does.
    word_map = word_map[:outputs.start_log_probs.shape[1]]
    places = np.flatnonzero(word_map >= 0)  # of the words, then of the separator
    tokens = word_map[places] - candidate.start_token
    number = candidate.end_token - candidate.start_token + 1
    starts, ends = np.zeros([number]), np.zeros([number])
    starts[tokens[:-1]] = _p(outputs.start_log_probs[row, places[:-1]])
    # Behind the word before; no answer can end before the first word, which stays where it is.
    ends[np.concatenate([tokens[:1], tokens[:-1] + 1])] = _p(outputs.end_log_probs[row, places])
    return Reading(starts, ends, _p(outputs.class_log_probs[row]))


def choose_span(candidate: Candidate, reading: Reading, span_choice: str) -> Span:
    """The short answer in a candidate, or NULL."""
    if not reading.starts.any():
        return NULL
    start, end = (_argmax if span_choice == "argmax" else _best_pair)(reading.starts, reading.ends)
    if end <= start:
        return NULL
    return Span(candidate.start_token + start, candidate.start_token + end)


def _argmax(starts: np.ndarray, ends: np.ndarray) -> Tuple[int, int]:
    return int(np.argmax(starts)), int(np.argmax(ends))


def _best_pair(starts: np.ndarray, ends: np.ndarray) -> Tuple[int, int]:
    """The pair start < end of the largest product; of equal ones that which ends, then that which
    starts first. (0, 0) where all products are 0."""
    products = np.maximum.accumulate(starts)[:-1] * ends[1:]
    if not products.any():
        return 0, 0
    end = int(np.argmax(products)) + 1
    return int(np.argmax(starts[:end])), end


def choose(candidates: Sequence[Candidate], indexes: np.ndarray, classes: np.ndarray,
           reading: Callable[[int], Reading], span_choice: str) -> Choice:
    """The answers of a page by the probabilities of its candidates.

    Args:
      candidates: of the page.
      indexes: [N] those that were read.
      classes: float64 [N, 5], the probabilities of their classes.
      reading: given a row, what was read in it.
      span_choice: see CandidateDecoderOptions.
    """
    if not len(indexes):
        return _NO_CHOICE
    best = int(np.argmin(classes[:, NO_ANSWER]))
    candidate = candidates[indexes[best]]
    p = classes[best].tolist()
    yes_no = _yes_or_no(p)
    span = NULL if yes_no else choose_span(candidate, reading(best), span_choice)
    return Choice(Span(*candidate[:2]), 1 - p[NO_ANSWER], 1 - p[NO_ANSWER] - p[LONG], span,
                  yes_no or "NONE")


def _yes_or_no(p: List[float]) -> Optional[str]:
    """The one that is likelier than a short answer, if any; of equal ones NO, the earlier class."""
    if max(p[NO], p[YES]) <= p[SHORT]:
        return None
    return "YES" if p[YES] > p[NO] else "NO"


def entry_of(example_id: int, choice: Choice) -> Dict[str, Any]:
    """The page's entry of the prediction file."""
    return {
        "example_id": example_id,
        "long_answer": span_record(choice.long_answer),
        "long_answer_score": choice.long_score,
        "short_answers": [] if choice.short_answer == NULL else [
            span_record(choice.short_answer)],
        "short_answers_score": choice.short_score,
        "yes_no_answer": choice.yes_no,
    }


class InPlaceOfAnswers:
    """The common part of decoders whose entries are lines of a file of another kind."""

    name: str
    outputs_type = CandidateOutputs

    def __init__(self, decoder: Any):
        """
        Args:
          decoder: that of answers, whose options have no part in such a file.
        """
        del decoder

    def describe(self) -> Dict[str, Any]:
        """The decoder's name, for the settings of a job."""
        return {"decoder": self.name, "options": {}}


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
        choice = choose(
            example.candidates, rows.indexes, _classes(outputs),
            lambda row: _reading(example, rows, row, outputs), self.options.span_choice)
        return entry_of(example.example_id, choice)

    def nbest(self, example: Example, rows: CandidateWindows,
              outputs: CandidateOutputs) -> Dict[str, Any]:
        """The page's entry of the n-best file: its best candidates and the span in each."""
        classes = _classes(outputs)
        best = np.argsort(classes[:, NO_ANSWER], kind="stable")[:self.options.n_best_size]
        longs, shorts = [], []
        for row in best.tolist():
            index = int(rows.indexes[row])
            candidate = example.candidates[index]
            longs.append(Ranked(Span(*candidate[:2]), _log_odds(1 - classes[row, NO_ANSWER]), row,
                                index))
            span = choose_span(candidate, _reading(example, rows, row, outputs),
                               self.options.span_choice)
            if span != NULL:
                shorts.append(Ranked(span, _log_odds(classes[row, SHORT]), row))
        yes_no = {} if not len(best) else {
            name: _log_odds(classes[best[0], kind]) for name, kind in (("yes", YES), ("no", NO))}
        shorts.sort(key=lambda short: -short.score)
        return nbest_record(example, longs, shorts, yes_no)

    def both(self, example: Example, rows: CandidateWindows, outputs: CandidateOutputs
             ) -> Tuple[Dict[str, Any], Dict[str, Any]]:
        """The results of `decode` and of `nbest`."""
        return self.decode(example, rows, outputs), self.nbest(example, rows, outputs)

    def describe(self) -> Dict[str, Any]:
        """The decoder's name and options, for the predictor of the prediction file."""
        return {"decoder": self.name, "options": dict(self.options._asdict())}


def _reading(example: Example, rows: CandidateWindows, row: int,
             outputs: CandidateOutputs) -> Reading:
    return reading_of(example.candidates[rows.indexes[row]], rows.word_map[row], row, outputs)


def _classes(outputs: CandidateOutputs) -> np.ndarray:
    """float64 [N, 5]: the probabilities of the classes."""
    return _p(outputs.class_log_probs).reshape(-1, len(CandidateClass))


def _p(log_probs: np.ndarray) -> np.ndarray:
    return np.exp(log_probs.astype(np.float64))


def _log_odds(p: float) -> float:
    p = min(max(float(p), _LEAST), 1 - _LEAST)
    return float(np.log(p) - np.log1p(-p))
