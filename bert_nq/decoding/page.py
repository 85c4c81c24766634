"""The page decoder: long and short answers, yes and no with scores of their own.

The way through: windows -> spans with scores -> candidates with scores -> the best pair of a
candidate and a span in it -> an entry. docs/decoding.md has the rules and formulas.

Notation: M spans of a page, C candidates that may be the long answer.
"""
from typing import Any, Callable, Dict, List, NamedTuple, Tuple

import numpy as np

from bert_nq.datasets.nq.example import Example, Span
from bert_nq.decoding import multi_span, page_spans
from bert_nq.decoding.entries import NO_ANSWER_SCORE, NULL, page_entry
from bert_nq.decoding.nbest import Ranked, nbest_record
from bert_nq.decoding.page_candidates import Candidates, Held
from bert_nq.decoding.page_merging import Merger
from bert_nq.decoding.page_options import PageOptions
from bert_nq.decoding.page_spans import Layout, Spans
from bert_nq.decoding.page_windows import PageWindows
from bert_nq.modeling.heads.window_outputs import OutputOptions, WindowOutputs

# Best starts and ends of a window, between which whole long answers are searched.
NUM_POSITIONS = 5

# A candidate's score from the spans in it, and from its scores by two kinds of spans.
_LONG_SCORES: Dict[str, Tuple[Callable, Callable]] = {
    "max": (Held.maximum, np.maximum), "sum": (Held.log_sum, np.logaddexp)}


class _PageScores(NamedTuple):
    """The scores of a page's spans and candidates; -inf where an answer is impossible."""
    shorts: Spans  # the different short spans
    candidates: Candidates
    long_scores: np.ndarray  # float64 [C]
    long_windows: np.ndarray  # int [C] window of the best span in each
    best_shorts: np.ndarray  # int [C] index of the best of `shorts` in each, -1: none
    yes_scores: np.ndarray  # float64 [C]
    no_scores: np.ndarray  # float64 [C]


class _Choice(NamedTuple):
    """The answers of a page, before thresholds."""
    long_answer: Span
    short: int  # index among the page's spans, -1: none
    scores: Dict[str, float]


_NO_CHOICE = _Choice(NULL, -1, dict.fromkeys(("long", "short", "yes", "no"), NO_ANSWER_SCORE))


