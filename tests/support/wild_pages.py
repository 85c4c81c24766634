"""Hypothesis strategies for wild NQ pages: odd words, nesting, annotations, realistic HTML.

The HTML relates to the tokens as in the dataset: words are escaped, tags have attributes that their
tokens lack, and between tokens there may be markup that makes no token (links, comments) or nothing
at all. The bytes of a token may also contain markup, or another spelling.
"""
import html
import random
from typing import List, NamedTuple

from hypothesis import strategies as st

from bert_nq.datasets.nq.simplify import simplify
from tests.support.nq_pages import make_annotation, make_page

PLAIN_WORDS = ["the", "a", "town", "Tovin", "rivers", "is", "built", "1904", ",", "."]
ODD_WORDS = [
    "&", "<", ">", "&amp;", "\"", "'s", "``", "''", "a<b", "<3", "##ing", "[Q]", "[Paragraph=1]",
    "[1]", "[", "\u00e9", "caf\u00e9", "\u4e2d", "\U0001f600", "a\u00a0b", "1 1/2", "e\u0301",
    "\u0130", "\u200b", "U.S.", "co-op", "O'Neill", "x" * 80, "_"]
# {token: its spelling in the HTML}.
RESPELLED = {"``": "&quot;", "''": "&quot;", "(": "[", ")": "]", "--": "\u2013", "U.S.": "U. S."}
_QUESTIONS = ["who is the mayor of tovin", "when did tovin become a town", "tovin rivers",
              "what is the name of the river in tovin", "how many people live in tovin", "who",
              "where is tovin located in the world", "in which year was it built", ""]
_WORDS = st.sampled_from(PLAIN_WORDS * 3 + ODD_WORDS) | st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp")), min_size=1,
    max_size=6).filter(lambda word: not (word[0] == "<" and word[-1] == ">"))
_GAPS = ([" "] * 6 + [""] * 3 + ["\n", "\t\t", " <BR /> ", "<!-- a > b \u0142 -->", "&nbsp;",
                               " <SPAN class=\"x\" title=\"p &lt; q\">\u00b7</SPAN> "])
_WRAPS = ([("", "")] * 8 + [("<B>", "</B>"), ("<I>", "</I>"),
                            ("<A href=\"/wiki/x?a=1&amp;b=2\" title=\"\u0141 &amp; x\">", "</A>")])
_ATTRIBUTES = ["", "", " class=\"mw-x\"", " id=\"cite_note-\u00e9\" lang='en'"]
_HEAD = ("<!DOCTYPE html>\n<HTML lang=\"en\"><HEAD>\n<STYLE>p > a {content: '\u2192'}</STYLE>"
         "</HEAD><BODY>")
_TAIL = "<!-- end --></BODY></HTML>\n"


class _Piece(NamedTuple):
    """A token and whether it is a tag."""
    token: str
    is_html: bool


def _element(name: str, *parts: List[_Piece]) -> List[_Piece]:
    inner = [piece for part in parts for piece in part]
    closing = "</%s>" % name.split(" ")[0]
    return [_Piece("<%s>" % name, True)] + inner + [_Piece(closing, True)]


def _elements(names, parts):
    return st.builds(lambda name, parts: _element(name, *parts), st.sampled_from(names), parts)


def texts(min_size=0, max_size=8):
    """Lists of words, without tags."""
    return st.lists(st.builds(_Piece, _WORDS, st.just(False)), min_size=min_size,
                    max_size=max_size)


def _blocks(depth: int):
    """Any part of a page, with lists and tables nested up to `depth` times."""
    block = st.one_of(_elements(["P"], st.tuples(texts())),
                      _elements(["P"], st.tuples(texts(1, 16))),
                      _elements(["H1", "H2", "Dt"], st.tuples(texts(0, 3))), texts(1, 4))
    if not depth:
        return block
    inner = st.lists(_blocks(depth - 1), max_size=2)
    items = st.lists(_elements(["Li"], inner), max_size=3)
    definitions = st.lists(_elements(["Dt", "Dd"], inner), max_size=2)
    rows = st.lists(_elements(["Tr"], st.lists(
        _elements(["Td", "Th", "Td colspan=\"2\""], inner), max_size=3)), max_size=3)
    return st.one_of(block, block, _elements(["Ul", "Ol"], items), _elements(["Dl"], definitions),
                     _elements(["Table"], rows))


