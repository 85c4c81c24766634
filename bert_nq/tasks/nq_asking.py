"""How a joint reader of NQ answers questions about pages."""
from typing import Any, Dict, List, NamedTuple, Optional

from bert_nq.answering.answer import Alternative, Answer
from bert_nq.answering.asking import Asking, Thresholds
from bert_nq.answering.page_text import PageText
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.nq.example import Example, Span
from bert_nq.decoding import decoders
from bert_nq.decoding.bert_joint import enclosing
from bert_nq.decoding.entries import NO_ANSWER_SCORE, NULL
from bert_nq.decoding.nbest import probabilities
from bert_nq.prediction.predictor import Answers


class _Choice(NamedTuple):
    """Spans of an answer; None for what it has not."""
    long: Optional[Span]
    short: Optional[Span]
    yes_no: Optional[str]


class _Ranked(NamedTuple):
    """A choice, and how likely it is."""
    probability: float
    choice: _Choice


def example_of(question: str, page: Page) -> Example:
    """The example of a question about a page."""
    return page.example(question)


def decoder_of(head: str, windows: Any, thresholds: Thresholds) -> Any:
    """The decoder that thresholds were fitted to, or the default one of the head."""
    del windows
    fitted_to = (thresholds.predictor or {}) if thresholds else {}
    name = decoders.name_for(decoders.OF_HEADS, head, fitted_to.get("decoder"))
    return decoders.make_decoder(name, fitted_to.get("options") or {})


def answer(question: str, page: Page, answers: Answers, thresholds: Thresholds) -> Answer:
    """The answer that a page's entries of the prediction file and the n-best file tell.

    A short answer is given with the long answer that it lies in, also where thresholds would leave
    that one out by itself.
    """
    found = _Found(page, answers, thresholds)
    given, best = found.given(), found.best()
    first = given or best
    others = ([first] if first else []) + found.others(first)
    text = PageText(page)
    spans = given.choice if given else _Choice(None, None, None)
    return Answer(question, page, first.probability if first else 0.0,
                  spans.short and text.passage(*spans.short),
                  spans.long and text.passage(*spans.long), spans.yes_no,
                  tuple(_alternative(ranked, text) for ranked in others))


def _alternative(ranked: _Ranked, text: PageText) -> Alternative:
    choice = ranked.choice
    return Alternative(ranked.probability, choice.short and text.passage(*choice.short),
                       choice.long and text.passage(*choice.long), choice.yes_no)


class _Found:
    """The answers of a decoder to a question, and their probabilities."""

    def __init__(self, page: Page, answers: Answers, thresholds: Thresholds):
        self._page, self._thresholds = page, thresholds
        self._entry = answers.entry
        nbest: Dict[str, Any] = answers.nbest or {}
        self._longs: List[Dict[str, Any]] = nbest["long_answers"]  # best first
        self._shorts: List[Dict[str, Any]] = nbest["short_answers"]
        self._yes_no: Dict[str, Dict[str, float]] = nbest["yes_no"]
        self._long = _span_or_none(self._entry["long_answer"])

    def given(self) -> Optional[_Ranked]:
        """The answer that is good enough; None where none is."""
        if self._thresholds:
            entry = self._thresholds.apply(self._entry)
            has_long = entry["long_answer"]["start_token"] >= 0
            has_short = bool(entry["short_answers"]) or entry["yes_no_answer"] != "NONE"
        else:
            # Scores are log-odds: 0 is as likely as no answer.
            entry = self._entry
            has_long = self._long is not None and entry["long_answer_score"] >= 0
            has_short = entry["short_answers_score"] >= 0
        if has_short:
            return self._with_short(entry)
        if has_long:
            return self._with_long(self._long)
        return None

    def best(self) -> Optional[_Ranked]:
        """The best answer, good enough or not; None where no answer is possible."""
        if self._entry["short_answers"] or self._entry["yes_no_answer"] != "NONE":
            return self._with_short(self._entry)
        return None if self._long is None else self._with_long(self._long)

    def others(self, first: Optional[_Ranked]) -> List[_Ranked]:
        """All different answers but the first one, the likeliest first.

        Each short answer, yes and no, and each long answer that none of the short ones lies in.
        """
        shorts = [self._short(_span(record)) for record in self._shorts]
        yes_no = [self._yes_or_no(name) for name, record in self._yes_no.items()
                  if record["score"] > NO_ANSWER_SCORE]
        with_short = {ranked.choice.long for ranked in shorts}
        longs = [self._with_long(span) for span in map(_span, self._longs)
                 if span not in with_short]
        return sorted((ranked for ranked in shorts + yes_no + longs
                       if first is None or ranked.choice != first.choice),
                      key=lambda ranked: -ranked.probability)

    def _with_short(self, entry: Dict[str, Any]) -> _Ranked:
        """The short answer of an entry, or its yes or no."""
        if entry["yes_no_answer"] != "NONE":
            return self._yes_or_no(entry["yes_no_answer"].lower())
        # Several are in the order of the page; the lists are best first.
        spans = [_span(record) for record in entry["short_answers"]]
        return self._short(next((span for span in map(_span, self._shorts) if span in spans),
                                spans[0]))

    def _short(self, span: Span) -> _Ranked:
        record = next((r for r in self._shorts if _span(r) == span), None)
        # Only what is not in the list, of which there is but one score, is the entry's.
        score = record["score"] if record else self._entry["short_answers_score"]
        return _Ranked(self._probability("short", score, record),
                       _Choice(self._around(span), span, None))

    def _yes_or_no(self, name: str) -> _Ranked:
        record = self._yes_no.get(name)
        score = record["score"] if record else self._entry["short_answers_score"]
        return _Ranked(self._probability(name, score, record), _Choice(self._long, None, name))

    def _with_long(self, span: Span) -> _Ranked:
        record = next((r for r in self._longs if _span(r) == span), None)
        score = record["score"] if record else self._entry["long_answer_score"]
        return _Ranked(self._probability("long", score, record), _Choice(span, None, None))

    def _probability(self, kind: str, score: float, record: Optional[Dict[str, Any]]) -> float:
        calibrated = self._thresholds and self._thresholds.probability(kind, score)
        if calibrated is not None:
            return calibrated
        return record["probability"] if record else probabilities([score])[0]

    def _around(self, short: Span) -> Optional[Span]:
        """The long answer that a short one is shown in: the one that was chosen if it lies in
        that, else the best one of the list, else the first candidate of the top level."""
        longs = [self._long] if self._long else []
        longs += map(_span, self._longs)
        for span in longs:
            if span.start_token <= short.start_token and short.end_token <= span.end_token:
                return span
        found = enclosing(short, self._page.candidates)
        return None if found == NULL else found


def _span(record: Dict[str, Any]) -> Span:
    return Span(record["start_token"], record["end_token"])


def _span_or_none(record: Dict[str, Any]) -> Optional[Span]:
    return None if record["start_token"] < 0 else _span(record)


ASKING = Asking(example_of, decoder_of, answer)
