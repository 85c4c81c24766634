"""The words of a page as people write them, and the tokens and bytes that they come from.

One rule for all that is shown of a page: two words are written together where nothing or only
markup within a line (`</b>`) is between them in the page's HTML, and with one blank between them
otherwise. So "Aron," is shown as it was written, though it is two tokens.

Notation: W words, which are the tokens that are no tags.
"""
import re
from typing import Optional, Tuple

import numpy as np

from bert_nq.answering.answer import Passage
from bert_nq.datasets.html_pages.page import Page
from bert_nq.datasets.nq.example import Span

_MARKUP = re.compile(b"<[^>]*>")


class PageText:
    """The text of a page.

    Attributes:
      text: all words, with blanks where the page has something between them.
    """

    def __init__(self, page: Page):
        self._page = page
        self._words = np.flatnonzero(~np.array(page.is_html, bool))  # [W] their tokens
        parts, starts, ends = [], [], []
        place, last = 0, -1
        for token in self._words.tolist():
            if last >= 0 and (token > last + 1 or _are_apart(page, last, token)):
                parts.append(" ")
                place += 1
            parts.append(page.tokens[token])
            starts.append(place)
            place += len(page.tokens[token])
            ends.append(place)
            last = token
        self.text = "".join(parts)
        # [W] the characters of each word, ends exclusive
        self._starts, self._ends = np.array(starts, np.int64), np.array(ends, np.int64)

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

    def words_in(self, span: Tuple[int, int]) -> int:
        """The number of words among document tokens [start, end)."""
        first, end = np.searchsorted(self._words, span).tolist()
        return end - first


def _are_apart(page: Page, token: int, following: int) -> bool:
    between = page.html[page.end_bytes[token]:page.start_bytes[following]]
    return bool(_MARKUP.sub(b"", between))
