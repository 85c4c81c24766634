"""HTML documents turned into pages."""
import html

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.html_pages.parsing import parse_html
from tests.support.page_checks import candidates, check, shown, words_of

ARTICLE = """<!DOCTYPE html>
<html><head><title>Tovin - Wikipedia</title><style>p {color: red}</style></head>
<body><nav><ul><li>Home</li></ul></nav>
<main><h1>Tovin</h1>
<p>Tovin (<i>Tov</i>) is O'Brien&rsquo;s town<sup class="reference">[1]</sup>.</p>
<table class="infobox"><caption>Facts</caption><tr><th>Founded</th><td>1,204</td></tr></table>
<h2>Sights<span class="mw-editsection">[edit]</span></h2>
<ul><li>Mill &amp; pond<ul><li>Ford</li></ul></li><li>Gate</li></ul>
<dl><dt>Tov</dt><dd>hill</dd></dl></main>
<script>alert("<p>no</p>")</script><footer>All rights reserved</footer></body></html>"""


def test_an_article():
    page = parse_html(ARTICLE.encode("utf8"), "tovin.html")
    check(page)
    assert page.title == "Tovin"
    assert page.source == "tovin.html"
    assert page.html.decode("utf8") == (
        "<H1>Tovin</H1>\n"
        "<P>Tovin (Tov) is O'Brien\u2019s town.</P>\n"
        "<Table><Tr><Td>Facts</Td>\n</Tr>\n"
        "<Tr><Th>Founded</Th>\n<Td>1,204</Td>\n</Tr>\n</Table>\n"
        "<H2>Sights</H2>\n"
        "<Ul><Li>Mill &amp; pond<Ul><Li>Ford</Li>\n</Ul>\n</Li>\n<Li>Gate</Li>\n</Ul>\n"
        "<Dl><Dt>Tov</Dt>\n<Dd>hill</Dd>\n</Dl>\n")
    assert shown(page) == (
        "<H1> Tovin </H1> "
        "<P> Tovin ( Tov ) is O'Brien \u2019s town . </P> "
        "<Table> <Tr> <Td> Facts </Td> </Tr> <Tr> <Th> Founded </Th> <Td> 1,204 </Td> </Tr> "
        "</Table> <H2> Sights </H2> "
        "<Ul> <Li> Mill & pond <Ul> <Li> Ford </Li> </Ul> </Li> <Li> Gate </Li> </Ul> "
        "<Dl> <Dt> Tov </Dt> <Dd> hill </Dd> </Dl>")
    assert candidates(page) == [
        "<P> Tovin ( Tov ) is O'Brien \u2019s town . </P>",
        "<Table> <Tr> <Td> Facts </Td> </Tr> <Tr> <Th> Founded </Th> <Td> 1,204 </Td> </Tr> "
        "</Table>",
        "  <Tr> <Td> Facts </Td> </Tr>",
        "  <Tr> <Th> Founded </Th> <Td> 1,204 </Td> </Tr>",
        "<Ul> <Li> Mill & pond <Ul> <Li> Ford </Li> </Ul> </Li> <Li> Gate </Li> </Ul>",
        "  <Li> Mill & pond <Ul> <Li> Ford </Li> </Ul> </Li>",
        "  <Ul> <Li> Ford </Li> </Ul>",
        "  <Li> Ford </Li>",
        "  <Li> Gate </Li>",
        "<Dl> <Dt> Tov </Dt> <Dd> hill </Dd> </Dl>",
        "  <Dt> Tov </Dt>",
        "  <Dd> hill </Dd>"]