PIECES = st.lists(_blocks(2), min_size=1, max_size=7).map(lambda parts: sum(parts, []))


@st.composite
def wild_pages(draw, simplified=False):
    """Valid records of wild pages.

    Args:
      simplified: whether they are in the simplified format.
    """
    pieces = draw(PIECES)
    bare = make_page([p.token for p in pieces])
    spans = [(c["start_token"], c["end_token"]) for c in bare["long_answer_candidates"]]
    annotations = draw(st.lists(_annotations(pieces, spans), max_size=3))
    record = make_page([p.token for p in pieces], draw(st.integers(-2 ** 63, 2 ** 63 - 1)),
                       draw(st.sampled_from(_QUESTIONS)), annotations,
                       draw(st.sampled_from(["Tovin", "\u0141\u00f3d\u017a", ""])))
    _lay_out(record, pieces, draw(st.integers(0, 2 ** 32)))
    return simplify(record) if simplified else record


@st.composite
def _annotations(draw, pieces, spans):
    """No answer, only a long one, yes or no, or up to three short ones."""
    kind = draw(st.sampled_from(["short", "short", "long", "YES", "NO", "none"]))
    if kind == "none" or not spans:
        return make_annotation()
    index = draw(st.integers(0, len(spans) - 1))
    words = [i for i in range(*spans[index]) if not pieces[i].is_html]
    if kind != "short" or not words:
        return make_annotation(index, yes_no=kind if kind in ("YES", "NO") else "NONE")
    # The first and last token of a short answer are words; tags may stand between them.
    bounds = sorted(draw(st.lists(st.integers(0, len(words) - 1), unique=True, min_size=1,
                                  max_size=6)))
    short = [(words[first], words[last] + 1)
             for first, last in zip(bounds[::2], bounds[1::2] + bounds[-1:])]
    return make_annotation(index, short)


def _lay_out(record, pieces, seed):
    """Replaces a page's HTML and all its byte offsets; seed 0 gives the plainest HTML."""
    rng = random.Random(seed)
    text, tokens = _HEAD.encode("utf8"), record["document_tokens"]
    for i, (token, piece) in enumerate(zip(tokens, pieces)):
        before, source, after = _source(piece, rng if seed else None)
        text += before.encode("utf8")
        start = len(text)
        text += source.encode("utf8")
        token.update(start_byte=start, end_byte=len(text), html_token=piece.is_html)
        gap = rng.choice(_GAPS) if seed else " "
        following = pieces[i + 1].token if i + 1 < len(pieces) else ""
        if piece.token[-1].isalnum() and following[:1].isalnum():
            gap = gap or " "  # At least a blank between two words.
        text += (after + gap).encode("utf8")
    record["document_html"] = (text + _TAIL.encode("utf8")).decode("utf8")
    spans = list(record["long_answer_candidates"])
    for annotation in record["annotations"]:
        spans += [annotation["long_answer"]] + annotation["short_answers"]
    for span in spans:
        if span["start_token"] >= 0:
            span.update(start_byte=tokens[span["start_token"]]["start_byte"],
                        end_byte=tokens[span["end_token"] - 1]["end_byte"])


def _source(piece, rng):
    """(markup before the token, its own source, markup after it); plain if `rng` is None."""
    token = piece.token
    if piece.is_html:
        attributes = rng.choice(_ATTRIBUTES) if rng else ""
        if token.startswith("</"):
            return "", token.upper(), ""
        name, _, own = token[1:-1].partition(" ")
        return "", "<%s%s%s>" % (name.upper(), " " + own if own else "", attributes), ""
    if not rng:
        return "", html.escape(token, quote=False), ""
    opening, closing = rng.choice(_WRAPS)
    if token in RESPELLED and rng.random() < 0.8:
        return opening, RESPELLED[token], closing
    if len(token) > 1 and rng.random() < 0.1:  # The markup ends within the token: Geology</I>.
        return opening, html.escape(token[:-1]) + closing + html.escape(token[-1]), ""
    return opening, html.escape(token, quote=rng.random() < 0.5), closing
