"""Lines of Natural Questions made of pages and questions."""
import collections

import pytest

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError
from bert_nq.base.ids import hashed_id
from bert_nq.datasets.html_pages import making
from bert_nq.datasets.html_pages.making import asking, asking_of, by_page, lines, pages_of
from bert_nq.datasets.html_pages.nq_lines import nq_line
from bert_nq.datasets.html_pages.parsing import parse_html
from bert_nq.datasets.html_pages.questions import AnswerText, Question
from bert_nq.datasets.nq.decoding import decode_example, load_json
from bert_nq.datasets.nq.example import Annotation, Span


def question(page, text, answers=None, context=None):
    return Question(page, text, answers and tuple(AnswerText(a, -1) for a in answers)
                    if answers != () else (), context, "q.csv, line 2")


def test_a_line_written_out():
    page = parse_html("<h1>A</h1><p>b &amp; <ul><li>c</ul>", "https://example.org/a")
    annotations = [Annotation(1, (Span(8, 9),), "NONE"), Annotation(-1, (), "NONE")]
    line = nq_line(page, "What's b?", -5, annotations)
    assert load_json(line, "x") == {
        "document_html": "<H1>A</H1>\n<P>b &amp;</P>\n<Ul><Li>c</Li>\n</Ul>\n",
        "document_title": "A",
        "document_url": "https://example.org/a",
        "document_tokens": [
            {"token": token, "start_byte": start, "end_byte": end, "html_token": token[0] == "<"}
            for token, start, end in [
                ("<H1>", 0, 4), ("A", 4, 5), ("</H1>", 5, 10), ("<P>", 11, 14), ("b", 14, 15),
                ("&", 16, 21), ("</P>", 21, 25), ("<Ul>", 26, 30), ("<Li>", 30, 34),
                ("c", 34, 35), ("</Li>", 35, 40), ("</Ul>", 41, 46)]],
        "long_answer_candidates": [
            {"start_token": 3, "end_token": 7, "start_byte": 11, "end_byte": 25, "top_level": True},
            {"start_token": 7, "end_token": 12, "start_byte": 26, "end_byte": 46,
             "top_level": True},
            {"start_token": 8, "end_token": 11, "start_byte": 30, "end_byte": 40,
             "top_level": False}],
        "annotations": [
            {"annotation_id": 0,
             "long_answer": {"start_token": 7, "end_token": 12, "start_byte": 26, "end_byte": 46,
                             "candidate_index": 1},
             "short_answers": [{"start_token": 8, "end_token": 9, "start_byte": 30,
                                "end_byte": 34}],
             "yes_no_answer": "NONE"},
            {"annotation_id": 1,
             "long_answer": {"start_token": -1, "end_token": -1, "start_byte": -1, "end_byte": -1,
                             "candidate_index": -1},
             "short_answers": [], "yes_no_answer": "NONE"}],
        "question_text": "What's b?",
        "question_tokens": ["What", "'s", "b", "?"],
        "example_id": -5}
    assert decode_example(line, page.source) == page.example("What's b?", -5)._replace(
        annotations=annotations)


def test_names_and_questions_that_are_not_utf8():
    page = parse_html("a", "odd_\udcff.html")
    assert page.title == "odd \udcff"
    line = nq_line(page, page.title, 1)
    assert decode_example(line, page.source) == page.example("odd \udcff", 1)


@pytest.fixture
def pages(tmp_path):
    (tmp_path / "Old_mill.html").write_text(
        "<p>The mill was built in 1204 by Ansk.<p>It burned in 1301.")
    (tmp_path / "pond.md").write_text("# Pond\n\nThe pond is deep.")
    return pages_of(sorted(map(str, tmp_path.iterdir())))


def made(pages, ask):
    counts, told = collections.Counter(), []
    found = [decode_example(line, "x") for line in lines(pages, ask, BadInput(), counts,
                                                         told.append)]
    return found, +counts, told


def test_every_page_is_asked_for_its_title_or_the_same(pages):
    examples, counts, told = made(pages, asking([]))
    assert [(e.question, e.title, e.annotations) for e in examples] == [
        ("Old mill", "Old mill", []), ("Pond", "Pond", [])]
    assert examples[1].example_id == hashed_id("pond.md\nPond")
    assert counts == {"pages": 2, "candidates": 3, "examples": 2}
    examples, _, _ = made(pages, asking(["who  ", "why"]))
    assert [e.question for e in examples] == ["who", "why", "who", "why"]
    assert len({e.example_id for e in examples}) == 4


def test_questions_have_answers_of_several_annotators_or_none(pages):
    asked = by_page([
        question("old MILL", "when was it built", ["1204"]),
        question("pond.md", "how deep", ()),
        question("Old_mill.html", "when was it built", ["in 1204", "never"]),
        question("Old_mill", "when was it built", ()),
        question(pages.paths[0], "who burned it", ["Marel"]),
    ], pages, BadInput())
    examples, counts, told = made(pages, asking_of(asked))
    assert [(e.question, e.annotations) for e in examples] == [
        ("when was it built", [Annotation(0, (Span(6, 7),), "NONE"),
                               Annotation(0, (Span(5, 7),), "NONE"), making.NULL]),
        ("how deep", [making.NULL])]
    assert told == ["skipped: q.csv, line 2: the answer 'Marel' is not in the page"]
    assert counts == {
        "pages": 2, "candidates": 3, "examples": 2, "answers": 2,
        "answers not found in their page": 2, "questions skipped": 1,
        "questions without an answer": 1}


def test_names_of_pages():
    pages = pages_of(["a/Tovin.html", "b/Tovin.html", "b/\u00c5ron.txt.gz"])
    assert list(pages.names) == ["a/Tovin.html", "b/Tovin.html", "\u00c5ron.txt.gz"]
    told = []
    asked = by_page([question(name, "why") for name in (
        "%C3%85ron", "\u00e5ron.txt.gz", "b/\u00c5ron", "a/tovin", "b/Tovin.html", "Tovin",
        "Besk")], pages, BadInput(True, told.append))
    assert {n: len(q) for n, q in asked.items()} == {2: 3, 0: 1, 1: 1}
    assert told == [
        "skipped: q.csv, line 2: several pages are called 'Tovin': give its path",
        "skipped: q.csv, line 2: no page is called 'Besk': it is to be the name of a file of "
        "--input"]
    with pytest.raises(BadExampleError):
        by_page([question("Besk", "why")], pages, BadInput())
