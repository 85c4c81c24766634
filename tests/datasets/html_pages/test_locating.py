"""Answers found in pages by their text."""
import pytest

from bert_nq.datasets.html_pages.locating import PageText
from bert_nq.datasets.html_pages.parsing import parse_html

#  0    1     2     3    4     5   6      7 8    9
# <H1> Tovin </H1> <P> Tovin was built in 1204 . </P>  (10)
PAGE = parse_html(
    "<h1>Tovin</h1><p>Tovin was built in 1204.<p>Marel  Ansk died in 1204 at <b>Tov</b>in's pond."
    "<ul><li>mill in Aron<li>Tov &amp; <i>Ansk</i></ul>", "x.html")
TEXT = PageText(PAGE)


def test_rare_words_of_the_question_count_most():
    filler = "<p>" + " ".join("w%d" % i for i in range(100))
    page = parse_html("<p>who is the Ansk of it, the one that is of the" + filler
                      + "<p>mother of Tov is Ansk" + "<p>the of who is" * 5, "x.html")
    place = PageText(page).find("Ansk", "who is the mother of Tov")
    assert (place.candidate_index, place.num_places) == (2, 2)


def found(place):
    """(its candidate, its tokens, at how many places) as texts."""
    return place and (PAGE.tokens[PAGE.candidates[place.candidate_index].start_token],
                      place.candidate_index,
                      " ".join(PAGE.tokens[place.span.start_token:place.span.end_token]),
                      place.num_places)


@pytest.mark.parametrize("answer, question, expected", [
    ("Marel Ansk", "who", ("<P>", 1, "Marel Ansk", 1)),
    # The heading is in no candidate. The first place, or the one beside words of the question.
    ("Tovin", "what", ("<P>", 0, "Tovin", 2)),
    ("tovin", "where did Ansk die: at what pond", ("<P>", 1, "Tovin", 2)),
    ("1204", "when was it built", ("<P>", 0, "1204", 2)),
    ("1204", "when died Ansk", ("<P>", 1, "1204", 2)),
    ("1204.", "when", ("<P>", 0, "1204 .", 1)),
    ("ANSK", "who", ("<P>", 1, "Ansk", 2)),
    ("Aron", "where", ("<Ul>", 2, "Aron", 1)),
    ("Tov & Ansk", "who", ("<Ul>", 2, "Tov & Ansk", 1)),
    ("120", "when", None),
    ("vin", "what", None),
    # In two paragraphs.
    ("1204. Marel", "what", None),
    ("", "what", None),
    (" ", "what", None),
])
def test_by_the_answer_alone(answer, question, expected):
    assert found(TEXT.find(answer, question)) == expected


@pytest.mark.parametrize("context, answer, start_char, expected", [
    ("Marel Ansk died\n in 1204 at Tovin's pond.", "1204", 20, ("<P>", 1, "1204", 1)),
    ("Tovin was built in 1204.", "Tovin", 0, ("<P>", 0, "Tovin", 1)),
    ("Tovin was built in 1204.", "ovi", 1, ("<P>", 0, "Tovin", 1)),  # the offset says it
    ("Tovin was built in 1204.", "Tovin", 6, None),
    # A context that differs a little from the page: the same occurrence of the answer.
    ("Marel Ansk died in 1204 at the Tovin's pond.", "1204", 19, ("<P>", 1, "1204", 1)),
    ("Marel Ansk died in in at Tovin's pond.", "in", 19, None),
    ("Something else altogether.", "1204", 0, None),
])
def test_in_the_paragraph_of_a_context(context, answer, start_char, expected):
    assert found(TEXT.find_in(context, answer, start_char)) == expected
