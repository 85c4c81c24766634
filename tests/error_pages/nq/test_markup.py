"""A page's tokens as harmless HTML: hand-made pages, and hostile ones at random."""
import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.error_pages import documents
from bert_nq.error_pages.nq.markup import Mark, render

_EMPTY = {"br", "hr"}


def rendered(text, *marks):
    """The HTML of tokens with blanks between them; what begins with "<" is a tag."""
    tokens = text.split(" ")
    return render(tokens, [t.startswith("<") for t in tokens], marks).replace("\n", "")


@pytest.mark.parametrize("page, expected", [
    ("<P> A town . </P>", "<p>A town.</p>"),
    # Unclosed, and closed without having been opened.
    ("<Ul> <Li> a <Li> b", "<ul><li>a</li><li>b</li></ul>"),
    ("a </P> </Td> </Table> </B> b", "a b"),
    ("<H2> Title <P> text", "<h2>Title</h2><p>text</p>"),
    # Blocks cannot be in paragraphs: a browser would end the paragraph by itself.
    ("<P> a <Ul> <Li> b </Ul> c </P>", "<p>a</p><ul><li>b</li></ul>c"),
    # A browser would move words in a table but in no cell before the table.
    ("<Table> Caption <Tr> <Th> a </Th> b </Tr> <P> c </P> </Table> d",
     "<table><tbody><tr><td>Caption</td></tr><tr><th>a</th><td>b</td></tr>"
     "<tr><td><p>c</p></td></tr></tbody></table>d"),
    ("<Tr> <Td> a </Td> </Tr>", "a"),
    ("<Table> <Td> <Table> <Td> a </Table> b </Table>",
     "<table><tbody><tr><td><table><tbody><tr><td>a</td></tr></tbody></table>b</td></tr>"
     "</tbody></table>"),
    # An item's end tag does not reach beyond its own list, nor out of its cell.
    ("<Ul> <Li> <Ol> </Li> a </Ol> b </Ul>", "<ul><li><ol>a</ol>b</li></ul>"),
    ("<Ul> <Li> <Table> <Td> </Ul> a </Table> b",
     "<ul><li><table><tbody><tr><td>a</td></tr></tbody></table>b</li></ul>"),
    ("<Dl> <Dt> a <Dd> b <Dd> c </Dl>", "<dl><dt>a</dt><dd>b</dd><dd>c</dd></dl>"),
    ("H <Sub> 2 </Sub> O <I> so <P> p </I> q", "H<sub> 2</sub> O<i> so</i><p>p q</p>"),
    ("a <Br/> b <Hr> c </Br>", "a<br>b<hr>c"),
    # Attributes, in the original and in the simplified format.
    ('<Td_colspan="2"> a', "a"),
    ('<Table> <Td_colspan="2"> a <Th_onclick="evil()"> b',
     "<table><tbody><tr><td>a</td><th>b</th></tr></tbody></table>"),
    ('<P_onmouseover="evil()"> a', "<p>a</p>"),
    ("<P/onload=evil()> a", "<p>a</p>"),
    # Neither elements of other names nor what only looks like one of ours.
    ("<Script> alert ( 1 ) </Script> <Style> <Img_src=x_onerror=evil()> <Iframe> b <Pre> <Px> "
     "<P-x> <P:x> <Svg/onload=x> <!--_x_--> <?x?> </ <>", "alert (1) b"),
])
def test_pages(page, expected):
    assert rendered(page) == expected


def test_words_that_look_like_markup_are_text():
    words = ["<script>", "&lt;", '"', "'", "<P>", "</article>"]
    assert render(words, [False] * 6) == ("&lt;script&gt; &amp;lt; &#34; &#39; &lt;P&gt; "
                                          "&lt;/article&gt;")


def test_what_html_cannot_hold_is_replaced():
    assert render(["a\x00b", "\ud800", "c\x1b", "\r"], [False] * 4) == (
        "a\ufffdb \ufffd c\ufffd \ufffd")


def test_marks_that_overlap_across_elements():
    #                0   1 2 3   4  5 6    7   8   9
    marked = rendered("<P> a b <B> c d </B> e . </P>",
                      Mark("gold", "gold-long", 'gold "long"', 0, 10),
                      Mark("guess", "predicted-short", "predicted", 2, 5))
    assert marked == (
        '<p><span class="begin gold-long" id="gold" data-label="gold &#34;long&#34;"></span>'
        '<mark class="gold-long">a </mark>'
        '<span class="begin predicted-short" id="guess" data-label="predicted"></span>'
        '<mark class="gold-long predicted-short">b</mark>'
        '<b><mark class="gold-long predicted-short"> c</mark>'
        '<span class="end predicted-short" data-label="predicted"></span>'
        '<mark class="gold-long"> d</mark></b>'
        '<mark class="gold-long"> e.</mark>'
        '<span class="end gold-long" data-label="gold &#34;long&#34;"></span></p>')


