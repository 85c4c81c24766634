"""HTML as it is on the web, turned into a page.

lxml (libxml2) reads it and reports elements and text as they come. No tree is made of them: libxml2
ends a tree at a depth of 2048 and what stands behind </html> is no part of it, and either would
lose text without a word. Where elements end that have no end tag is the parser's knowledge; what
may stand where in the page is the builder's. html5lib, the other choice, makes the very tree that
browsers make; it takes 20 times as long, and for elements in each other the square of the depth.

A table with a heading in it is the layout of a page and no table, as on old ones.
"""
import contextlib
from typing import List, Mapping, NamedTuple, Optional, Set, Union

from lxml import etree

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.html_pages import left_out
from bert_nq.datasets.html_pages.builder import ELEMENTS, HEADINGS, Builder, Element
from bert_nq.datasets.html_pages.encoding import decode
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.html_pages.plain_text import title_of

# Elements between which words and paragraphs end. All others, unknown ones too, are within a line.
BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "col", "colgroup",
    "dd", "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure",
    "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html",
    "legend", "li", "listing", "main", "menu", "nav", "ol", "option", "p", "plaintext", "pre",
    "search", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    "xmp"))
# A caption is the first row of its table.
_ELEMENTS = dict({name.lower(): name for name in ELEMENTS}, dir="Ul", caption="Tr")
_LINE_BREAKS = frozenset(("br", "rt"))
_HEADINGS = frozenset(name.lower() for name in HEADINGS)
# What makes a form more than a box to search in, and a table the layout of a page.
_PAGE_PARTS = left_out.MAIN | _HEADINGS
_TABLE_PARTS = frozenset(("table", "caption", "tbody", "thead", "tfoot", "tr", "td", "th"))
_TITLE_ENDS = (" - ", " \u2013 ", " \u2014 ", " | ", " \u00b7 ", ": ")


class _Start(NamedTuple):
    """The beginning of an element."""
    tag: str
    attributes: Mapping[str, str]  # those that `left_out` looks at


# What comes from the parser, in order: text, beginnings, and ends, which nest as XML's do.
_Event = Union[str, _Start, None]
_NO_ATTRIBUTES: Mapping[str, str] = {}


class _Around:
    """Elements of a kind that have a part of the page in them, by the numbers of their events."""

    def __init__(self) -> None:
        self.found: Set[int] = set()
        self._open: List[int] = []
        self._num_found = 0  # of those that are open; they are the outer ones

    def start(self, number: int) -> None:
        """One begins."""
        self._open.append(number)

    def part(self) -> None:
        """A part of the page is here."""
        self.found.update(self._open[self._num_found:])
        self._num_found = len(self._open)

    def end(self) -> None:
        """The innermost one ends."""
        del self._open[-1:]
        self._num_found = min(self._num_found, len(self._open))


class _Events:
    """Listens to the parser. lxml calls these methods."""

    def __init__(self) -> None:
        self.events: List[_Event] = []
        self.title: List[str] = []  # the parts of its text
        self.around = {"form": _Around(), "table": _Around()}
        self._in_title = False
        self._in_svg = 0

    def start(self, tag: str, attributes) -> None:
        tag = tag.lower()
        if tag in self.around:
            self.around[tag].start(len(self.events))
        elif tag in _PAGE_PARTS:
            for around in self.around.values():
                around.part()
        elif tag == "svg":
            self._in_svg += 1
        elif tag == "title" and not self._in_svg:
            self._in_title = not self.title
        kept = ({name: value for name, value in attributes.items() if name in left_out.ATTRIBUTES}
                if attributes else None)
        self.events.append(_Start(tag, kept or _NO_ATTRIBUTES))

    def end(self, tag: str) -> None:
        tag = tag.lower()
        if tag in self.around:
            self.around[tag].end()
        elif tag == "svg":
            self._in_svg -= 1
        elif tag == "title":
            self._in_title = False
        self.events.append(None)

    def data(self, text: str) -> None:
        if self._in_title:
            self.title.append(text)
        self.events.append(text)

    def comment(self, text: str) -> None:
        """Comments are no text."""

    def pi(self, target: str, data: Optional[str] = None) -> None:
        """Nor are instructions such as <?xml ...?>."""

    def close(self) -> "_Events":
        return self


