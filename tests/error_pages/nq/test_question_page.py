"""The file of one question, with wild text wherever text comes from outside."""
import html
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.error_pages import documents
from bert_nq.error_pages.nq import highlights, outcomes, question_page
from bert_nq.error_pages.nq.answer_files import NBestFile, read_details
from bert_nq.error_pages.nq.question_page import Content
from bert_nq.error_pages.site import Links
from bert_nq.scoring.nq.labels import parse_prediction, parse_question
from tests.support.error_page_samples import span
from tests.support.html_elements import SHOWN, WILD, Elements
from tests.support.nq_pages import make_annotation, make_line, make_page

#                    0   1    2 3    4   5    6
RECORD = make_page("<P> word . </P> <P> word </P>", 7, "question", [
    make_annotation(0, [(1, 2)]), make_annotation(1, (), "YES"), make_annotation()])
PREDICTION = {"example_id": 7, "long_answer": span(4, 7), "long_answer_score": 2,
              "short_answers_score": 1, "yes_no_answer": "NO", "scores": {"long": 2, "no": 1},
              "best_short_answers": [span(1, 2)]}
NBEST = {"example_id": 7, "long_answers": [
    dict(span(0, 4), text="nbest", score=2, probability=0.5, window=3)],
    "short_answers": [dict(span(1, 2), text="nbest", score=1.5)],
    "yes_no": {"yes": {"score": -1}, "no": {"score": 1, "probability": 0.25}}}


@pytest.fixture(name="content", scope="module")
def fixture_content(tmp_path_factory):
    """All that a question's file can show, of few words."""
    path = tmp_path_factory.mktemp("files") / "predictions.json"
    path.write_text(json.dumps({"predictions": [PREDICTION]}))
    details, _ = read_details(str(path))
    path.write_text(json.dumps({"predictions": [NBEST]}))
    gold, prediction = parse_question(RECORD)[1], parse_prediction(PREDICTION)
    scored = outcomes.score({7: gold}, {7: prediction})
    return found(Content(decode_example(make_line(RECORD), "shard, line 1"), scored.questions[0],
                         prediction, None, details[7], NBestFile(str(path), 10).get(7),
                         scored.thresholds()))


def found(content):
    """The content with the answers that are on its page."""
    gold = parse_question(RECORD)[1]
    locator = highlights.Locator(content.example, make_line(RECORD))
    return content._replace(highlights=highlights.find(
        content.example, locator, gold, content.prediction, (True, True)))


def with_text(content, text):
    """The content with `text` in the place of all that people or pages say."""
    example = content.example
    example = example._replace(question=text, title=text, tokens=[
        token.replace("word", text) for token in example.tokens])
    nbest = content.nbest._replace(**{field: [
        answer._replace(text=text) for answer in getattr(content.nbest, field)]
        for field in ("long_answers", "short_answers")})
    return found(content._replace(example=example, nbest=nbest))


def build(content):
    return question_page.build(content, Links("../index.html", None, "q8.html"))


def test_the_parts_of_a_file(content):
    page = Elements(build(content))
    assert [text for _, _, text in page.named("title") + page.named("bdi")] == [
        "question", "question", "Tovin", "word.", "word", "word", "word", "word", "nbest", "nbest"]
    assert [a for _, a, _ in page.named("a")] == [
        {"href": "../index.html", "accesskey": "u"},
        {"href": "q8.html", "rel": "next", "accesskey": "n"},
        {"class": "end-of-bar", "href": "#page"},
        {"href": "#gold-long-1"}, {"href": "#gold-short-1"}, {"href": "#gold-long-2"},
        {"href": "#predicted-long"}]
    assert [text for _, _, text in page.named("li")] == ["long: ", "short: ", "long: ", "YES"]
    assert [text for _, _, text in page.named("th") if text] == [
        "1 of 3", "1 of 3", "1 of 3", "score", "long", "no", "text", "score", "prob.", "text",
        "score", "prob."]
    assert [text.strip() for _, _, text in page.named("td")] == [
        "", "", "no answer", "2", "1", "1", "", "2", "0.5", "1", "", "1.5", ""]
    assert [text.strip() for _, a, text in page.named("div") if "number" in a["class"]] == [
        "tokens [0, 4), window 3", "tokens [1, 2)"]
    assert [text for _, _, text in page.named("dd")] == [
        "", "", "", "counts, since its score reaches the threshold",
        "NO", "", "", "counts, since its score reaches the threshold",
        "score ", "score , probability "]


def test_wild_text_is_text(content):
    page = Elements(build(with_text(content, WILD)))
    shown = [text for _, _, text in page.named("title") + page.named("bdi")]
    assert shown == [SHOWN] * 3 + [SHOWN + "."] + [SHOWN] * 6
    assert page.named("script") == []


@pytest.fixture(name="harmless", scope="module")
def fixture_harmless(content):
    """Names and attributes of the elements where no text is wild."""
    return [element[:2] for element in Elements(build(with_text(content, "w"))).found]


@given(text=st.text(min_size=1, max_size=20))
def test_text_changes_no_element(content, harmless, text):
    page = build(with_text(content, text))
    documents.encode(page)
    elements = Elements(page)
    assert [element[:2] for element in elements.found] == harmless
    assert elements.named("bdi")[0][2] == html.unescape(str(documents.text(text)))


def test_what_is_missing_is_said(content):
    prediction = parse_prediction({"example_id": 7, "long_answer_score": -1,
                                   "short_answers_score": -1})
    question, _ = outcomes.score(
        {7: (), 8: (content.prediction.answers,)},
        {7: prediction, 8: content.prediction}).questions
    page = Elements(build(content._replace(
        example=content.example._replace(title=""), question=question, prediction=prediction,
        highlights=highlights.Highlights([], None, [], []), details=None, nbest=None)))
    assert page.named("bdi")[1][2] == "(without a title)"
    assert "No answer is marked on this page." in [text for _, _, text in page.named("p")]
    assert [text for _, _, text in page.named("td")] == [
        "not annotated: counted as without an answer"]
    assert [text for _, _, text in page.named("dd")] == ["none", "", "none", ""]
    assert page.named("details") == page.named("h3")[2:] == []


def test_a_span_that_the_page_does_not_have(content):
    prediction = parse_prediction(dict(PREDICTION, yes_no_answer="NONE", long_answer=span(4, 9),
                                       short_answers=[{"start_byte": 1, "end_byte": 3},
                                                      span(5, 6)]))
    page = Elements(build(found(content._replace(prediction=prediction))))
    assert [text for _, _, text in page.named("em")] == [
        "tokens [4, 9), which the page does not have", "bytes [1, 3), which the page does not have"]
    assert len(page.named("br")) == 1
