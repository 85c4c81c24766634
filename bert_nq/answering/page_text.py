"""The words of a page as people write them, and the tokens and bytes that they come from.

One rule for all that is shown of a page: two words are written together where nothing or only
markup within a line (`</b>`) is between them in the page's HTML, and with one blank between them
otherwise. So "Aron," is shown as it was written, though it is two tokens.

Notation: W words, which are the tokens that are no tags.
"""
import itertools
import re
from typing import List, Optional, Tuple

import numpy as np

from bert_nq.answering.answer import Passage
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.nq.example import Span

_MARKUP = re.compile(b"<[^>]*>")


class PageText:
    """The text of a page.

    Attributes:
      text: all words, with blanks where the page has something between them.
      lines: the same with line feeds in place of the blanks where a tag is between them, as from
        one paragraph, cell or item to the next.
    """

    def __init__(self, page: Page):
        self._page = page
        self._words = np.flatnonzero(~np.array(page.is_html, bool))  # [W] their tokens
        words = [page.tokens[token] for token in self._words.tolist()]
        between = _between(page, self._words)
        self.lines = "".join(itertools.chain.from_iterable(zip(between, words)))
        self.text = self.lines.replace("\n", " ")
        # [W] the characters of each word, ends exclusive
        lengths = np.array(list(map(len, words)), np.int64)
        self._ends = np.cumsum(lengths + np.array(list(map(len, between)), np.int64))
        self._starts = self._ends - lengths

    def passage(self, start_token: int, end_token: int) -> Passage:
        """The passage of document tokens [start_token, end_token), of which there is one or more.
        """
        start, end = self.characters_of(start_token, end_token)
        return Passage(self.text[start:end], start_token, end_token,
                       self._page.start_bytes[start_token], self._page.end_bytes[end_token - 1])

    def characters_of(self, start_token: int, end_token: int) -> Tuple[int, int]:
        """The characters [start, end) of the text that the words among document tokens
        [start_token, end_token) have; (0, 0) where there is no word among them."""
        first, end = np.searchsorted(self._words, [start_token, end_token]).tolist()
        if first >= end:
            return 0, 0
        return int(self._starts[first]), int(self._ends[end - 1])

    def tokens_of(self, start_char: int, end_char: int) -> Optional[Span]:
        """The tokens from the first to the last word of which a part is in the characters
        [start_char, end_char) of the text; None where there is none."""
        first = int(np.searchsorted(self._ends, start_char, "right"))
        end = int(np.searchsorted(self._starts, end_char, "left"))
        if first >= end:
            return None
        return Span(int(self._words[first]), int(self._words[end - 1]) + 1)

    def is_glued(self) -> List[bool]:
        """For each token of the page whether it is a word that stands right behind another one."""
        found = np.zeros(len(self._page.tokens), bool)
        found[self._words[1:]] = self._starts[1:] == self._ends[:-1]
        return found.tolist()

    def words_in(self, span: Tuple[int, int]) -> int:
        """The number of words among document tokens [start, end)."""
        first, end = np.searchsorted(self._words, span).tolist()
        return end - first


def _between(page: Page, words: np.ndarray) -> List[str]:
    """The text before each word: nothing, a blank, or a line feed behind a tag.

    Args:
      page: any.
      words: int [W], its words' tokens.
    """
    if not len(words):
        return []
    begins = np.array(page.start_bytes, np.int64)[words[1:]]
    ends = np.array(page.end_bytes, np.int64)[words[:-1]]
    behind_tag, is_glued = np.diff(words) > 1, begins == ends
    # Mostly it is a blank that follows a word, else it may be markup.
    html = np.frombuffer(page.html, np.uint8)
    for row in np.flatnonzero(~is_glued & ~behind_tag & (html[ends] == ord("<"))).tolist():
        is_glued[row] = not _MARKUP.sub(b"", page.html[ends[row]:begins[row]])
    written = np.where(behind_tag, "\n", np.where(is_glued, "", " "))
    return ["", *written.tolist()]
