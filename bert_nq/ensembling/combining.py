"""Answers from the n-best lists of several models, by document tokens; see docs/ensembles.md.

The way through: pages -> options (each answer once) -> scores (rules.py) -> a choice for each page
(-> entries: ensembles.py). Many pages are combined at once, without a loop over them, so that a
search can try many weights.

Notation: K models, n pages; L long and M short answers that some model proposes, "no answer"
counted too, and yes and no among the short ones.
"""
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Sequence, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import Span
from bert_nq.decoding.entries import NO_ANSWER_SCORE, NULL
from bert_nq.decoding.grouping import Groups
from bert_nq.decoding.page_candidates import NESTED_SHARE
from bert_nq.ensembling.nbest_files import ModelPage
from bert_nq.ensembling.rules import METHODS, Options
from bert_nq.scoring.nq.nbest import YES_NO, NBestAnswer


def normalised(weights: Sequence[float]) -> Tuple[float, ...]:
    """The weights divided by their sum, and rounded, so that equal shares are equal numbers."""
    largest = max(weights)
    shares = [weight / largest for weight in weights]  # Whose sum is finite, whatever theirs is.
    return tuple(round(share / sum(shares), 9) for share in shares)


class Choice(NamedTuple):
    """The answers to n pages, before thresholds."""
    long: np.ndarray  # int [n], index among the L long answers
    short: np.ndarray  # int [n], index among the M short ones, of a span or "no answer"
    scores: Dict[str, np.ndarray]  # float64 [n] of "long", "short", "yes" and "no"

    def short_or_yes_no(self, begins: np.ndarray) -> np.ndarray:
        """int [n]: the index, among the M short answers, of the span, yes or no that is given.

        Args:
          begins: int [n], the index of each page's "no answer".
        """
        yes, no, short = (self.scores[kind] for kind in ("yes", "no", "short"))
        # The rule of entries.page_entry.
        yes_no = np.where(yes >= no, 1, 2)
        return np.where(np.maximum(yes, no) > short, begins + yes_no, self.short)


class Combination:
    """The answers of all models to some pages, and their choice for any weights."""

    def __init__(self, pages: Iterable[Sequence[ModelPage]], method: str):
        """
        Args:
          pages: n times the K models' answers to a page; they are not kept.
          method: a key of METHODS.

        Raises:
          UserError: there are no pages.
        """
        # In the order of the page, a candidate before those that lie in it.
        longs = _Collected([], lambda span: (span[0], -span[1]))
        shorts = _Collected(list(YES_NO), lambda span: span)
        self.ids = []  # type: List[int]
        for models in pages:
            self.ids.append(models[0].example_id)
            longs.add([_scores(page.longs) for page in models])
            shorts.add([dict(_scores(page.shorts), **page.yes_no) for page in models])
        if not self.ids:
            raise UserError("the n-best files have no pages")
        self.longs, self.shorts = longs.options(), shorts.options()
        self._long_rule, self._short_rule = (rule(options) for rule, options in zip(
            METHODS[method], (self.longs, self.shorts)))
        self._long_groups = Groups(self.longs.pages)
        self._shorts_in = _ShortsInLongs(self.longs, self.shorts)

    def choose(self, weights: np.ndarray) -> Choice:
        """The best pair of a long answer and a short one in it for each page.

        As in the page decoder, the scores of a pair are added, the short one's as
        log(1 + exp(score)), and of equal pairs the first of the page is taken.

        Args:
          weights: float64 [K], of sum 1, none below 0.
        """
        long_scores, short_scores = self.scores(weights)
        long_scores[self.longs.begins] = -np.inf
        span_scores = np.where(self.shorts.spans[:, 0] >= 0, short_scores, -np.inf)
        best_shorts = self._shorts_in.best(span_scores)  # [L]
        values = long_scores + np.logaddexp(0.0, span_scores[best_shorts])
        long = self._long_groups.best(values)
        short = best_shorts[long]
        # With no long answer there is no short one, nor yes or no.
        is_answer = long_scores[long] > -np.inf
        scores = {"long": long_scores[long], "short": span_scores[short],
                  "yes": short_scores[self.shorts.begins + 1],
                  "no": short_scores[self.shorts.begins + 2]}
        long = self._smallest(long, short, long_scores)
        scores["long"] = long_scores[long]
        return Choice(long, short, {
            kind: np.maximum(np.where(is_answer, values, -np.inf), NO_ANSWER_SCORE)
            for kind, values in scores.items()})

    def scores(self, weights: np.ndarray) -> Sequence[np.ndarray]:
        """The scores of the long answers [L] and of the short ones [M]; -inf where not proposed."""
        return self._long_rule.combine(weights), self._short_rule.combine(weights)

    def _smallest(self, long: np.ndarray, short: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """int [n]: the smallest long answer within `long` that is nearly as good and holds `short`.

        The rule of the page decoder for nested candidates; where none is nested, `long` itself.
        """
        starts, ends = self.longs.spans.T
        outer, inner = long[self.longs.pages], short[self.longs.pages]
        short_starts, short_ends = self.shorts.spans[inner].T
        good = ((starts >= starts[outer]) & (ends <= ends[outer])
                & (starts <= short_starts) & (ends >= short_ends) & (short_starts >= 0)
                & (scores >= scores[outer] + np.log(NESTED_SHARE)))
        good[long] = True
        return self._long_groups.best(np.where(good, starts - ends, -np.inf))


class _ShortsInLongs:
    """The short answers within each long one; "no answer" is within each."""

    def __init__(self, longs: Options, shorts: Options):
        pairs = []  # int [number of pairs, 2] of each page: long answer, short answer
        for begin, end, short_begin, short_end in zip(
                longs.begins, longs.ends(), shorts.begins, shorts.ends()):
            starts, ends = longs.spans[begin:end].T
            short_starts, short_ends = shorts.spans[short_begin:short_end].T
            inside = ((short_starts >= starts[:, None]) & (short_ends <= ends[:, None])
                      & (short_starts >= 0))
            inside[:, 0] = True
            pairs.append(np.argwhere(inside) + [begin, short_begin])
        numbers, self._places = np.concatenate(pairs).T
        self._groups = Groups(numbers)

    def best(self, scores: np.ndarray) -> np.ndarray:
        """int [L]: the index of the best short answer in each long one, the first of several."""
        return self._places[self._groups.best(scores[self._places])]


def _scores(answers: Dict[Span, NBestAnswer]) -> Dict[Any, float]:
    return dict({span: answer.score for span, answer in answers.items()}, none=0.0)


class _Collected:
    """The different answers to each page: "none", then other names, then spans."""

    def __init__(self, names: List[str], order: Callable[[Span], Any]):
        """
        Args:
          names: the answers beside "none" that are no spans.
          order: the sort key of a span.
        """
        self._names = ["none"] + names
        self._order = order
        self._scores = []  # type: List[np.ndarray]
        self._spans = []  # type: List[np.ndarray]

    def add(self, models: Sequence[Dict[Any, float]]) -> None:
        """Adds a page: the scores of the K models, by names and spans."""
        spans = sorted(set().union(*models).difference(self._names), key=self._order)
        answers = self._names + spans
        self._scores.append(np.array([[model.get(answer, -np.inf) for answer in answers]
                                      for model in models]))
        self._spans.append(np.array([NULL] * len(self._names) + spans, np.int64))

    def options(self) -> Options:
        sizes = list(map(len, self._spans))
        pages = np.repeat(np.arange(len(sizes)), sizes)
        return Options(np.concatenate(self._scores, axis=1), pages, np.concatenate(self._spans),
                       np.cumsum([0] + sizes[:-1]))