class PageDecoder:
    """The decoder of docs/decoding.md."""

    name = "page"
    outputs_type = WindowOutputs

    def __init__(self, options: PageOptions):
        self.options = options.check()

    def output_options(self) -> OutputOptions:
        """The outputs that the model must give for each window."""
        return OutputOptions(num_spans=self.options.n_best_size, num_positions=NUM_POSITIONS,
                             max_answer_length=self.options.max_answer_length)

    def decode(self, example: Example, windows: PageWindows,
               outputs: WindowOutputs) -> Dict[str, Any]:
        """The page's entry of the prediction file.

        Raises:
          UserError: a logit is not a number.
        """
        page = self._scores(example, windows, outputs)
        return self._entry(example, page, self._choose(page, example))

    def nbest(self, example: Example, windows: PageWindows,
              outputs: WindowOutputs) -> Dict[str, Any]:
        """The page's entry of the n-best file."""
        page = self._scores(example, windows, outputs)
        return self._nbest_entry(example, page, self._choose(page, example))

    def both(self, example: Example, windows: PageWindows,
             outputs: WindowOutputs) -> Tuple[Dict[str, Any], Dict[str, Any]]:
        """The results of `decode` and of `nbest`, of one search."""
        page = self._scores(example, windows, outputs)
        choice = self._choose(page, example)
        return self._entry(example, page, choice), self._nbest_entry(example, page, choice)

    def candidate_scores(self, example: Example, windows: PageWindows,
                         outputs: WindowOutputs) -> Tuple[np.ndarray, np.ndarray]:
        """The candidates in which windows have spans, and their scores.

        Returns:
          (int64 [n] indexes in the page's list, rising; float64 [n] log-odds: 0 is as likely as
          "no answer").
        """
        page = self._scores(example, windows, outputs)
        found = page.long_scores > -np.inf
        return page.candidates.indexes[found], page.long_scores[found]

    def _entry(self, example: Example, page: _PageScores, choice: _Choice) -> Dict[str, Any]:
        shorts = []  # type: List[Span]
        if choice.short != -1:
            shorts = (multi_span.answers(choice.short, page.shorts, example)
                      if self.options.multi_span else [page.shorts.span(choice.short)])
        return page_entry(example.example_id, choice.long_answer, shorts, choice.scores)

    def _nbest_entry(self, example: Example, page: _PageScores, choice: _Choice
                     ) -> Dict[str, Any]:
        longs = [Ranked(Span(*example.candidates[index][:2]), score, window, index)
                 for index, score, window in zip(page.candidates.indexes.tolist(),
                                                 page.long_scores.tolist(),
                                                 page.long_windows.tolist()) if score > -np.inf]
        shorts = [Ranked(page.shorts.span(row), score, window) for row, (score, window)
                  in enumerate(zip(page.shorts.scores.tolist(), page.shorts.windows.tolist()))]
        return nbest_record(example, self._best(longs), self._best(shorts),
                            {kind: choice.scores[kind] for kind in ("yes", "no")})

    def describe(self) -> Dict[str, Any]:
        """The decoder's name and options, for the predictor of the prediction file."""
        return {"decoder": self.name, "options": dict(self.options._asdict())}

    def _best(self, answers: List[Ranked]) -> List[Ranked]:
        return sorted(answers, key=lambda a: (-a.score, a.span))[:self.options.n_best_size]

    def _scores(self, example: Example, windows: PageWindows,
                outputs: WindowOutputs) -> _PageScores:
        outputs.check_finite()
        options = self.options
        added = page_spans.additions(outputs, options.span_score)
        layout = Layout(windows)
        shorts = page_spans.short_spans(layout, outputs, options.length_penalty).plus(added.short)
        full = page_spans.full_spans(layout, outputs, NUM_POSITIONS)
        merger = Merger(full, layout, options.merge_spans)
        merged = Merger(shorts, layout, options.merge_spans).merge(shorts.scores)
        merged_full, yes, no = (merger.merge(full.plus(kind).scores)
                                for kind in (added.full, added.yes, added.no))

        candidates = Candidates(example.candidates, options.nested_candidates)
        held, full_held = candidates.holding(merged), candidates.holding(merged_full)
        in_candidates, together = _LONG_SCORES[options.long_score]
        best_shorts = held.best(merged.scores)
        return _PageScores(
            shorts=merged, best_shorts=best_shorts, candidates=candidates,
            long_scores=together(in_candidates(held, merged.scores),
                                 in_candidates(full_held, merged_full.scores)),
            long_windows=_windows_of_best((merged, best_shorts),
                                          (merged_full, full_held.best(merged_full.scores))),
            yes_scores=in_candidates(full_held, yes.scores),
            no_scores=in_candidates(full_held, no.scores))

    def _choose(self, page: _PageScores, example: Example) -> _Choice:
        """The best pair of a long answer and a short one in it, or none.

        The scores of a pair are added, the short one's as log(1 + exp(score)): "no short answer"
        has odds of 1, so a span that is much less likely than that adds next to nothing. Of equal
        pairs, the one that comes first in the page's list is taken.
        """
        if not len(page.candidates) or page.long_scores.max() == -np.inf:
            return _NO_CHOICE
        short_scores = np.append(page.shorts.scores, -np.inf)[page.best_shorts]
        best = int(np.argmax(page.long_scores + np.logaddexp(0, short_scores)))
        short, short_score = int(page.best_shorts[best]), short_scores[best]
        if self.options.nested_candidates and short != -1:
            best = page.candidates.smallest_around(page.shorts.firsts[short],
                                                   page.shorts.lasts[short], best, page.long_scores)
        scores = {"long": page.long_scores[best], "short": short_score,
                  "yes": page.yes_scores[best], "no": page.no_scores[best]}
        long_answer = Span(*example.candidates[page.candidates.indexes[best]][:2])
        return _Choice(long_answer, short, {kind: max(float(score), NO_ANSWER_SCORE)
                                            for kind, score in scores.items()})


def _windows_of_best(*spans_and_best: Tuple[Spans, np.ndarray]) -> np.ndarray:
    """int [C]: the window of the best span in each candidate.

    Args:
      spans_and_best: pairs of spans and the index [C] of the best of them in each, or -1.
    """
    scores, windows = zip(*((np.append(spans.scores, -np.inf)[best],
                             np.append(spans.windows, -1)[best]) for spans, best in spans_and_best))
    return np.choose(np.argmax(scores, axis=0), windows)
