"""The duties of a search engine of pages; SqliteIndex is the one that comes along."""
import abc
from typing import Callable, Iterable, List, NamedTuple, Sequence, Tuple


class Hit(NamedTuple):
    """A page that may answer."""
    path: str  # of its file, relative to the folder
    score: float  # comparable within one search alone; higher is better
    candidates: Tuple[int, ...]  # numbers of those at top level that match, best first; none where
    # the file has changed since


class Unusable(NamedTuple):
    """A file of the folder that is no page."""
    path: str  # relative to the folder
    error: str


class Changes(NamedTuple):
    """The findings of an update: numbers of pages."""
    new: int
    changed: int
    removed: int
    unchanged: int
    unusable: Tuple[Unusable, ...]  # all that are now in the folder, by path


Watch = Callable[[Sequence[str]], Iterable[str]]


class Engine(abc.ABC):
    """Finds pages of one folder by the words of a question.

    Another engine is another subclass; the service and ask.py know these functions alone.
    """

    folder: str  # the absolute path of the pages

    @abc.abstractmethod
    def update(self, watch: Watch = iter) -> Changes:
        """Takes in what is new, changed or gone in the folder.

        Args:
          watch: passes on the paths of the pages that are read; a progress bar.

        Raises:
          UserError: the folder cannot be read, or another process updates the same index.
        """

    @abc.abstractmethod
    def search(self, question: str, num_pages: int, num_candidates: int = 10) -> List[Hit]:
        """The best pages, best first; none where no page has a word of the question.

        Args:
          question: in plain words.
          num_pages: how many pages are wanted.
          num_candidates: how many of the best candidates of each are wanted.
        """

    @abc.abstractmethod
    def pages(self) -> List[str]:
        """The paths of all pages that can be found, relative to the folder, in order."""

    @abc.abstractmethod
    def close(self) -> None:
        """Frees files; nothing can be asked afterwards."""

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *unused) -> None:
        self.close()
