"""Builds a page from elements and text in the order in which they stand in a document.

Whatever comes, the page is well-formed: what lies where it may not (an item outside of a list, text
between the rows of a table) gets the elements around it that it lacks, and elements without words
are left out, but for empty cells of a row that has some.
"""
import html
import re
from typing import Dict, List, NamedTuple, Optional

from bert_nq.datasets.html_pages import words
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.nq.example import Candidate

# The elements that may be the long answer, spelt as in Natural Questions.
CANDIDATES = frozenset(("P", "Table", "Tr", "Ul", "Ol", "Li", "Dl", "Dd", "Dt"))
HEADINGS = frozenset(("H1", "H2", "H3", "H4", "H5", "H6"))
CELLS = frozenset(("Td", "Th"))
# Every element that a page has; text is in the flow, in one of the last three kinds.
_INSIDE: Dict[str, frozenset] = {
    "Table": frozenset(("Tr",)), "Tr": CELLS, "Ul": frozenset(("Li",)), "Ol": frozenset(("Li",)),
    "Dl": frozenset(("Dd", "Dt"))}
_PARENT = {"Tr": "Table", "Td": "Tr", "Th": "Tr", "Li": "Ul", "Dd": "Dl", "Dt": "Dl"}
_CHILD = {"Table": "Tr", "Tr": "Td", "Ul": "Li", "Ol": "Li", "Dl": "Dd"}
_TEXT_ONLY = HEADINGS | {"P"}
ELEMENTS = CANDIDATES | HEADINGS | CELLS

# Deeper than any page for people. What is deeper yet is text of the element at this depth.
_MOST_DEPTH = 200

# Characters that are not for reading. From 0x80 on they are meant as those of Windows, as browsers
# take &#150; too; the others separate words.
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u200b\ufeff\ud800-\udfff]")
_ESCAPED = re.compile("[&<>]")


def _may_hold(parent: Optional[str], tag: str) -> bool:
    """Whether an element may lie in another, None being the page."""
    if parent in _TEXT_ONLY:
        return False
    return tag in _INSIDE[parent] if parent in _INSIDE else tag not in _PARENT


def _between(parent: Optional[str], tag: str) -> List[str]:
    """The elements that are missing between two, outermost first."""
    if _may_hold(parent, tag):
        return []
    wanted = _PARENT.get(tag)
    if parent in _INSIDE and not (wanted and _may_hold(parent, wanted)):
        child = _CHILD[parent]
        return [child] + _between(child, tag)
    return _between(parent, wanted) + [wanted]


class Element:
    """An element that is open, or was. `Builder.open` makes them."""

    __slots__ = ("tag", "is_implied", "is_open", "candidate", "is_written", "empty_cells")

    def __init__(self, tag: str, is_implied: bool):
        self.tag = tag
        self.is_implied = is_implied  # made by the builder, and closed by it
        self.is_open = True
        self.candidate = -1  # its number, if it is one and written
        self.is_written = False
        self.empty_cells: List[str] = []  # of a row without a word as yet


class _Start(NamedTuple):
    """The beginning of a candidate."""
    token: int
    top_level: bool