@pytest.mark.parametrize("start, end, expected", [
    (0, 1, '<p><span class="begin k" id="m" data-label="l"></span>a</p>'),
    (2, 3, '<p>a</p><span class="begin k" id="m" data-label="l"></span>'),
])
def test_a_mark_without_a_word_has_a_place_nonetheless(start, end, expected):
    assert rendered("<P> a </P>", Mark("m", "k", "l", start, end)) == expected


def test_depth_is_limited():
    deep = rendered("<Ul> " * 5000 + "a")
    assert deep.count("<ul>") == deep.count("</ul>") == 100


class _Checker(HTMLParser):
    """Checks that each end tag is of the element that is open; keeps texts and attributes."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.attributes, self.text, self.marked = [], set(), "", []

    def handle_starttag(self, tag, attrs):
        self.attributes.update((tag,) + attribute for attribute in attrs)
        if tag not in _EMPTY:
            self.open.append((tag, dict(attrs).get("class", "")))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        self.text += data
        kinds = frozenset(c for tag, classes in self.open if tag == "mark" for c in classes.split())
        self.marked += [(c, kinds) for c in data if not c.isspace()]

    def error(self, message):  # Python 3.7 wants it.
        raise AssertionError(message)


_NAMES = st.sampled_from("p P Table tr Td th ul ol Li dl dt dd h1 h6 b i sup br hr script style "
                         "img iframe svg a mark span div body html meta link base template".split())
_TAGS = st.builds(lambda slash, name, rest: "<%s%s%s>" % (slash, name, rest),
                  st.sampled_from(["", "", "/"]), _NAMES,
                  st.sampled_from(["", "", "/", ' class="x"', "_onload=evil()", " \x00 href='x'"]))
_WORDS = st.one_of(st.text(min_size=1, max_size=6), st.text("<>&\"'/=!- abc", min_size=1),
                   st.sampled_from(["</article>", "</script>", "<script>", "<!--", "]]>", ".",
                                    "("]))
_TOKENS = st.lists(st.one_of(st.tuples(_TAGS, st.just(True)), st.tuples(_WORDS, st.just(False)),
                             st.tuples(_WORDS, st.just(True))), min_size=1, max_size=40)
_SPANS = st.lists(st.tuples(st.integers(0, 39), st.integers(1, 40)), max_size=4)


def _squeezed(text):
    return "".join(c for c in text if not c.isspace())


@given(_TOKENS, _SPANS)
def test_hostile_pages_come_out_balanced_with_their_words_and_marks(page, spans):
    tokens, is_html = zip(*page)
    spans = [(s % len(tokens), e) for s, e in spans]
    marks = [Mark("m-%d" % i, "k%d" % i, "label <%d>" % i, s, min(len(tokens), s + e))
             for i, (s, e) in enumerate(spans)]
    out = render(tokens, is_html, marks)
    checker = _Checker()
    checker.feed(out)
    checker.close()
    assert not checker.open

    # The words are there, in order, each character under just the marks that hold its token.
    expected = []
    for i, (token, is_tag) in enumerate(page):
        kinds = frozenset(m.kind for m in marks if m.start_token <= i < m.end_token)
        if not is_tag:
            shown = html.unescape(documents.text(token))
            expected += [(c, kinds) for c in shown if not c.isspace()]
    assert checker.marked == expected

    # All attributes are ours.
    assert {(tag, name) for tag, name, _ in checker.attributes} <= {
        ("mark", "class"), ("span", "class"), ("span", "id"), ("span", "data-label")}
    assert all(re.fullmatch(r"(begin |end )?k\d( k\d)*", value)
               for _, name, value in checker.attributes if name == "class")
    assert len(re.findall(' id="', out)) == len(marks)


def test_blanks_are_those_of_the_page_where_they_are_told():
    tokens = ["<P>", '"', "old", '"', ":", "x", "</P>"]
    is_html = [token.startswith("<") for token in tokens]
    assert render(tokens, is_html) == '<p>&#34; old &#34;: x</p>\n'
    glued = [False, False, True, True, False, True, False]
    assert render(tokens, is_html, is_glued=glued) == '<p>&#34;old&#34; :x</p>\n'