def parse_html(data: Union[bytes, str], source: str, charset: Optional[str] = None) -> Page:
    """The page of an HTML document, however broken.

    Args:
      data: the document.
      source: its file or address, for messages.
      charset: its encoding, where one is known from elsewhere, such as from a server.

    Returns:
      The page. Without a title in the document its first <h1> is the title, or the file's name.

    Raises:
      BadExampleError: no words are in it, or bytes that no encoding explains.
    """
    text = decode(data, source, charset) if isinstance(data, bytes) else data
    events = _listen(text)
    builder = _build(events, all_rules=True)
    if not builder.num_words:  # a page that is all menu
        builder = _build(events, all_rules=False)
    if not builder.num_words:
        raise BadExampleError(
            "%s: there is no text in it: if a script fills the page, open it in a browser and save "
            "it from there" % source)
    return builder.page(_title("".join(events.title), builder.heading) or title_of(source), source)


def _listen(text: str) -> _Events:
    text = text.replace("\0", "")  # at which libxml2 would separate words
    try:
        data = text.encode("utf8")
    except UnicodeEncodeError:  # Halves of a character become one, or U+FFFD.
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        data = whole.encode("utf8")
    listener = _Events()
    if data.strip():
        parser = etree.HTMLParser(target=listener, encoding="utf-8", huge_tree=True)
        with contextlib.suppress(etree.XMLSyntaxError):  # nothing but a comment
            etree.fromstring(data, parser)
    return listener


def _title(title: str, heading: str) -> str:
    """The title without the site's name, where the heading tells which part that is."""
    title = " ".join(title.split())
    if not title or heading and title.startswith(tuple(heading + end for end in _TITLE_ENDS)):
        return heading
    return title


class _Open(NamedTuple):
    """An element of the document that has not ended."""
    tag: str
    element: Optional[Element]  # of the page
    is_main: bool
    is_header: bool
    is_layout: bool  # a table that is none, or within one and in no other


def _build(events: _Events, all_rules: bool) -> Builder:
    """Tells a builder of what is not left out.

    Args:
      events: of the document.
      all_rules: whether to go by all of `left_out`, or only by what is never text.
    """
    builder = Builder()
    stack: List[_Open] = []
    skipped = 0  # depth within an element that is left out
    in_main = in_header = in_heading = 0
    for number, event in enumerate(events.events):
        if isinstance(event, str):
            if not skipped and (not in_header or in_heading):
                builder.text(event)
        elif event is not None:
            tag, attributes = event
            if skipped or _is_left_out(events, number, tag, attributes, in_main, all_rules):
                skipped += 1
                if tag in BLOCKS and skipped == 1:
                    builder.paragraph_break()
                continue
            is_layout = (number in events.around["table"].found if tag == "table"
                         else bool(stack) and stack[-1].is_layout)
            stack.append(_open(builder, tag, all_rules and tag == "header" and not in_main,
                               is_layout))
            in_main += stack[-1].is_main
            in_header += stack[-1].is_header
            in_heading += tag in _HEADINGS
        elif skipped:
            skipped -= 1
        elif stack:
            item = stack.pop()
            in_main -= item.is_main
            in_header -= item.is_header
            in_heading -= item.tag in _HEADINGS
            if item.tag in BLOCKS:
                builder.close(item.element)
    return builder


def _is_left_out(events: _Events, number: int, tag: str, attributes, in_main: int,
                 all_rules: bool) -> bool:
    if not all_rules or tag in ("html", "body"):
        return left_out.is_never_text(tag)
    if tag == "form" and number not in events.around["form"].found:
        return True
    return left_out.is_left_out(tag, attributes, bool(in_main))


def _open(builder: Builder, tag: str, is_header: bool, is_layout: bool) -> _Open:
    element = None
    if tag in _ELEMENTS and not (is_layout and tag in _TABLE_PARTS):
        element = builder.open(_ELEMENTS[tag])
    elif tag in BLOCKS:
        builder.paragraph_break()
    elif tag in _LINE_BREAKS:
        builder.line_break()
    return _Open(tag, element, tag in left_out.MAIN, is_header, is_layout)
