"""Pages as people write them, and the tokens and bytes of their words."""
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.answering.answer import Passage
from bert_nq.answering.page_text import PageText
from bert_nq.datasets.html_pages.reading import parse_page
from bert_nq.datasets.nq.example import Span
from tests.support import own_pages

# <P> Tovin founded Aron, in <b>Be</b>sk. </P> <Ul> <Li> a </Li><Li> b </Li> </Ul>
HTML = "<P>Tovin founded Aron, in <b>Be</b>sk.</P><Ul><Li>a</Li><Li>b &amp; c</Li></Ul>"
TOKENS = ["<P>", "Tovin", "founded", "Aron", ",", "in", "Be", "sk", ".", "</P>",
          "<Ul>", "<Li>", "a", "</Li>", "<Li>", "b", "&", "c", "</Li>", "</Ul>"]
PAGE = own_pages.glued(HTML, TOKENS)


def test_words_are_glued_as_on_the_page():
    assert PageText(PAGE).text == "Tovin founded Aron, in Besk. a b & c"
    assert PageText(PAGE).lines == "Tovin founded Aron, in Besk.\na\nb & c"


def test_passages():
    text = PageText(PAGE)
    assert text.passage(0, 10) == Passage("Tovin founded Aron, in Besk.", 0, 10, 0,
                                          HTML.index("<Ul>"))
    assert text.passage(3, 4) == Passage("Aron", 3, 4, HTML.index("Aron"), HTML.index(","))
    assert text.passage(10, 20).text == "a b & c"
    assert text.passage(9, 11).text == ""  # only tags


def test_characters_and_tokens():
    text = PageText(PAGE)
    start = text.text.index("Aron")
    assert text.tokens_of(start, start + 4) == Span(3, 4)
    assert text.tokens_of(start, start + 5) == Span(3, 5)  # with its comma
    assert text.tokens_of(start + 1, start + 2) == Span(3, 4)  # a part of a word
    assert text.tokens_of(start + 5, start + 6) is None  # the blank behind it
    # "a" to "b", with the tags between them
    assert text.tokens_of(text.text.index(" a ") + 1, text.text.index("b &") + 1) == Span(12, 16)


@pytest.mark.parametrize("first", range(1, 18))
def test_every_word_is_found_again(first):
    text = PageText(PAGE)
    if PAGE.is_html[first]:
        return
    place = text.passage(1, first + 1).text
    end = len(place)
    assert text.tokens_of(end - len(TOKENS[first]), end) == Span(first, first + 1)


def test_words_are_counted():
    text = PageText(PAGE)
    assert (text.words_in(Span(0, 10)), text.words_in(Span(10, 20)), text.words_in((9, 12))) == (
        8, 4, 0)


def test_a_page_without_words():
    text = PageText(own_pages.page("<P> </P>"))
    assert text.text == "" and text.tokens_of(0, 1) is None


@given(st.text(max_size=60).map(lambda text: "<p>%s<b>x</b>y</p><li>%s" % (text, text)))
def test_pages_of_any_kind(html):
    page = parse_page(html)
    text = PageText(page)
    assert len(text.text) == len(text.lines)
    words = [i for i, is_html in enumerate(page.is_html) if not is_html]
    for token in words:
        start, end = text.characters_of(token, token + 1)
        assert text.text[start:end] == page.tokens[token]
        assert text.tokens_of(start, end) == Span(token, token + 1)
        passage = text.passage(token, token + 1)
        assert unescape(page.html[passage.start_byte:passage.end_byte].decode("utf8")) == (
            page.tokens[token])


def test_words_that_stand_right_behind_another():
    page = own_pages.glued("<P>a b,</P> <P>c.d</P>", ["<P>", "a", "b", ",", "</P>", "<P>", "c", ".",
                                                      "d", "</P>"])
    assert PageText(page).is_glued() == [False, False, False, True, False, False, False, True, True,
                                         False]
