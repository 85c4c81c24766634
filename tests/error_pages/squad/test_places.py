"""Where a context has a text, and how it is marked there."""
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.datasets.squad.example import Answer, Example
from bert_nq.error_pages.squad import places
from bert_nq.error_pages.squad.highlights import GoldAnswer, Predicted, find
from bert_nq.error_pages.squad.marked_text import Mark, render
from tests.support.html_elements import Elements
from tests.support.squad_error_samples import TOWN


@pytest.mark.parametrize("context, text, expected", [
    ("a town, a town", "town", [(2, 6), (10, 14)]),
    ("art is a cart", "art", [(0, 3)]),  # the whole word alone
    ("a cart", "art", [(3, 6)]),  # for want of a whole one
    ("Pell, PELL", "PELL", [(6, 10)]),
    ("Pell, pELL", "PELL", [(0, 4), (6, 10)]),
    ("in\u00a0 1822", "in 1822", [(0, 8)]), ("in 1822", "in\n1822", [(0, 7)]),
    ("cost $5 (net)", "$5 (net)", [(5, 13)]), ("x.y", "x-y", []), ("x", "", []), ("x", " ", [])])
def test_places_of_a_text(context, text, expected):
    assert places.find(context, text) == expected


@given(st.text(alphabet="ab \n.", min_size=1, max_size=30), st.data())
def test_a_part_of_a_context_is_found_in_it(context, data):
    start = data.draw(st.integers(0, len(context) - 1))
    text = context[start:data.draw(st.integers(start + 1, len(context)))]
    found = places.find(context, text)
    assert bool(found) == bool(text.strip())
    for span in found:
        assert context[span.start:span.end].split() == text.split()


@pytest.mark.parametrize("found, gold, expected", [
    ([(3, 5)], [], (3, 5)), ([(3, 5), (7, 9)], [], None), ([(3, 5), (7, 9)], [(5, 7)], None),
    ([(3, 5), (7, 9)], [(8, 20)], (7, 9)), ([(0, 4), (6, 10)], [(3, 8)], (6, 10)),
    ([(0, 4), (6, 10)], [(0, 4), (6, 10)], (0, 4)), ([], [(1, 2)], None)])
def test_the_likeliest_of_several_places(found, gold, expected):
    assert places.likeliest([places.Span(*span) for span in found],
                            [places.Span(*span) for span in gold]) == expected


@pytest.mark.parametrize("answer, expected", [
    (("Pell", 51), (51, 55)), (("Pell", 50), None), (("1822", 7), (41, 45)),
    (("1822", -1), (41, 45)), (("1822", 10 ** 9), (41, 45)), (("nothing", 3), None),
    (("", 0), None)])
def test_places_of_annotated_answers(answer, expected):
    assert places.of_answer(TOWN, Answer(*answer)) == expected


def example(answers, context=TOWN):
    return Example(1, "a1", "", "q", context, tuple(Answer(*a) for a in answers), None, "x")


def test_equal_answers_are_one_highlight():
    found = find(example([("a big town", 9), ("big town", 11), ("a big town", 9), ("left", 3)]),
                 ["a big town", "big town", "left", "alias"], "big  town", False)
    assert found.gold == [GoldAnswer("a big town", 2, ("gold-1",)),
                          GoldAnswer("big town", 1, ("gold-2",)), GoldAnswer("left", 1, ()),
                          GoldAnswer("alias", 0, ())]
    assert found.predicted == Predicted("big  town", "predicted", 1)
    assert found.marks == [Mark("gold-1", "gold-short", "gold, 2 of 4", 9, 19),
                           Mark("gold-2", "gold-short", "gold, 1 of 4", 11, 19),
                           Mark("predicted", "predicted-short", "predicted", 11, 19)]


def test_one_text_at_several_places():
    """As MRQA has it."""
    found = find(example([("Pell", 21), ("Pell", 51)]), ["Pell"], "Pell", False)
    assert found.gold == [GoldAnswer("Pell", 2, ("gold-1", "gold-2"))]
    assert [mark.label for mark in found.marks] == ["gold, 1 of 2", "gold, 1 of 2", "predicted"]


def test_a_predicted_text_is_shown_at_gold_or_not_at_all():
    assert find(example([("Pell", 51)]), ["Pell"], "Pell", True).marks == [
        Mark("gold-1", "gold-short", "gold, 1 of 1", 51, 55),
        Mark("predicted", "low-short", "predicted, above the threshold", 51, 55)]
    assert find(example([("1822", 41)]), ["1822"], "Pell", False).predicted == Predicted(
        "Pell", None, 2)
    assert find(example([]), [], "Orlan", False) == ([], Predicted("Orlan", None, 0), [])
    assert find(example([]), [], "", False).predicted is None


def test_overlapping_marks():
    marks = [Mark("g", "gold-short", "gold", 2, 6), Mark("p", "predicted-short", "<p>", 4, 8)]
    assert render("ab<>d&gh", marks) == (
        'ab<span class="begin gold-short" id="g" data-label="gold"></span>'
        '<mark class="gold-short">&lt;&gt;</mark>'
        '<span class="begin predicted-short" id="p" data-label="&lt;p&gt;"></span>'
        '<mark class="gold-short predicted-short">d&amp;</mark>'
        '<span class="end gold-short" data-label="gold"></span>'
        '<mark class="predicted-short">gh</mark>'
        '<span class="end predicted-short" data-label="&lt;p&gt;"></span>')
    assert render("a<b\r\n") == "a&lt;b \n" and render("") == ""


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(0, 29), st.integers(1, 9)),
                                      max_size=4))
def test_all_of_a_text_is_shown_whatever_is_marked(text, spans):
    marks = [Mark("m%d" % i, "gold-short", "gold", start, min(len(text), start + length))
             for i, (start, length) in enumerate(spans) if start < len(text)]
    page = Elements("<p>%s</p>" % render(text, marks))
    assert {element[0] for element in page.found} <= {"p", "span", "mark"}
    assert sorted(a["id"] for _, a, _ in page.named("span") if "id" in a) == sorted(
        mark.key for mark in marks)
    marked = {i for mark in marks for i in range(mark.start, mark.end)}
    shown = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]", "\ufffd", text)
    assert "".join(e[2] for e in page.named("mark")) == "".join(
        c for i, c in enumerate(shown.replace("\r", " ")) if i in marked)
