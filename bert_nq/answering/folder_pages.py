"""The pages of a folder that are read for a question."""
import os
from typing import Callable, List, NamedTuple, Optional, Tuple

from bert_nq.answering import excerpts
from bert_nq.answering.excerpts import Excerpt
from bert_nq.answering.page_cache import PageCache
from bert_nq.answering.search.engine import Engine
from bert_nq.base.errors import UserError
from bert_nq.datasets.html_pages.page import Page


class Chosen(NamedTuple):
    """The parts of pages that are read for a question."""
    excerpts: List[Excerpt]  # best first; a page's `source` is its path relative to the folder
    faults: Tuple[str, ...]  # of pages that were found and can no longer be read


class FolderPages:
    """Chooses pages by a search engine. Threads may share it."""

    def __init__(self, engine: Engine, read_page: Callable[[str], Page], num_pages: int = 5,
                 num_passages: int = 10, cache: Optional[PageCache] = None):
        """
        Args:
          engine: finds them.
          read_page: makes a page of a file's path.
          num_pages: how many are read for a question.
          num_passages: how many passages of each are read, those that have the question's words;
            0: all of the page.
          cache: of parsed pages.
        """
        self.engine = engine
        self._read_page = read_page
        self._num_pages, self._num_passages = num_pages, num_passages
        self._cache = cache or PageCache()

    def choose(self, question: str) -> Chosen:
        """The best pages for a question; none where no page has a word of it."""
        found, faults = [], []
        for hit in self.engine.search(question, self._num_pages, max(1, self._num_passages)):
            try:
                page = self._page(hit.path)
            except UserError as e:
                faults.append(str(e))
                continue
            excerpt = (excerpts.of_candidates(page, hit.candidates) if self._num_passages
                       else excerpts.whole(page))
            found.append(excerpt._replace(score=hit.score))
        return Chosen(found, tuple(faults))

    def _page(self, path: str) -> Page:
        """The page as the file has it now, whatever it was when it was indexed."""
        whole_path = os.path.join(self.engine.folder, path)
        try:
            status = os.stat(whole_path)
        except OSError as e:
            raise UserError("%s has gone since the pages were indexed (%s)" % (path, e.strerror)
                            ) from e
        key = path, status.st_size, status.st_mtime_ns
        return self._cache.get(key, lambda: self._read_page(whole_path)._replace(source=path))
