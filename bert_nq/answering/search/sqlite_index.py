"""An index of pages in one SQLite file, ranked by BM25."""
import os
import threading
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.answering.search import database, folder, passages, queries
from bert_nq.answering.search.database import storable
from bert_nq.answering.search.engine import Changes, Engine, Hit, Unusable, Watch
from bert_nq.answering.search.folder import Stamp
from bert_nq.answering.search.passages import Passage
from bert_nq.base import files, locking
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.html_pages.page import Page

# Pages of a transaction: few enough that little is lost to a kill, enough to share an fsync.
_BATCH_PAGES = 100

ReadPage = Callable[[str], Page]
FindPages = Callable[[str], Iterable[str]]


class _Known(NamedTuple):
    """A row of the table of pages."""
    id: int
    stamp: Stamp
    checksum: Optional[str]  # None where the file could not be read
    rows: Tuple[int, int]

    def is_older_than(self, stamp: Stamp) -> bool:
        """Whether the file has to be read again. Permissions, say, are no part of its stamp."""
        return self.stamp != stamp or self.checksum is None


class _Read(NamedTuple):
    """A file as it is now."""
    path: str
    stamp: Stamp
    checksum: Optional[str]
    title: str = ""
    passages: Sequence[Passage] = ()
    error: Optional[str] = None
    is_same: bool = False  # It has another stamp and its old content, which was not read again.


