"""A page's tokens as harmless HTML, with spans of it marked.

Of the page's own markup only the names of a few elements are passed on, without any attribute. All
other tags are left out, and words that look like markup become text. The result is balanced, and
nested as HTML's parser wants it, so that a browser changes nothing: it moves neither words out of a
table nor a list out of a paragraph.
"""
import re
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Sequence

from markupsafe import Markup

from bert_nq.error_pages import mark_elements

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)(?![A-Za-z0-9:.-])")

_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_INLINE = frozenset(("b", "i", "em", "strong", "small", "sub", "sup"))
_PHRASES = _HEADINGS | {"p"}  # may hold words and inline elements alone
_ITEMS = frozenset(("li", "dt", "dd"))
_LISTS = frozenset(("ul", "ol", "dl"))
_CELLS = frozenset(("td", "th"))
_BETWEEN_CELLS = frozenset(("table", "tbody", "tr"))  # no word may stand directly in these
_EMPTY = frozenset(("br", "hr"))
_ALLOWED = (_INLINE | _PHRASES | _ITEMS | _LISTS | _CELLS | _EMPTY
            | {"table", "tr", "blockquote"})

_MAX_DEPTH = 100  # Browsers have a limit of their own, some hundreds.

_NO_BLANK_BEFORE = frozenset((".", ",", ";", ":", "!", "?", ")", "]", "}", "%", "''", "'s", "n't",
                              "’s", "”"))
_NO_BLANK_AFTER = frozenset(("(", "[", "{", "``", "$", "£", "€", "“"))


class Mark(NamedTuple):
    """Tokens [start_token, end_token) to be marked.

    mark_elements has what shows them.
    """
    key: str  # unique on the page, of letters, digits and "-"
    kind: str  # a class of the style sheet
    label: str
    start_token: int
    end_token: int


def render(tokens: Sequence[str], is_html: Sequence[bool], marks: Sequence[Mark] = (),
           is_glued: Optional[Sequence[bool]] = None) -> Markup:
    """The HTML of a page.

    It is built here, not by a template, since a page has thousands of tokens.

    Args:
      tokens: all tokens of the page, tags included.
      is_html: whether a token is a tag.
      marks: spans within the page. One without a word in it is shown before the next word.
      is_glued: whether a token stands right behind the one before; if None, as people write words.
    """
    placed = _Places(is_html, marks)
    tree = _Tree()
    kinds: FrozenSet[str] = frozenset()
    ended: Sequence[Mark] = ()
    for i, (token, is_tag) in enumerate(zip(tokens, is_html)):
        if is_tag:
            tree.tag(token)
            continue
        begun = placed.begins.get(i, ())
        if begun or ended:
            kinds = placed.kinds_at(i)
        tree.word(token, kinds, "".join(map(_begin, begun)), is_glued and is_glued[i])
        ended = placed.ends.get(i, ())
        for mark in ended:
            tree.label(mark_elements.end(mark.kind, mark.label))
    for mark in placed.begins.get(len(tokens), ()):
        tree.label(_begin(mark))
    return Markup(tree.finish())


def needs_blank(word: str, next_word: str) -> bool:
    """Whether people write a blank between two words of a text."""
    return word not in _NO_BLANK_AFTER and next_word not in _NO_BLANK_BEFORE


def _begin(mark: Mark) -> str:
    return mark_elements.begin(mark.key, mark.kind, mark.label)


class _Places:
    """Tokens at which marks begin and end; these are always words, never tags.

    Attributes:
      begins: {token: the marks whose first word it is}. A mark without a word begins at the next
        word behind it, or at the number of tokens.
      ends: {token: the marks whose last word it is}.
    """

    def __init__(self, is_html: Sequence[bool], marks: Sequence[Mark]):
        self.begins: Dict[int, List[Mark]] = {}
        self.ends: Dict[int, List[Mark]] = {}
        self._spans = []
        for mark in sorted(marks, key=lambda m: (m.start_token, -m.end_token)):
            first, last = mark.start_token, mark.end_token - 1
            while first < len(is_html) and is_html[first]:
                first += 1
            while last > first and is_html[last]:
                last -= 1
            self.begins.setdefault(first, []).append(mark)
            if first < mark.end_token:
                self.ends.setdefault(last, []).insert(0, mark)
                self._spans.append((first, last, mark.kind))

    def kinds_at(self, i: int) -> FrozenSet[str]:
        """The kinds of the marks that hold token `i`."""
        return frozenset(kind for first, last, kind in self._spans if first <= i <= last)


