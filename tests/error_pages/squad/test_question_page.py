"""The file of one question of SQuAD, with wild text wherever text comes from outside."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.datasets.squad.example import Answer, Example
from bert_nq.error_pages import documents
from bert_nq.error_pages.site import Links
from bert_nq.error_pages.squad import highlights, outcomes, question_page
from bert_nq.error_pages.squad.nbest_file import NBestAnswer
from bert_nq.error_pages.squad.question_page import Content
from bert_nq.scoring.squad import measures
from bert_nq.scoring.squad import system as systems
from bert_nq.scoring.squad.gold import Question
from tests.support.html_elements import SHOWN, WILD, Elements
from tests.support.squad_error_samples import TOWN

NBEST = [NBestAnswer("", 1.0, 0.75), NBestAnswer("Pell", None, 0.25),
         NBestAnswer("1822", 0.5, None)]


def content(answers, text, odds=None, threshold=1.0, nbest=None, **changes):
    """What the file of a question shows."""
    example = Example(1, "id", "title", "question", TOWN, tuple(Answer(*a) for a in answers), None,
                      "gold.json, question 1")._replace(**changes)
    gold = {"id": Question("id", example.question, tuple(a[0] for a in answers), not answers, "")}
    system = systems.score("p", gold, {"id": text}, None if odds is None else {"id": odds},
                           threshold, measures.V2)
    judged, = outcomes.judge(system)
    found = highlights.find(example, judged.question.answers, text, judged.is_silenced())
    return Content(example, judged, found, nbest, threshold, measures.V2)


def built(shown):
    return Elements(question_page.build(shown, Links("../index.html", None, "q8.html")))


def texts(page, name):
    return [" ".join(text.split()) for _, _, text in page.named(name)]


def facts(page):
    """The names of what is told of the prediction, and the words of those that are no links."""
    return list(zip(texts(page, "dt"), texts(page, "dd")))


def test_the_parts_of_a_file():
    page = built(content([("1822", 41), ("Pell", 21), ("1822", 41)], "1822", -2.5, nbest=NBEST))
    assert texts(page, "title") == ["question"]
    assert texts(page, "bdi") == ["question", "title", "id", "1822", "Pell", "1822", "Pell", "1822"]
    assert [a for _, a, _ in page.named("a")] == [
        {"href": "../index.html", "accesskey": "u"},
        {"href": "q8.html", "rel": "next", "accesskey": "n"},
        {"class": "end-of-bar", "href": "#page"}, {"href": "#gold-1"}, {"href": "#gold-2"},
        {"href": "#predicted"}]
    assert texts(page, "th") == ["2 of 3", "1 of 3", "", "text", "score", "prob.", "F1"]
    assert facts(page) == [("answer", ""), ("exact match", ""), ("F1", ""), ("null odds", ""),
                           ("threshold", ""),
                           ("therefore it", "counts, since the odds are not above the threshold")]
    assert [text for _, a, text in page.named("span") if a["class"] == "number"] == [
        "1", "1", "-2.5", "1"]
    assert [text for _, a, text in page.named("span") if "verdict" in a["class"]] == ["right"]
    # Of the n-best list. Pell is gold too, and at two places: that of gold is meant.
    assert texts(page, "td")[-15:] == ["1", "", "1", "0.75", "0", "2", "", "", "0.25", "1", "3", "",
                                       "0.5", "", "1"]
    assert texts(page, "div")[1:] == ["characters [21, 25)", "characters [41, 45)"]
    assert [text for _, a, text in page.named("mark") if "swatch" in a["class"]] == [
        "gold", "predicted", "gold", "gold"]


def test_the_threshold_takes_an_answer_away():
    page = built(content([("1822", 41)], "1822", 3, 2.5))
    assert facts(page)[-1] == ("therefore it", "counts as no answer, since the odds are above the "
                               "threshold; it would have been: right")
    assert [a["class"] for _, a, _ in page.named("mark")][:2] == ["swatch gold-short",
                                                                  "swatch low-short"]
    assert built(content([], "town", 3, 2.5)).named("dd")[-1][2].endswith("been: false alarm")


@pytest.mark.parametrize("answers, expected", [
    ([("1822", 41)], "wrong answer"), ([("Pell", 21)], "right"), ([], "false alarm")])
def test_what_the_best_answer_would_be_where_none_was_given(answers, expected):
    page = built(content(answers, "", 3, nbest=NBEST))
    assert facts(page)[0] == ("answer", "none")
    assert facts(page)[-2:] == [("best answer", ""), ("it would be", expected)]


@pytest.mark.parametrize("text, expected", [
    ("Pell", "in 2 places, none of them gold: which is meant is not known"),
    ("Orlan", "not in the context")])
def test_texts_whose_place_is_not_known(text, expected):
    assert texts(built(content([("1822", 41)], text)), "em") == [expected]


def test_gold_whose_place_is_not_known():
    page = built(content([("gone", 3)], ""))
    assert texts(page, "em") == ["its place is not known"]
    assert "No answer is marked in this context." in texts(page, "p")
    assert texts(built(content([], "")), "td") == ["no answer"]


def test_one_text_at_several_places_has_links_to_all():
    page = built(content([("Pell", 21), ("Pell", 51)], ""))
    assert [(a["href"], text) for _, a, text in page.named("a")][-2:] == [
        ("#gold-1", ""), ("#gold-2", "place 2")]


def wild(text):
    shown = content([("Pell", 21)], "Pell", 0.5, nbest=[NBestAnswer("y" + text, 1.0, 0.5)],
                    title=text or "t", question=text, question_id=text, context="Pell" + text)
    gold = [answer._replace(text=text) for answer in shown.highlights.gold]
    return shown._replace(highlights=shown.highlights._replace(
        gold=gold, predicted=shown.highlights.predicted._replace(text=text)))


def test_wild_text_is_text():
    page = built(wild(WILD))
    assert texts(page, "bdi") == [" ".join(SHOWN.split())] * 5 + [" ".join(("y" + SHOWN).split())]
    assert page.named("script") == []


@given(text=st.text(min_size=1, max_size=20).filter(lambda text: "ell" not in text))
def test_text_changes_no_element(text):
    document = question_page.build(wild(text), Links("../index.html", None, "q8.html"))
    documents.encode(document)
    assert [element[:2] for element in Elements(document).found] == [
        element[:2] for element in built(wild("#")).found]
