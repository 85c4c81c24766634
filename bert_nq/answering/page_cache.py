"""Parsed pages that are kept for the next question."""
import collections
import threading
from typing import Callable, Hashable, Tuple

from bert_nq.datasets.html_pages.page import Page

_BYTES_PER_TOKEN = 150  # the token, its two offsets, and their places in four lists


class PageCache:
    """Pages by a key, the longest unused of which give way. Threads may share it."""

    def __init__(self, max_bytes: int = 256 << 20):
        """
        Args:
          max_bytes: of all pages together, as estimated; one that is larger is not kept.
        """
        self._max_bytes = max_bytes
        self._pages: collections.OrderedDict[Hashable, Tuple[Page, int]] = (
            collections.OrderedDict())
        self._turn = threading.Lock()
        self.num_bytes = 0

    def get(self, key: Hashable, read: Callable[[], Page]) -> Page:
        """The page of a key, read if it is not here. Errors of `read` are passed on."""
        with self._turn:
            if key in self._pages:
                self._pages.move_to_end(key)
                return self._pages[key][0]
        page = read()
        num_bytes = estimated_bytes(page)
        with self._turn:
            if key not in self._pages and num_bytes <= self._max_bytes:
                self._pages[key] = page, num_bytes
                self.num_bytes += num_bytes
                while self.num_bytes > self._max_bytes:
                    self.num_bytes -= self._pages.popitem(last=False)[1][1]
        return page


def estimated_bytes(page: Page) -> int:
    """The memory of a page."""
    return len(page.html) + _BYTES_PER_TOKEN * len(page.tokens) + sum(map(len, page.tokens))