@pytest.mark.parametrize("document, tokens", [
    # Elements without an end, and ends without an element.
    ("<p>a<p>b", "<P> a </P> <P> b </P>"),
    ("</div>a</div><p>b</span>", "<P> a </P> <P> b </P>"),
    ("<ul><li>a<li>b<ul><li>c</ul><li>d",
     "<Ul> <Li> a </Li> <Li> b <Ul> <Li> c </Li> </Ul> </Li> <Li> d </Li> </Ul>"),
    ("<table><td>a<td>b<tr><th>c",
     "<Table> <Tr> <Td> a </Td> <Td> b </Td> </Tr> <Tr> <Th> c </Th> </Tr> </Table>"),
    ("<dl><dt>a<dd>b<dt>c</dl>", "<Dl> <Dt> a </Dt> <Dd> b </Dd> <Dt> c </Dt> </Dl>"),
    ("<P>A<B>c</P>d</B>", "<P> Ac </P> <P> d </P>"),
    ("text</body></html>after<p>more", "<P> text </P> <P> after </P> <P> more </P>"),
    # What is where it may not be.
    ("<p>a<div>b</div>c</p>", "<P> a </P> <P> b </P> <P> c </P>"),
    ("<p>x<table><tr><td>a</td></tr>stray<tr><td>b</table>y",
     "<P> x </P> <Table> <Tr> <Td> a </Td> </Tr> <Tr> <Td> stray </Td> </Tr> "
     "<Tr> <Td> b </Td> </Tr> </Table> <P> y </P>"),
    ("<table><tr><td><table><tr><td>x</table>y</table>z",
     "<Table> <Tr> <Td> <Table> <Tr> <Td> x </Td> </Tr> </Table> y </Td> </Tr> </Table> "
     "<P> z </P>"),
    ("<li>x<li>y", "<Ul> <Li> x </Li> <Li> y </Li> </Ul>"),
    ("<ul><ul><li>x</ul>t</ul>", "<Ul> <Li> <Ul> <Li> x </Li> </Ul> t </Li> </Ul>"),
    ("<dd>x</dd>y", "<Dl> <Dd> x </Dd> </Dl> <P> y </P>"),
    ("<h2>a<ul><li>b</ul></h2>", "<H2> a </H2> <Ul> <Li> b </Li> </Ul>"),
    # Lines and words.
    ("a<div>b</div>c<blockquote>d</blockquote>", "<P> a </P> <P> b </P> <P> c </P> <P> d </P>"),
    ("foo<b>bar</b> baz<br>qux", "<P> foobar baz qux </P>"),
    ("a<br>b<br> <br>c", "<P> a b </P> <P> c </P>"),
    ("<h1>a<div>b</div>c</h1>", "<H1> a b c </H1>"),
    ("<td>a<p>b</p>c<p>d", "<Table> <Tr> <Td> a <P> b </P> c <P> d </P> </Td> </Tr> </Table>"),
    # A table that is the layout of a page, and one that is a table in it.
    ("<table><tr><td>a<td><h1>b</h1>c<table><tr><td>d</table>e</table>",
     "<P> a </P> <H1> b </H1> <P> c </P> <Table> <Tr> <Td> d </Td> </Tr> </Table> <P> e </P>"),
    # Without words: elements are left out, but for cells of a row that has some.
    ("<p> </p>a<ul><li></ul><h2></h2>", "<P> a </P>"),
    ("<table><tr><td><td>a<td></tr><tr><td></tr></table>",
     "<Table> <Tr> <Td> </Td> <Td> a </Td> <Td> </Td> </Tr> </Table>"),
    # Characters.
    ("&lt;p&gt; &amp; &#x41; &eacute; &nbsp; &#150; x\0y", "<P> < p > & A \u00e9 \u2013 xy </P>"),
    ("<p>a<!-- <p>b</p> -->c<?php x ?>d", "<P> acd </P>"),
    ("a \u200b\u00a0\ufeff\x0b b", "<P> a b </P>"),
])
def test_broken_and_odd_markup(document, tokens):
    page = parse_html(document, "x.html")
    check(page)
    assert shown(page) == tokens
    assert parse_html(document.encode("utf8"), "x.html") == page


def test_halves_of_characters():
    page = parse_html("a \ud83d\ude00 b \udcff c", "x.html")
    check(page)
    assert shown(page) == "<P> a \U0001f600 b \ufffd c </P>"


# Wild documents: elements in any order, with text that has all kinds of characters.
_TAGS = ("p", "div", "table", "tr", "td", "th", "ul", "ol", "li", "dl", "dd", "dt", "h1", "h2", "b",
         "i", "span", "br", "caption", "tbody", "section", "blockquote", "foo", "body", "P", "TD")
_PIECES = st.one_of(
    st.sampled_from(["<%s>" % t for t in _TAGS] + ["</%s>" % t for t in _TAGS]),
    st.text(max_size=8).map(html.escape),
    st.sampled_from(["word", " ", "it's", "\n", "&amp;", "&#0;", "1,000.5", "U.S.", "\U0001f600"]))
_SOUP = st.lists(_PIECES, max_size=30).map("".join)
# With elements and attributes that are left out, or read in another way.
_ODD = st.sampled_from([
    "<nav>", "</nav>", "<header>", "</header>", "<main>", "</main>", "<form>", "</form>", "<title>",
    "</title>", "<script>", "</script>", "<svg>", "</svg>", "<div hidden>", "<sup class=reference>",
    "<b style='display:none'>", "</b>", "<textarea>", "</textarea>", "<!--", "-->", "<![CDATA[",
    "]]>", "<?x", "</html>", "<frameset>", "<select>", "<option>", "<plaintext>", "<p x='",
    "&#xd800;"])
_ODD_SOUP = st.lists(_PIECES | _ODD, max_size=30).map("".join)


@given(_SOUP | _ODD_SOUP)
def test_whatever_comes_makes_a_page_or_an_error(document):
    try:
        page = parse_html(document, "x.html")
    except BadExampleError:
        return
    check(page)


@given(st.binary(max_size=60) | st.text("<>/!-pb \"'=&;#x\0", max_size=60).map(
    lambda text: text.encode("utf8")))
def test_whatever_bytes_come_make_a_page_or_an_error(data):
    try:
        page = parse_html(data, "x.html")
    except BadExampleError:
        return
    check(page)


@given(_SOUP)
def test_all_text_is_kept(document):
    """lxml's own tree has the same text; what cannot be seen is compared as nothing."""
    tree = etree.fromstring(("<body>%s</body>" % document.replace("body>", "i>")).encode(
        "utf8", "replace").replace(b"\0", b""), etree.HTMLParser(encoding="utf-8", huge_tree=True))
    text = "" if tree is None else "".join(tree.itertext())
    try:
        page = parse_html("<body>%s</body>" % document.replace("body>", "i>"), "x.html")
    except BadExampleError:
        found = ""
    else:
        found = words_of(page)
    assert found == words_of(_text_page(text))


def _text_page(text):
    from bert_nq.datasets.html_pages.builder import Builder
    builder = Builder()
    builder.text(text)
    return builder.page("", "")


@pytest.mark.parametrize("tag", ["div", "table", "ul", "b", "font", "td", "p"])
def test_elements_in_each_other_without_end(tag):
    page = parse_html("<%s>" % tag * 20_000 + "deep" + "</%s>" % tag * 20_000 + "<p>after", "x")
    check(page)
    assert words_of(page) == "deepafter"
