"""The file of one question: its page with the answers in it, verdicts, scores, the n-best list.

It has no script at all, and its policy allows none.
"""
from typing import Dict, List, NamedTuple, Optional, Tuple

from bert_nq.datasets.nq.example import Example
from bert_nq.error_pages import documents, markup
from bert_nq.error_pages.answer_files import Details
from bert_nq.error_pages.documents import text
from bert_nq.error_pages.highlights import GoldAnswer, Highlights, Place, phrase
from bert_nq.error_pages.outcomes import VERDICTS, Outcome, Question
from bert_nq.error_pages.style import STYLE
from bert_nq.scoring.nq.labels import AnswerSpan, Number, Prediction
from bert_nq.scoring.nq.nbest import NBest, NBestAnswer


class Links(NamedTuple):
    """Where the file's links lead, relative to it; None where there is no such file."""
    index: str
    previous: Optional[str]
    next: Optional[str]


class Content(NamedTuple):
    """All that a question's file shows."""
    example: Example
    question: Question
    prediction: Prediction
    highlights: Highlights
    details: Optional[Details]
    nbest: Optional[NBest]
    thresholds: Tuple[Number, Number]  # for long and short


def build(content: Content, links: Links) -> str:
    """The file's text."""
    example = content.example
    return "".join([
        documents.head(example.question, STYLE, body_class="question"),
        _navigation(links),
        '<main>\n<header>\n<h1><bdi>%s</bdi></h1>\n' % text(example.question),
        '<p class="soft">on the page <bdi>%s</bdi> · example %d</p>\n'
        % (text(example.title or "(without a title)"), example.example_id),
        "</header>\n<aside>\n",
        _legend(content.highlights),
        _gold_card(content.highlights.gold),
        _predicted_card(content),
        _nbest_card(content.nbest, _gold_spans(content.highlights.gold)),
        '</aside>\n<article class="page" id="page" aria-label="The page">\n',
        markup.render(example.tokens, example.is_html, content.highlights.marks),
        "</article>\n</main>\n",
        documents.tail()])


def number(value: Optional[Number]) -> str:
    """A score or a probability."""
    return "" if value is None else format(float(value), ".4g")


def verdict(outcome: Outcome) -> str:
    """The verdict as a coloured word."""
    return '<span class="verdict %s">%s</span>' % (outcome.verdict, VERDICTS[outcome.verdict])


def _navigation(links: Links) -> str:
    items = ['<a href="%s" accesskey="u">All questions</a>' % links.index]
    if links.previous:
        items.append('<a href="%s" rel="prev" accesskey="p">← Previous</a>' % links.previous)
    if links.next:
        items.append('<a href="%s" rel="next" accesskey="n">Next →</a>' % links.next)
    items.append('<a class="end-of-bar" href="#page">To the page</a>')
    return '<nav class="bar">%s</nav>\n' % "\n".join(items)


def _legend(highlights: Highlights) -> str:
    kinds = dict.fromkeys(mark.kind for mark in highlights.marks)
    if not kinds:
        return '<p class="soft">No answer is marked on this page.</p>\n'
    return '<p class="soft">On the page: %s</p>\n' % " ".join(
        '<mark class="swatch %s">%s</mark>' % (kind, _KINDS[kind]) for kind in kinds)


_KINDS = {
    "gold-long": "gold long", "gold-short": "gold short",
    "predicted-long": "predicted long", "predicted-short": "predicted short",
    "low-long": "predicted long, below the threshold",
    "low-short": "predicted short, below the threshold",
}


def _place(place: Place) -> str:
    """A link to the mark, or why there is none."""
    if place.key is None:
        return '<em class="soft">%s, which the page does not have</em>' % _where(place.span)
    words = text(place.text) or "(no words)"
    return '<a href="#%s"><bdi>%s</bdi></a>' % (place.key, words)


def _where(span: AnswerSpan) -> str:
    if span.start_token >= 0:
        return "tokens [%d, %d)" % (span.start_token, span.end_token)
    return "bytes [%d, %d)" % (span.start_byte, span.end_byte)


def _gold_card(gold: List[GoldAnswer]) -> str:
    total = sum(answer.num_annotators for answer in gold)
    rows = []
    for answer in gold:
        parts = []
        if answer.long:
            parts.append("<li>long: %s</li>" % _place(answer.long))
        parts += ["<li>short: %s</li>" % _place(place) for place in answer.short]
        if answer.yes_no != "none":
            parts.append("<li>%s</li>" % answer.yes_no.upper())
        rows.append('<tr><th scope="row" class="number">%d of %d</th><td>%s</td></tr>\n'
                    % (answer.num_annotators, total,
                       '<ul class="answers">%s</ul>' % "".join(parts) if parts else "no answer"))
    if not rows:
        rows = ["<tr><td>not annotated: counted as without an answer</td></tr>\n"]
    return ('<section class="card">\n<h2>Gold</h2>\n<table class="data"><tbody>\n%s'
            "</tbody></table>\n</section>\n" % "".join(rows))


