"""Tells which of the wanted files are complete and which must be fetched."""
import enum
import os
import shutil
from typing import Callable, Iterable, List, NamedTuple, Optional

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.downloading import parts
from bert_nq.datasets.nq.downloading.catalogue import DataFile
from bert_nq.datasets.nq.downloading.ledger import Entry, Ledger


class FileStatus(enum.Enum):
    """State of a wanted file; the values are the texts that users see."""
    COMPLETE = "there"
    UNCHECKED = "there, to be checked"  # the file has to be read to know
    MISSING = "missing"
    PARTIAL = "in part"
    DAMAGED = "damaged"  # differs from what was fetched
    OUTDATED = "changed at the source"
    FOREIGN = "not of this source"  # not fetched by us, and something else or impossible to check


_TO_FETCH = {FileStatus.MISSING, FileStatus.PARTIAL, FileStatus.DAMAGED, FileStatus.OUTDATED}


class Item(NamedTuple):
    """A wanted file and its state on disk."""
    file: DataFile
    path: str
    status: FileStatus
    part: int  # bytes left by an interrupted run
    note: str = ""  # the reason if the file is foreign

    @property
    def to_fetch(self) -> bool:
        return self.status in _TO_FETCH

    @property
    def missing(self) -> Optional[int]:
        """Bytes still to fetch; None if the size is unknown."""
        return None if self.file.size is None else max(0, self.file.size - self.part)


def survey(wanted: Iterable[DataFile], folder: str, ledger: Ledger,
           read: bool, reread: bool = False) -> List[Item]:
    """Finds the state of the wanted files.

    A file that was fetched here and still has its size and modification time is not read. Others
    are: a file that came some other way is adopted, and entered in the ledger, if its checksum is
    the listed or published one.

    Args:
      wanted: the files.
      folder: where they are.
      ledger: the ledger of the folder.
      read: whether files may be read and the ledger written; else their state is UNCHECKED.
      reread: whether to read even files that look untouched.
    """
    return [_examine(file, os.path.join(folder, file.local), ledger, read, reread)
            for file in wanted]


def _examine(file: DataFile, path: str, ledger: Ledger, read: bool, reread: bool) -> Item:
    part = parts.part_size(path)
    entry = ledger.entries.get(file.local)
    try:
        stat = os.stat(path)
    except OSError:
        return Item(file, path, FileStatus.PARTIAL if part else FileStatus.MISSING, part)
    if entry is None:
        return _examine_unknown(file, path, part, stat, ledger, read)
    listed = file.listed.crc32c if file.listed else None
    if listed and listed != entry.crc32c:
        return Item(file, path, FileStatus.OUTDATED, part)
    if stat.st_size != entry.size:
        return Item(file, path, FileStatus.DAMAGED, part)
    if stat.st_mtime_ns == entry.mtime_ns and not reread:
        return Item(file, path, FileStatus.COMPLETE, part)
    if not read:
        return Item(file, path, FileStatus.UNCHECKED, part)
    sums = parts.checksums_of(path)
    good = sums.crc32c == entry.crc32c and (
        not file.published or sums.sha256 == file.published.sha256)
    ledger.put(file.local, entry._replace(mtime_ns=stat.st_mtime_ns if good else 0))
    return Item(file, path, FileStatus.COMPLETE if good else FileStatus.DAMAGED, part)


def _examine_unknown(file: DataFile, path: str, part: int, stat: os.stat_result, ledger: Ledger,
                     read: bool) -> Item:
    """Examines a file that no run has recorded. It may be somebody's work, so is never replaced."""
    def foreign(note: str) -> Item:
        return Item(file, path, FileStatus.FOREIGN, part, note)

    listed = file.listed.crc32c if file.listed else None
    if file.size is not None and stat.st_size != file.size:
        return foreign("it has %d bytes instead of %d" % (stat.st_size, file.size))
    if not listed and not file.published:
        return foreign("there is no checksum to check it by")
    if not read:
        return Item(file, path, FileStatus.UNCHECKED, part)
    sums = parts.checksums_of(path)
    if (listed and sums.crc32c != listed) or (
            file.published and sums.sha256 != file.published.sha256):
        return foreign("its checksum is another one")
    ledger.put(file.local, Entry("", stat.st_size, sums.crc32c, stat.st_mtime_ns))
    return Item(file, path, FileStatus.COMPLETE, part)


def check_foreign(items: Iterable[Item]) -> None:
    """Checks that no file of unknown origin would have to be replaced.

    Raises:
      UserError: one would.
    """
    foreign = [item for item in items if item.status is FileStatus.FOREIGN]
    if foreign:
        raise UserError("%s was not fetched by this program and is not replaced, since %s%s: move "
                        "it away, or give another folder"
                        % (foreign[0].path, foreign[0].note,
                           " (%d such files)" % len(foreign) if len(foreign) > 1 else ""))


class Need(NamedTuple):
    """Disk space that is needed and available."""
    missing: int  # bytes still to fetch, of files whose size is known
    unknown: int  # number of files to fetch whose size is unknown
    free: int  # bytes free on the disk


def need(items: Iterable[Item], folder: str,
         disk_usage: Callable = shutil.disk_usage) -> Need:
    """The space that the files to fetch need, and that the disk of `folder` has."""
    to_fetch = [item.missing for item in items if item.to_fetch]
    while not os.path.isdir(folder):  # The folder will be on its parent's disk.
        folder = os.path.dirname(os.path.abspath(folder))
    return Need(sum(size for size in to_fetch if size is not None), to_fetch.count(None),
                disk_usage(folder).free)
