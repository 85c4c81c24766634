"""The file of one question: its page with the answers in it, verdicts, scores, the n-best list."""
from typing import FrozenSet, Iterable, List, NamedTuple, Optional, Tuple

from bert_nq.datasets.nq.example import Example
from bert_nq.error_pages import documents
from bert_nq.error_pages.nq import highlights, markup
from bert_nq.error_pages.nq.answer_files import Details
from bert_nq.error_pages.nq.highlights import Highlights, Place, phrase
from bert_nq.error_pages.nq.outcomes import VERDICTS, JudgedQuestion
from bert_nq.error_pages.site import Links
from bert_nq.scoring.nq.labels import Number, Prediction
from bert_nq.scoring.nq.nbest import NBest, NBestAnswer, YesNoScore

_MARK_NAMES = {
    highlights.GOLD_LONG: "gold long",
    highlights.GOLD_SHORT: "gold short",
    highlights.PREDICTED_LONG: "predicted long",
    highlights.PREDICTED_SHORT: "predicted short",
    highlights.LOW_LONG: "predicted long, below the threshold",
    highlights.LOW_SHORT: "predicted short, below the threshold",
}


class Content(NamedTuple):
    """All that a question's file shows."""
    example: Example
    question: JudgedQuestion
    prediction: Prediction
    highlights: Highlights
    details: Optional[Details]
    nbest: Optional[NBest]
    thresholds: Tuple[Number, Number]  # for long and short


class _BestOfKinds(NamedTuple):
    """The table of the best long, short, yes and no, as far as the predictions tell them."""
    columns: List[str]
    rows: List[Tuple[str, List[Optional[float]]]]  # kind, a value for each column
    short: Optional[str]  # the words of short answers that yes or no was preferred to


class _NBestLists(NamedTuple):
    """The n-best lists, with what they have in common with gold."""
    long_answers: List[Tuple[NBestAnswer, bool]]  # candidate, whether it is gold
    short_answers: List[Tuple[NBestAnswer, bool]]
    yes_no: List[Tuple[str, YesNoScore]]


def build(content: Content, links: Links) -> str:
    """The file's text."""
    example, answers = content.example, content.highlights
    return documents.template("question.html.j2", __package__).render(
        example=example, links=links, question=content.question, thresholds=content.thresholds,
        mark_kinds={mark.kind: _MARK_NAMES[mark.kind] for mark in answers.marks},
        gold=answers.gold, num_annotators=sum(a.num_annotators for a in answers.gold),
        predicted_long=answers.predicted_long, predicted_short=answers.predicted_short,
        yes_no=content.prediction.answers.yes_no_answer, best_of_kinds=_best_of_kinds(content),
        nbest=_nbest_lists(content), is_judged=content.question.long.verdict in VERDICTS,
        page=markup.render(example.tokens, example.is_html, answers.marks))


def _best_of_kinds(content: Content) -> _BestOfKinds:
    details = content.details
    if details is None:
        return _BestOfKinds([], [], None)
    columns = {name: values for name, values in (("score", details.scores),
                                                 ("probability", details.probabilities)) if values}
    rows = [(kind, [values.get(kind) for values in columns.values()])
            for kind in ("long", "short", "yes", "no")
            if any(kind in values for values in columns.values())]
    return _BestOfKinds(list(columns), rows, _best_short(content.example, content.prediction,
                                                         details))


def _best_short(example: Example, prediction: Prediction, details: Details) -> Optional[str]:
    if prediction.answers.yes_no_answer == "none":
        return None
    texts = [phrase(example, span.start_token, span.end_token)
             for span in details.best_short if span.start_token >= 0]
    return " | ".join(texts) if texts else None


def _nbest_lists(content: Content) -> Optional[_NBestLists]:
    nbest, gold = content.nbest, content.highlights.gold
    if nbest is None:
        return None
    return _NBestLists(
        _with_gold(nbest.long_answers, _tokens(a.long for a in gold if a.long)),
        _with_gold(nbest.short_answers, _tokens(place for a in gold for place in a.short)),
        sorted(nbest.yes_no.items(), reverse=True))


def _tokens(places: Iterable[Place]) -> FrozenSet[Tuple[int, int]]:
    return frozenset((place.span.start_token, place.span.end_token) for place in places)


def _with_gold(candidates: List[NBestAnswer], gold: FrozenSet[Tuple[int, int]]
               ) -> List[Tuple[NBestAnswer, bool]]:
    return [(c, (c.start_token, c.end_token) in gold) for c in candidates]
