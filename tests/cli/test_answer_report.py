"""Answers as they are printed."""
import io
import json

import pytest

from bert_nq.answering.answer import Alternative, Answer
from bert_nq.answering.page_text import PageText
from bert_nq.cli import answer_report
from bert_nq.cli.answer_report import COLOURS, SIGNS, Style
from tests.support import own_pages

PAGE = own_pages.page("<P> tovin is in aron </P> <P> osk </P>", "tovin.html")
TEXT = PageText(PAGE)
ARON, FIRST, SECOND = TEXT.passage(4, 5), TEXT.passage(0, 6), TEXT.passage(6, 9)
SHORT = Alternative(0.734, ARON, FIRST, None)
OTHERS = (SHORT, Alternative(0.2, None, SECOND, None), Alternative(0.01, None, FIRST, "yes"))


def answer_of(others, page=PAGE, given=True):
    best = others[0] if others else Alternative(0.0, None, None, None)
    return Answer("where is tovin", page, best.probability,
                  *(best[1:] if given else (None, None, None)), others)


@pytest.mark.parametrize("answer, lines", [
    (answer_of(OTHERS), ["aron", "  tovin is in »aron«", "  probability 0.73, tovin.html"]),
    (answer_of(OTHERS, given=False), [
        "no answer", "  best guess: aron", "  tovin is in »aron«",
        "  probability 0.73, tovin.html"]),
    (answer_of(OTHERS[1:]), ["osk", "  probability 0.20, tovin.html"]),
    (answer_of(OTHERS[2:]), ["yes", "  tovin is in aron", "  probability 0.01, tovin.html"]),
    (answer_of(()), ["no answer", "  nothing in tovin.html can be one"]),
    # Outside of all candidates.
    (answer_of((SHORT._replace(long=None),)), ["aron", "  probability 0.73, tovin.html"]),
])
def test_an_answer_in_its_paragraph(answer, lines):
    assert answer_report.as_text(answer, Style()).split("\n") == lines


def test_the_best_answers():
    assert answer_report.as_text(answer_of(OTHERS), Style(COLOURS, False, True), 3) == (
        "Q: where is tovin\n"
        "aron\n"
        "  tovin is in \033[1;32maron\033[0m\n"
        "  probability 0.73 (not calibrated), tovin.html\n"
        "2. osk\n"
        "  probability 0.20\n"
        "3. yes\n"
        "  tovin is in aron\n"
        "  probability 0.01\n")
    assert "3." not in answer_report.as_text(answer_of(OTHERS), Style(), 2)


def test_a_long_paragraph_is_cut_around_the_answer():
    page = own_pages.page("<P> %s aron %s </P>" % ("ab " * 200 + "x", "x " + "cd " * 200 + "x"))
    text = PageText(page)
    place = page.tokens.index("aron")
    whole = text.passage(0, len(page.tokens))
    found = Alternative(0.5, text.passage(place, place + 1), whole, None)
    line = answer_report.as_text(answer_of((found,), page), Style()).split("\n")[1]
    # 300 characters on either side, whole words: 98 of "ab " with "x ", and as many behind.
    before, behind = line.split("»aron«")
    assert before.startswith("  … ab ab ") and before.endswith(" ab x ")
    assert behind.startswith(" x cd ") and behind.endswith(" cd …")
    assert 290 <= len(before) - len("  … ") <= 300 and 290 <= len(behind) - len(" …") <= 300
    alone = Alternative(0.5, None, whole, None)
    line = answer_report.as_text(answer_of((alone,), page), Style()).split("\n")[0]
    assert line.startswith("ab ab ") and line.endswith(" …") and 590 <= len(line) <= 602


def test_a_page_cannot_move_the_cursor():
    page = own_pages.page(["<P>", "to\033[2Jvin", "is\r\n", "ar\u202eon", "</P>"], "a\033\nb.html")
    text = PageText(page)
    found = Alternative(0.5, text.passage(3, 4), text.passage(0, 5), None)
    assert answer_report.as_text(answer_of((found,), page), Style()).split("\n") == [
        "aron", "  to [2Jvin is   »aron«", "  probability 0.50, a  b.html"]


def test_json():
    record = json.loads(answer_report.as_json(answer_of(OTHERS)))
    assert record == {
        "question": "where is tovin", "page": "tovin.html", "yes_no": None, "probability": 0.734,
        "short": {"text": "aron", "start_token": 4, "end_token": 5,
                  "start_byte": PAGE.html.index(b"aron"),
                  "end_byte": PAGE.html.index(b"aron") + len("aron")},
        "long": {"text": "tovin is in aron", "start_token": 0, "end_token": 6, "start_byte": 0,
                 "end_byte": PAGE.html.index(b"</P>") + len("</P>")}}
    line = answer_report.as_json(answer_of(OTHERS, given=False), 2)
    assert "\n" not in line
    record = json.loads(line)
    assert (record["short"], record["long"], record["probability"]) == (None, None, 0.734)
    assert [(o["short"] and o["short"]["text"], o["long"]["text"], o["yes_no"], o["probability"])
            for o in record["others"]] == [
        ("aron", "tovin is in aron", None, 0.734), (None, "osk", None, 0.2)]


def test_marks(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert answer_report.marks_for(io.StringIO()) == SIGNS
    assert answer_report.marks_for(Terminal()) == COLOURS
    monkeypatch.setenv("NO_COLOR", "1")
    assert answer_report.marks_for(Terminal()) == SIGNS


OSK = own_pages.page("<P> osk river </P>", "osk.html")
OSK_TEXT = PageText(OSK)
OSK_ANSWER = answer_of(
    (Alternative(0.5, OSK_TEXT.passage(1, 2), OSK_TEXT.passage(0, 4), None),), OSK)


def test_the_best_answers_of_several_pages():
    answers = [answer_of(OTHERS), OSK_ANSWER, answer_of((), own_pages.page("<P> a </P>", "a.html"))]
    assert answer_report.of_pages_as_text("where is tovin", answers, Style(), 3).split("\n") == [
        "aron", "  tovin is in »aron«", "  probability 0.73, tovin.html",
        "2. osk", "  »osk« river", "  probability 0.50, osk.html",
        "3. osk", "  probability 0.20, tovin.html",
        "  also read: osk.html, a.html"]
    record = json.loads(answer_report.of_pages_as_json("where is tovin", answers, 2))
    assert [(other["page"], other["short"]["text"]) for other in record.pop("others")] == [
        ("tovin.html", "aron"), ("osk.html", "osk")]
    assert record == dict(json.loads(answer_report.as_json(answers[0])),
                          pages=["tovin.html", "osk.html", "a.html"])


def test_no_page_was_read():
    assert answer_report.of_pages_as_text("where", [], Style(has_several=True)) == (
        "Q: where\nno answer\n  no page has a word of the question\n")
    assert json.loads(answer_report.of_pages_as_json("where", [])) == {
        "question": "where", "page": None, "short": None, "long": None, "yes_no": None,
        "probability": None, "pages": []}
