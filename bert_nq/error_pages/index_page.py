"""The list of all questions: one HTML file with the rows as data, which a script shows by parts."""
import json
from typing import IO, Dict, List, NamedTuple, Optional, Tuple

from bert_nq.error_pages import documents
from bert_nq.error_pages.documents import text
from bert_nq.error_pages.highlights import GoldAnswer, Highlights, Place
from bert_nq.error_pages.outcomes import VERDICTS, Outcome
from bert_nq.error_pages.question_page import Content, number
from bert_nq.error_pages.script import SCRIPT
from bert_nq.error_pages.style import STYLE
from bert_nq.scoring.f_measure import Point

_CHUNK = 500  # rows of a data element
_MAX_CHARACTERS = 120  # of an answer in the list


class Summary(NamedTuple):
    """What the head of the list says."""
    num_scored: int
    counts: Tuple[Dict[str, int], Dict[str, int]]  # of verdicts, for long and short, of all scored
    points: Tuple[Point, Point]  # reached at the thresholds
    best_thresholds: Tuple[bool, bool]  # whether a threshold is that of the best F1
    predictor: str  # model and decoder; "" where not known


def row(content: Content, href: str) -> str:
    """A question's row as JSON.

    A list of href, id (a string: JavaScript's numbers end at 2^53), question, title, whether yes or
    no is in it, and for long and short each: verdict, gold text, predicted text, score, whether the
    prediction reaches its threshold.
    """
    highlights, question = content.highlights, content.question
    yes_no = content.prediction.answers.yes_no_answer
    predicted_short = ([yes_no.upper()] if yes_no != "none"
                       else list(map(_words, highlights.predicted_short)))
    long_answer = highlights.predicted_long
    return json.dumps([
        href, str(question.example_id), content.example.question, content.example.title,
        int(question.has_yes_no),
        _cells(question.long, _gold_long(highlights), _words(long_answer) if long_answer else ""),
        _cells(question.short, _gold_short(highlights), " | ".join(predicted_short))])


class Writer:
    """Writes the file as rows come."""

    def __init__(self, out: IO[bytes], summary: Summary):
        self._out = out
        self._rows: List[str] = []
        self._write(documents.head("Gold and predicted answers", STYLE, SCRIPT) + _top(summary))

    def add(self, row_json: str) -> None:
        """Appends what `row` has made."""
        self._rows.append(row_json)
        if len(self._rows) == _CHUNK:
            self._write_rows()

    def finish(self) -> None:
        """Completes the file; its closing is the caller's."""
        if self._rows:
            self._write_rows()
        self._write(documents.script_element(SCRIPT) + documents.tail())

    def _write_rows(self) -> None:
        self._write(_data(self._rows))
        self._rows = []

    def _write(self, document: str) -> None:
        self._out.write(documents.encode(document))


def _data(rows: List[str]) -> str:
    """Rows as an element that no browser runs, with nothing in it that could end it."""
    content = "[%s]" % ",\n".join(rows)
    for character in "<>&":
        content = content.replace(character, "\\u%04x" % ord(character))
    return '<script type="application/json" class="rows">%s</script>\n' % content


def _cells(outcome: Outcome, gold: str, predicted: str) -> list:
    return [outcome.verdict, gold if outcome.row.has_gold else "", predicted,
            number(outcome.row.score), int(outcome.is_answered)]


def _words(place: Place) -> str:
    words = place.text if place.key else "(not on the page)"
    return words if len(words) <= _MAX_CHARACTERS else words[:_MAX_CHARACTERS] + " …"


def _gold_long(highlights: Highlights) -> str:
    places = [answer.long for answer in highlights.gold if answer.long]
    return _words(places[0]) if places else ""


def _gold_short(highlights: Highlights) -> str:
    answers = list(filter(None, map(_short, highlights.gold)))
    return answers[0] if answers else ""


def _short(answer: GoldAnswer) -> Optional[str]:
    if answer.short:
        return " | ".join(map(_words, answer.short))
    return answer.yes_no.upper() if answer.yes_no != "none" else None


def _top(summary: Summary) -> str:
    return (_TOP % {
        "scored": format(summary.num_scored, ","),
        "predictor": "<p class=\"soft\">Predicted by %s</p>" % text(summary.predictor)
                     if summary.predictor else "",
        "long": _kind("Long answers", summary, 0), "short": _kind("Short answers", summary, 1),
        "verdicts": "".join('<option value="%s">%s</option>' % item
                            for item in VERDICTS.items())})


def _kind(title: str, summary: Summary, i: int) -> str:
    point = summary.points[i]
    cells = "".join('<td class="number"><span class="verdict %s">%s</span> %s</td>'
                    % (name, VERDICTS[name], format(count, ","))
                    for name, count in summary.counts[i].items())
    return ('<tr><th scope="row">%s</th><td class="number">F1 %.4f, precision %.4f, recall %.4f '
            'at %s%s</td>%s</tr>\n'
            % (title, point.f1, point.precision, point.recall, number(point.threshold),
               " (best F1)" if summary.best_thresholds[i] else "", cells))


_TOP = """<main>
<h1>Gold and predicted answers</h1>
<p class="soft">%(scored)s questions were scored</p>
%(predictor)s
<section class="card wide"><table class="data verdicts"><tbody>
%(long)s%(short)s</tbody></table></section>
<noscript><p>The list needs JavaScript, which is in this very file. The questions' own files, in the
folder pages, do without.</p></noscript>
<form class="filters" role="search" id="filters">
<label>Search <input type="search" id="q" autocomplete="off"
 placeholder="words of question, title, answers; id"></label>
<label>Verdict <select id="verdict"><option value="">all</option>
<option value="error">any error</option>%(verdicts)s</select></label>
<label>On <select id="kind"><option value="">long or short</option>
<option value="long">long</option>
<option value="short">short</option></select></label>
<label>Answers <select id="yesno"><option value="">all</option>
<option value="1">with yes or no</option></select></label>
<label>Order <select id="sort"><option value="">as in the data</option>
<option value="long">long score, highest first</option>
<option value="short">short score, highest first</option></select></label>
</form>
<p id="status" role="status" aria-live="polite"></p>
<div class="wide"><table class="data list"><thead><tr><th scope="col">Question</th>
<th scope="col">Long</th><th scope="col">Long: gold, predicted</th>
<th scope="col">Short</th><th scope="col">Short: gold, predicted</th></tr></thead>
<tbody id="list"></tbody></table></div>
<div class="pager"><button type="button" id="back">← Back</button>
<span id="place" class="number"></span>
<button type="button" id="forth">Forth →</button>
<span class="soft"><kbd>/</kbd> search, <kbd>n</kbd> <kbd>p</kbd> forth and back</span></div>
</main>
"""