def _predicted_card(content: Content) -> str:
    prediction, highlights = content.prediction, content.highlights
    long_answer = _place(highlights.predicted_long) if highlights.predicted_long else "none"
    if prediction.answers.yes_no_answer != "none":
        short_answer = prediction.answers.yes_no_answer.upper()
    else:
        short_answer = "<br>".join(map(_place, highlights.predicted_short)) or "none"
    question = content.question
    return ('<section class="card">\n<h2>Predicted</h2>\n%s%s%s</section>\n'
            % (_kind("Long answer", question.long, long_answer, content.thresholds[0]),
               _kind("Short answer", question.short, short_answer, content.thresholds[1]),
               _details(content)))


def _kind(title: str, outcome: Outcome, answer: str, threshold: Number) -> str:
    row = outcome.row
    if not row.has_prediction:
        state = "null"
    elif outcome.is_answered:
        state = "counts, since its score reaches the threshold"
    else:
        state = ("counts as null, since its score is below the threshold; it would have been %s"
                 % ("right" if row.is_correct else "wrong" if row.has_gold else "a false alarm"))
    facts = [("answer", answer), ("score", _number(row.score)),
             ("threshold", _number(threshold)), ("therefore it", state)]
    if not row.has_prediction:
        facts = [("answer", "none"), ("score", _number(row.score))]
    return ("<h3>%s %s</h3>\n<dl class=\"facts\">%s</dl>\n"
            % (title, verdict(outcome),
               "".join("<dt>%s</dt><dd>%s</dd>" % fact for fact in facts)))


def _number(value: Optional[Number]) -> str:
    return '<span class="number">%s</span>' % number(value)


def _details(content: Content) -> str:
    details = content.details
    if details is None:
        return ""
    columns = [(name, values) for name, values in (("score", details.scores),
                                                   ("probability", details.probabilities))
               if values]
    kinds = [kind for kind in ("long", "short", "yes", "no")
             if any(kind in values for _, values in columns)]
    if not kinds:
        return ""
    rows = "".join('<tr><th scope="row">%s</th>%s</tr>\n'
                   % (kind, "".join('<td class="number">%s</td>' % number(values.get(kind))
                                    for _, values in columns))
                   for kind in kinds)
    return ('<h3>The best of each kind</h3>\n<table class="data"><thead><tr><th></th>%s</tr>'
            "</thead><tbody>\n%s</tbody></table>\n%s"
            % ("".join('<th scope="col">%s</th>' % name for name, _ in columns), rows,
               _best_short(content)))


def _best_short(content: Content) -> str:
    """The spans that yes or no has come before."""
    if content.prediction.answers.yes_no_answer == "none":
        return ""
    texts = [phrase(content.example, span.start_token, span.end_token)
             for span in content.details.best_short if span.start_token >= 0]
    return ('<p class="soft">short, had it not been yes or no: <bdi>%s</bdi></p>\n'
            % text(" | ".join(texts)) if texts else "")


def _nbest_card(nbest: Optional[NBest], gold_spans: Dict[str, set]) -> str:
    if nbest is None:
        return ""
    return ('<section class="card">\n<details open><summary>n-best</summary>\n%s%s%s'
            "</details>\n</section>\n"
            % (_candidates("Long answers", nbest.long_answers, gold_spans["long"]),
               _candidates("Short answers", nbest.short_answers, gold_spans["short"]),
               _yes_no(nbest)))


def _gold_spans(gold: List[GoldAnswer]) -> Dict[str, set]:
    return {"long": {answer.long.span[2:] for answer in gold if answer.long},
            "short": {place.span[2:] for answer in gold for place in answer.short}}


def _candidates(title: str, candidates: List[NBestAnswer], gold_spans: set) -> str:
    if not candidates:
        return ""
    rows = []
    for rank, candidate in enumerate(candidates, 1):
        is_gold = (candidate.start_token, candidate.end_token) in gold_spans
        window = "" if candidate.window is None else ", window %d" % candidate.window
        rows.append(
            '<tr><td class="number">%d</td><td>%s<bdi>%s</bdi><div class="soft number">tokens '
            '[%d, %d)%s</div></td><td class="number">%s</td><td class="number">%s</td></tr>\n'
            % (rank, '<mark class="swatch gold-short">gold</mark> ' if is_gold else "",
               text(candidate.text), candidate.start_token, candidate.end_token, window,
               number(candidate.score), number(candidate.probability)))
    return ('<h3>%s</h3>\n<div class="wide"><table class="data"><thead><tr><th></th>'
            '<th scope="col">text</th><th scope="col">score</th><th scope="col">prob.</th></tr>'
            "</thead><tbody>\n%s</tbody></table></div>\n" % (title, "".join(rows)))


def _yes_no(nbest: NBest) -> str:
    if not nbest.yes_no:
        return ""
    facts = ["<dt>%s</dt><dd>score %s%s</dd>"
             % (kind.upper(), _number(score),
                "" if probability is None else ", probability %s" % _number(probability))
             for kind, (score, probability) in sorted(nbest.yes_no.items(), reverse=True)]
    return '<h3>Yes or no</h3>\n<dl class="facts">%s</dl>\n' % "".join(facts)
