"""The file of one question: its context with the answers in it, verdict, scores, n-best list."""
from typing import List, NamedTuple, Optional

from bert_nq.base.numbers import Number
from bert_nq.datasets.squad.example import Example
from bert_nq.error_pages import documents
from bert_nq.error_pages.site import Links
from bert_nq.error_pages.squad import highlights as kinds
from bert_nq.error_pages.squad import marked_text, outcomes, places
from bert_nq.error_pages.squad.highlights import Highlights
from bert_nq.error_pages.squad.nbest_file import NBestAnswer
from bert_nq.error_pages.squad.outcomes import JudgedQuestion
from bert_nq.scoring.squad.measures import Row

_MARK_NAMES = {kinds.GOLD: "gold", kinds.PREDICTED: "predicted",
               kinds.LOW: "predicted, above the threshold"}


class Content(NamedTuple):
    """All that a question's file shows."""
    example: Example
    question: JudgedQuestion
    highlights: Highlights
    nbest: Optional[List[NBestAnswer]]  # best first; None where not known
    threshold: Number  # of the null odds
    version: str  # by whose rule it is scored


class _Ranked(NamedTuple):
    """An entry of the n-best list as it is shown."""
    answer: NBestAnswer
    is_right: bool
    f1: Number
    where: str  # its place in words; "" for no answer


class _Best(NamedTuple):
    """The best text of the n-best list where nothing was predicted."""
    text: str
    words: str  # what it would have been


def build(content: Content, links: Links) -> str:
    """The file's text."""
    question, answers = content.question, content.highlights
    return documents.template("question.html.j2", __package__).render(
        example=content.example, links=links, question=question, threshold=content.threshold,
        mark_kinds={mark.kind: _MARK_NAMES[mark.kind] for mark in answers.marks},
        gold=answers.gold, num_annotated=len(content.example.answers),
        predicted=answers.predicted, best=_best(content), bare_words=outcomes.VERDICTS[
            outcomes.verdict(question.bare_row)],
        nbest=None if content.nbest is None else [_ranked(a, content) for a in content.nbest],
        context=marked_text.render(content.example.context, answers.marks))


def _score(content: Content, text: str) -> Row:
    return outcomes.score_text(content.question.question, text, content.version)


def _best(content: Content) -> Optional[_Best]:
    if content.question.text or not content.nbest:
        return None
    text = next((answer.text for answer in content.nbest if answer.text), None)
    if text is None:
        return None
    return _Best(text, outcomes.VERDICTS[outcomes.verdict(_score(content, text))])


def _ranked(answer: NBestAnswer, content: Content) -> _Ranked:
    row = _score(content, answer.text)
    return _Ranked(answer, bool(row.exact), row.f1, _where(answer.text, content))


def _where(text: str, content: Content) -> str:
    if not text:
        return ""
    found = places.find(content.example.context, text)
    span = places.likeliest(found, content.highlights.gold_spans())
    if span is not None:
        return "characters [%d, %d)" % span
    return "in %d places" % len(found) if found else "not in the context"