class _Tree:
    """Writes elements so that they are balanced and a parser of HTML has nothing to mend."""

    def __init__(self):
        self._out: List[str] = []
        self._open: List[str] = []
        self._run: List[str] = []  # words and blanks under way, all with the same marks
        self._run_kinds: FrozenSet[str] = frozenset()
        self._word: Optional[str] = None  # the word before, in the same element
        self._word_kinds: FrozenSet[str] = frozenset()

    def tag(self, token: str) -> None:
        """Opens or closes an element, or does nothing."""
        match = _TAG.match(token)
        name = match.group(2).lower() if match else ""
        if name not in _ALLOWED:
            return
        if match.group(1):
            self._close(name)
        elif name in _EMPTY:
            self._make_place(name == "hr")
            self._write_tag(name, "<%s>" % name)
        else:
            self._start(name)

    def word(self, word: str, kinds: FrozenSet[str], labels: str,
             is_glued: Optional[bool] = None) -> None:
        """Appends a word with its marks, and a blank before it if it wants one.

        Args:
          word: any text.
          kinds: the kinds of its marks.
          labels: HTML that goes before it.
          is_glued: whether it wants no blank; if None, that depends on the two words.
        """
        self._make_place()
        if self._word is not None and (needs_blank(self._word, word) if is_glued is None
                                       else not is_glued):
            self._append(" ", kinds & self._word_kinds)
        if labels:
            self.label(labels)
        self._append(word, kinds)
        self._word, self._word_kinds = word, kinds

    def label(self, element: str) -> None:
        """Appends an inline element, made here."""
        self._make_place()
        self._end_run()
        self._out.append(element)

    def finish(self) -> str:
        """Closes what is open and returns the whole."""
        self._end_run()
        self._pop_to(0)
        return "".join(self._out)

    def _append(self, text: str, kinds: FrozenSet[str]) -> None:
        if kinds != self._run_kinds:
            self._end_run()
            self._run_kinds = kinds
        self._run.append(text)

    def _end_run(self) -> None:
        if self._run:
            self._out.append(mark_elements.words("".join(self._run), self._run_kinds))
            self._run = []

    def _start(self, name: str) -> None:
        if len(self._open) >= _MAX_DEPTH:
            return
        if name == "tr":
            self._start_row()
        elif name in _CELLS:
            self._start_cell(name)
        else:
            self._make_place(name not in _INLINE)
            if name in _ITEMS and self._open and self._open[-1] in _ITEMS:
                self._pop_to(len(self._open) - 1)
            self._push(name)

    def _start_row(self) -> None:
        if self._leave_cell():
            if self._open[-1] == "tr":
                self._pop_to(len(self._open) - 1)
            if self._open[-1] == "table":
                self._push("tbody")
            self._push("tr")

    def _start_cell(self, name: str) -> None:
        if self._leave_cell():
            if self._open[-1] != "tr":
                self._start_row()
            self._push(name)

    def _leave_cell(self) -> bool:
        """Closes the cell of the innermost table; False where there is no table."""
        if "table" not in self._open:
            return False
        while self._open[-1] not in _BETWEEN_CELLS:
            self._pop_to(len(self._open) - 1)
        return True

    def _make_place(self, for_block: bool = False) -> None:
        """Closes and opens elements so that a word or a block may follow: a table needs a cell."""
        while for_block and self._open and self._open[-1] in _INLINE | _PHRASES:
            self._pop_to(len(self._open) - 1)
        if self._open and self._open[-1] in _BETWEEN_CELLS:
            self._start_cell("td")

    def _close(self, name: str) -> None:
        """Closes the innermost `name`, if its end tag may close all that is open in it."""
        if name in _INLINE or name in _PHRASES:
            outside = _ALLOWED - _INLINE
        elif name in _CELLS or name in ("tr", "table"):
            outside = frozenset(("table",))
        else:
            outside = _CELLS | {"table"} | (_LISTS if name in _ITEMS else frozenset())
        for depth in range(len(self._open) - 1, -1, -1):
            if self._open[depth] == name:
                self._pop_to(depth)
                return
            if self._open[depth] in outside:
                return

    def _push(self, name: str) -> None:
        self._open.append(name)
        self._write_tag(name, "<%s>" % name)

    def _pop_to(self, depth: int) -> None:
        """Closes elements until `depth` are open."""
        while len(self._open) > depth:
            name = self._open.pop()
            self._write_tag(name, "</%s>%s" % (name, "" if name in _INLINE else "\n"))

    def _write_tag(self, name: str, tag: str) -> None:
        self._end_run()
        self._out.append(tag)
        if name not in _INLINE:  # The words before and behind it are not one text.
            self._word = None