class Builder:
    """A page that is being built."""

    def __init__(self) -> None:
        self._stack: List[Element] = []
        self._text: List[str] = []  # of the words to come, which nothing has separated yet
        self._blank_line = False  # whether only a line break came since the last text
        self._html: List[str] = []
        self._num_bytes = 0
        self._after_word = False
        self._tokens: List[str] = []
        self._is_html: List[bool] = []
        self._start_bytes: List[int] = []
        self._end_bytes: List[int] = []
        self._starts: List[_Start] = []
        self._end_tokens: List[int] = []
        self.num_words = 0
        self.heading = ""  # the words of the first <H1>

    def open(self, tag: str) -> Optional[Element]:
        """Opens an element, one of ELEMENTS; None where elements lie too deep."""
        self.paragraph_break()
        if len(self._stack) >= _MOST_DEPTH:
            self._text.append(" ")
            return None
        self._make_room(tag)
        return self._push(tag, False)

    def close(self, element: Optional[Element]) -> None:
        """Closes what `open` has returned, and all in it that is open still."""
        self.paragraph_break()
        while element is not None and element.is_open:
            self._pop()

    def text(self, text: str) -> None:
        """Adds text; a word may go on in the next one."""
        self._text.append(text)
        if self._blank_line and not text.isspace():
            self._blank_line = False

    def line_break(self) -> None:
        """Ends a word; two in a row end a paragraph."""
        if self._blank_line:
            self.paragraph_break()
        self._text.append(" ")
        self._blank_line = True

    def paragraph_break(self) -> None:
        """Ends a word, and the paragraph where one is open. Headings go on."""
        self._flush()
        if self._stack and self._stack[-1].tag == "P":
            self._pop()

    def page(self, title: str, source: str) -> Page:
        """The page of all that came."""
        self.paragraph_break()
        while self._stack:
            self._pop()
        candidates = [Candidate(start.token, end, start.top_level)
                      for start, end in zip(self._starts, self._end_tokens)]
        return Page(title, "".join(self._html).encode("utf8"), self._tokens, self._is_html,
                    self._start_bytes, self._end_bytes, candidates, source)

    # The elements.

    def _make_room(self, tag: str) -> None:
        """Closes and opens implied elements until one with this tag may be opened."""
        while self._stack and not _may_hold(self._stack[-1].tag, tag) and (
                self._stack[-1].is_implied or self._stack[-1].tag in _TEXT_ONLY):
            self._pop()
        for missing in _between(self._stack[-1].tag if self._stack else None, tag):
            self._push(missing, True)

    def _push(self, tag: str, is_implied: bool) -> Element:
        element = Element(tag, is_implied)
        self._stack.append(element)
        return element

    def _pop(self) -> None:
        self._flush()
        element = self._stack.pop()
        element.is_open = False
        if element.is_written:
            self._tag("</%s>" % element.tag)
            self._write("\n")
            if element.candidate >= 0:
                self._end_tokens[element.candidate] = len(self._tokens)
        elif element.tag in CELLS and self._stack and self._stack[-1].tag == "Tr":
            row = self._stack[-1]
            row.empty_cells.append(element.tag)
            if row.is_written:
                self._write_empty_cells(row)

    # The text.

    def _flush(self) -> None:
        """Writes the words of the text that came since the last time."""
        text = "".join(self._text)
        self._text, self._blank_line = [], False
        if _CONTROL.search(text):
            text = _CONTROL.sub(_readable, text)
        parts = text.split()
        if not parts:
            return
        self._make_room_for_text()
        self._write_elements()
        text = " ".join(parts)
        if not self.heading and self._stack[-1].tag == "H1":
            self.heading = text
        if self._after_word:
            self._write(" ")
        self._write_words(text)

    def _make_room_for_text(self) -> None:
        while self._stack and self._stack[-1].is_implied and self._stack[-1].tag in _INSIDE:
            self._pop()
        while self._stack and self._stack[-1].tag in _INSIDE:
            self._push(_CHILD[self._stack[-1].tag], True)
        if not self._stack:
            self._push("P", True)

    def _write_elements(self) -> None:
        """Writes the beginnings of all open elements that have had no word as yet."""
        is_inside = False  # a candidate
        for element in self._stack:
            if not element.is_written:
                if element.tag in CANDIDATES:
                    element.candidate = len(self._starts)
                    self._starts.append(_Start(len(self._tokens), not is_inside))
                    self._end_tokens.append(-1)
                element.is_written = True
                self._tag("<%s>" % element.tag)
            if element.empty_cells:
                self._write_empty_cells(element)
            is_inside = is_inside or element.candidate >= 0

    def _write_empty_cells(self, row: Element) -> None:
        for tag in row.empty_cells:
            self._tag("<%s>" % tag)
            self._tag("</%s>" % tag)
            self._write("\n")
        row.empty_cells = []

    def _write_words(self, text: str) -> None:
        spans = words.split(text)
        self.num_words += len(spans)
        self._after_word = True
        if text.isascii() and not _ESCAPED.search(text):  # A byte is a character: most texts.
            at = self._num_bytes
            self._tokens += [text[start:end] for start, end in spans]
            self._is_html += [False] * len(spans)
            self._start_bytes += [at + start for start, _ in spans]
            self._end_bytes += [at + end for _, end in spans]
            self._write(text)
            return
        at = 0
        for start, end in spans:
            if start > at:
                self._write(" ")
            self._token(text[start:end], html.escape(text[start:end], quote=False), False)
            at = end

    def _tag(self, tag: str) -> None:
        self._token(tag, tag, True)
        self._after_word = False

    def _token(self, token: str, markup: str, is_html: bool) -> None:
        self._tokens.append(token)
        self._is_html.append(is_html)
        self._start_bytes.append(self._num_bytes)
        self._write(markup)
        self._end_bytes.append(self._num_bytes)

    def _write(self, markup: str) -> None:
        self._html.append(markup)
        self._num_bytes += len(markup) if markup.isascii() else len(markup.encode("utf8"))


def _readable(match) -> str:
    code = ord(match.group())
    if 0xd800 <= code < 0xe000:
        return "\ufffd"
    if 0x80 <= code < 0xa0:
        return bytes([code]).decode("cp1252", "ignore") or " "
    return " "