class SqliteIndex(Engine):
    """The passages of a folder's pages by their words.

    A passage is a candidate at top level: a paragraph, a list, a table. A page is as good as its
    best passage (BM25, as SQLite computes it), as is usual where answers lie in one place: a long
    page does not win by having a little of everything. Words are compared without case, accents and
    English endings (the Porter stemmer).

    An update may be killed: what was taken in up to then is kept, and the next one carries on.
    Searches may run in several threads, and while another process updates.
    """

    def __init__(self, pages_folder: str, read_page: ReadPage, find_pages: FindPages,
                 path: Optional[str] = None):
        """
        Args:
          pages_folder: the folder.
          read_page: makes a page of a file's path.
          find_pages: the paths of the files that are pages in a folder.
          path: of the index; None for a place of its own, see folder.index_path.

        Raises:
          UserError: there is no such folder, the index cannot be opened, or is another folder's.
        """
        if not os.path.isdir(pages_folder):
            raise UserError("there is no folder %s" % pages_folder)
        self.folder = os.path.abspath(pages_folder)
        self.path = path or folder.index_path(self.folder)
        self._read_page, self._find_pages = read_page, find_pages
        self._turn = threading.Lock()
        self._connection = database.connect(self.path)
        try:
            self._check_folder()
        except BaseException:
            self.close()
            raise

    def update(self, watch: Watch = iter) -> Changes:
        with locking.locked(self.path + ".lock"):
            there = folder.stamps(self.folder, self._find_pages(self.folder))
            known = self._known()
            gone = [path for path in known if path not in there]
            to_read = [path for path, stamp in there.items()
                       if path not in known or known[path].is_older_than(stamp)]
            self._write(gone, [], known)
            num_new = num_changed = 0
            for batch in _batches(watch(to_read)):
                reads = [self._read(path, there[path], known.get(path)) for path in batch]
                num_new += sum(read.path not in known for read in reads)
                num_changed += sum(read.path in known and not read.is_same
                                   and known[read.path].stamp != read.stamp for read in reads)
                self._write([], reads, known)
            unusable = self._unusable()
        return Changes(num_new, num_changed, len(gone), len(there) - num_new - num_changed,
                       unusable)

    def search(self, question: str, num_pages: int, num_candidates: int = 10) -> List[Hit]:
        query = queries.of_question(question)
        if not query:
            return []
        with self._turn, database.told(self.path), database.transaction(self._connection,
                                                                        "DEFERRED"):
            return [self._hit(query, page, score, num_candidates)
                    for page, score in self._best_pages(query, num_pages).items()]

    def pages(self) -> List[str]:
        with self._turn, database.told(self.path):
            rows = self._connection.execute("SELECT path FROM page WHERE error IS NULL").fetchall()
        return sorted(os.fsdecode(path) for path, in rows)

    def close(self) -> None:
        with self._turn:
            self._connection.close()

    def _best_pages(self, query: str, num_pages: int) -> Dict[int, float]:
        """{page: score}, best first. Passages come best first, so that a page's first one is its
        best; SQLite's ranks are negative, the least the best."""
        best: Dict[int, float] = {}
        rows = self._connection.execute(
            "SELECT page, rank FROM passage WHERE passage MATCH ? ORDER BY rank", (query,))
        for page, rank in rows:
            best.setdefault(page, -rank)
            if len(best) == num_pages:
                break
        rows.close()
        return best

    def _hit(self, query: str, page: int, score: float, num_candidates: int) -> Hit:
        path, size, mtime_ns, first, end = self._connection.execute(
            "SELECT path, size, mtime_ns, first_row, end_row FROM page WHERE id = ?", (page,)
        ).fetchone()
        path = os.fsdecode(path)
        # The candidates of a file that has changed since have other numbers.
        if folder.stamps(self.folder, [os.path.join(self.folder, path)]) != {
                path: Stamp(size, mtime_ns)}:
            return Hit(path, score, ())
        candidates = self._connection.execute(
            "SELECT candidate FROM passage WHERE passage MATCH ? AND rowid >= ? AND rowid < ?"
            " ORDER BY rank LIMIT ?", (query, first, end, num_candidates)).fetchall()
        return Hit(path, score, tuple(number for number, in candidates))

    def _check_folder(self) -> None:
        """Notes whose index this is, or refuses that of another folder, which would be emptied.

        One in its own folder is that folder's, wherever it was moved.
        """
        if os.path.dirname(os.path.abspath(self.path)) == self.folder:
            return
        real = os.fsencode(os.path.realpath(self.folder))
        with self._turn, database.told(self.path):
            self._connection.execute("INSERT OR IGNORE INTO setting VALUES ('folder', ?)", (real,))
            noted, = self._connection.execute("SELECT value FROM setting WHERE name = 'folder'"
                                              ).fetchone()
        if noted != real:
            raise UserError("%s is the index of the folder %s: choose another --index"
                            % (self.path, os.fsdecode(noted)))

    def _known(self) -> Dict[str, _Known]:
        with self._turn, database.told(self.path):
            rows = self._connection.execute(
                "SELECT path, id, size, mtime_ns, checksum, first_row, end_row FROM page"
            ).fetchall()
        return {os.fsdecode(path): _Known(id_, Stamp(size, mtime_ns), checksum, (first, end))
                for path, id_, size, mtime_ns, checksum, first, end in rows}

    def _unusable(self) -> Tuple[Unusable, ...]:
        with self._turn, database.told(self.path):
            rows = self._connection.execute(
                "SELECT path, error FROM page WHERE error IS NOT NULL").fetchall()
        return tuple(sorted(Unusable(os.fsdecode(path), error) for path, error in rows))

    def _read(self, path: str, stamp: Stamp, known: Optional[_Known]) -> _Read:
        whole_path = os.path.join(self.folder, path)
        checksum = None
        try:
            checksum = files.crc32c(whole_path)
            if known and (known.checksum, known.stamp.size) == (checksum, stamp.size):
                return _Read(path, stamp, checksum, is_same=True)
            page = self._read_page(whole_path)
        except BadExampleError as e:  # What is in it is at fault.
            return _Read(path, stamp, checksum, error=str(e))
        except UserError as e:
            return _Read(path, stamp, None, error=str(e))
        return _Read(path, stamp, checksum, page.title, list(passages.of_page(page)))

    def _write(self, gone: List[str], reads: List[_Read], known: Dict[str, _Known]) -> None:
        """One transaction."""
        with self._turn, database.told(self.path), database.transaction(self._connection):
            for path in gone:
                self._forget(known[path])
            for read in reads:
                if read.is_same:
                    self._connection.execute("UPDATE page SET mtime_ns = ? WHERE id = ?",
                                             (read.stamp.mtime_ns, known[read.path].id))
                    continue
                if read.path in known:
                    self._forget(known[read.path])
                self._add(read)

    def _forget(self, page: _Known) -> None:
        self._connection.execute("DELETE FROM passage WHERE rowid >= ? AND rowid < ?", page.rows)
        self._connection.execute("DELETE FROM page WHERE id = ?", (page.id,))

    def _add(self, read: _Read) -> None:
        first, = self._connection.execute("SELECT COALESCE(MAX(end_row), 1) FROM page").fetchone()
        page = self._connection.execute(
            "INSERT INTO page(path, size, mtime_ns, checksum, title, first_row, end_row, error)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (os.fsencode(read.path), read.stamp.size, read.stamp.mtime_ns, read.checksum,
             storable(read.title), first, first + len(read.passages),
             read.error and storable(read.error))).lastrowid
        self._connection.executemany(
            "INSERT INTO passage(rowid, about, text, page, candidate) VALUES (?, ?, ?, ?, ?)",
            ((first + i, storable(passage.about), storable(passage.text), page, passage.candidate)
             for i, passage in enumerate(read.passages)))


def _batches(paths: Iterable[str]) -> Iterable[List[str]]:
    batch: List[str] = []
    for path in paths:
        batch.append(path)
        if len(batch) == _BATCH_PAGES:
            yield batch
            batch = []
    if batch:
        yield batch
