"""Builds a page: HTML, tokens with byte offsets, long answer candidates.

It follows the conventions of the real dataset. Tags are tokens of their own, without attributes
except colspan, whose blank stays inside the token; quotation marks are `` and '', brackets ( and ),
a dash is --; `'s` is a token; a token's byte offsets are those of its HTML, so that &amp; takes
five bytes although its token has one.
"""
import html
import re
import urllib.parse
from typing import Dict, List, NamedTuple, Optional, Tuple

# Marks around a value whose span `Page.text` reports; they are not part of the finished page.
START, END = "\x02", "\x03"

_PIECE = re.compile(
    r"(?P<gap>\s+)"
    r"|(?P<mark>[\x02\x03])"
    r"|(?P<token>\d+(?:\u00a0\d{3})+|\[\d+\]|'s\b|[^\W_]+(?:(?:-|[.,](?=\d))[^\W_]+)*|[^\s\x02\x03])")

# {spelling in the HTML: spelling in the dataset's tokens}.
_RESPELT = {"[": "(", "]": ")", "\u2013": "--"}

_CANDIDATE_TAGS = frozenset("P Table Ul Ol Dl Tr Li Dd Dt".split())
# The fewest words with which a nested block is a candidate, as found on real pages.
_LEAST_WORDS = {"P": 1, "Tr": 1, "Li": 3}


class Span(NamedTuple):
    """Tokens of the page, the end exclusive."""

    start_token: int
    end_token: int


def marked(text: str) -> str:
    """Puts marks around `text` that make `Page.text` report its span."""
    return START + text + END


class _Open(NamedTuple):
    """A block that has been opened and not closed."""
    tag: str
    start_token: int
    candidate: Optional[int]  # Its slot in the list of candidates.


class Page:
    """Writes a page from top to bottom.

    Attributes:
      tokens: the value of document_tokens.
    """

    def __init__(self) -> None:
        self.tokens: List[Dict] = []
        self._candidates: List[Optional[Dict]] = []
        self._html: List[str] = []
        self._size = 0
        self._open: List[_Open] = []
        self._quoted = False

    @property
    def candidates(self) -> List[Dict]:
        """The value of long_answer_candidates, in document order, for the blocks closed so far."""
        return [c for c in self._candidates if c is not None]

    @property
    def html(self) -> str:
        return "".join(self._html)

    def raw(self, source: str) -> Tuple[int, int]:
        """Writes HTML that makes no token; returns its (start_byte, end_byte)."""
        start = self._size
        self._html.append(source)
        self._size += len(source) if source.isascii() else len(source.encode("utf8"))
        return start, self._size

    def _token(self, token: str, source: str, is_html: bool) -> None:
        start, end = self.raw(source)
        # The keys are in the same order as in the real files.
        self.tokens.append({"end_byte": end, "html_token": is_html, "start_byte": start,
                            "token": token})

    def open(self, tag: str, attributes: str = "", candidate: bool = True) -> None:
        """Opens a block.

        Args:
          tag: the element, such as "Td".
          attributes: HTML such as 'colspan="2" class="summary"'.
          candidate: False keeps a paragraph or a list, such as the table of contents or the footer,
            from being a candidate.
        """
        colspan = re.search(r'colspan="\d+"', attributes)
        token = "<%s %s>" % (tag, colspan.group()) if colspan else "<%s>" % tag
        around = [b.candidate for b in self._open if b.tag in _CANDIDATE_TAGS]
        slot = None
        if candidate and tag in _CANDIDATE_TAGS and None not in around:
            slot = len(self._candidates)
            self._candidates.append(None)
        self._open.append(_Open(tag, len(self.tokens), slot))
        self._token(token, "<%s%s>" % (tag.upper(), " " + attributes if attributes else ""), True)

    def close(self, keep_empty: bool = False) -> Optional[Span]:
        """Closes the innermost block; returns its span if it is a candidate, else None.

        A block with too few words is not a candidate, unless `keep_empty` is set.
        """
        block = self._open.pop()
        self._token("</%s>" % block.tag, "</%s>" % block.tag.upper(), True)
        self.raw("\n")
        if block.candidate is None:
            return None
        span = Span(block.start_token, len(self.tokens))
        words = sum(not t["html_token"] for t in self.tokens[span.start_token:span.end_token])
        if words < _LEAST_WORDS.get(block.tag, 0) and not keep_empty:
            return None
        inside = any(b.candidate is not None for b in self._open)
        self._candidates[block.candidate] = dict(self.offsets(span), top_level=not inside)
        return span

    def offsets(self, span: Span) -> Dict[str, int]:
        """A span in the dataset's format, with token and byte offsets."""
        return {
            "end_byte": self.tokens[span.end_token - 1]["end_byte"],
            "end_token": span.end_token,
            "start_byte": self.tokens[span.start_token]["start_byte"],
            "start_token": span.start_token,
        }

    def text(self, text: str) -> List[Span]:
        """Writes running text; returns the spans of its `marked` parts.

        A marked name becomes a link.
        """
        spans = []
        started, linked = 0, False
        for piece in _PIECE.finditer(text):
            if piece.lastgroup == "token":
                self._word(piece.group())
            elif piece.lastgroup == "gap":
                self.raw(piece.group())
            elif piece.group() == START:
                started = len(self.tokens)
                name = text[piece.end():text.index(END, piece.end())]
                linked = name[0].isupper()
                if linked:
                    self.raw('<A href="/wiki/%s">' % urllib.parse.quote(name.replace(" ", "_")))
            else:
                spans.append(Span(started, len(self.tokens)))
                if linked:
                    self.raw("</A>")
        return spans

    def _word(self, word: str) -> None:
        if word == '"':
            self._quoted = not self._quoted
            self._token("``" if self._quoted else "''", "&quot;", False)
        elif word in _RESPELT:
            self._token(_RESPELT[word], word, False)
        elif word[0] in "&<>'":
            self._token(word, html.escape(word).replace("&#x27;", "&#39;"), False)
        else:
            self._token(word, word, False)

    @staticmethod
    def words(text: str) -> List[str]:
        """The tokens of `text`, in the spelling of the text."""
        return [p.group() for p in _PIECE.finditer(text) if p.lastgroup == "token"]

    def block(self, tag: str, text: str, attributes: str = "", candidate: bool = True,
              keep_empty: bool = False) -> Tuple[Optional[Span], List[Span]]:
        """Writes a block that holds only text.

        Returns:
          (its span if it is a candidate, else None; the spans of the marked parts).
        """
        self.open(tag, attributes, candidate)
        spans = self.text(text)
        return self.close(keep_empty), spans

    def candidate_index(self, span: Span) -> int:
        """The index of the candidate with exactly this span.

        Raises:
          ValueError: there is none.
        """
        for i, candidate in enumerate(self.candidates):
            if (candidate["start_token"], candidate["end_token"]) == span:
                return i
        raise ValueError("no candidate takes the tokens %d to %d" % span)
