"""What of the wanted files is there already, and what must be fetched."""
import enum
import os
import shutil
from typing import Callable, Iterable, List, NamedTuple, Optional

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.downloading import parts
from bert_nq.datasets.nq.downloading.catalogue import DataFile
from bert_nq.datasets.nq.downloading.ledger import Entry, Ledger


class Status(enum.Enum):
    """Of a file; the values are what a person is shown."""
    THERE = "there"
    UNCHECKED = "there, to be checked"  # it would have to be read
    MISSING = "missing"
    PARTIAL = "in part"
    DAMAGED = "damaged"  # not what was fetched
    OUTDATED = "changed at the source"
    FOREIGN = "not of this source"  # it was not fetched, and is something else or cannot be checked


_TO_FETCH = {Status.MISSING, Status.PARTIAL, Status.DAMAGED, Status.OUTDATED}


class Item(NamedTuple):
    """A wanted file and how it stands."""
    file: DataFile
    path: str
    status: Status
    part: int  # bytes that an interrupted run has left
    note: str = ""  # why a file is foreign

    @property
    def to_fetch(self) -> bool:
        return self.status in _TO_FETCH

    @property
    def missing(self) -> Optional[int]:
        """Bytes to fetch; None if the size is not known."""
        return None if self.file.size is None else max(0, self.file.size - self.part)


def survey(wanted: Iterable[DataFile], folder: str, ledger: Ledger,
           read: bool, again: bool = False) -> List[Item]:
    """How the wanted files stand.

    A file that was fetched here and has neither another size nor another time is not read. Others
    are: what came some other way is taken in if its checksum is that of the listing or the
    published one, and the ledger then knows it.

    Args:
      wanted: the files.
      folder: where they are.
      ledger: of the folder.
      read: whether files may be read and the ledger written; else they are "to be checked".
      again: whether to read also those that look untouched.
    """
    return [_examine(file, os.path.join(folder, file.local), ledger, read, again)
            for file in wanted]


def _examine(file: DataFile, path: str, ledger: Ledger, read: bool, again: bool) -> Item:
    part = parts.part_size(path)
    entry = ledger.entries.get(file.local)
    try:
        stat = os.stat(path)
    except OSError:
        return Item(file, path, Status.PARTIAL if part else Status.MISSING, part)
    if entry is None:
        return _examine_unknown(file, path, part, stat, ledger, read)
    listed = file.listed.crc32c if file.listed else None
    if listed and listed != entry.crc32c:
        return Item(file, path, Status.OUTDATED, part)
    if stat.st_size != entry.size:
        return Item(file, path, Status.DAMAGED, part)
    if stat.st_mtime_ns == entry.mtime_ns and not again:
        return Item(file, path, Status.THERE, part)
    if not read:
        return Item(file, path, Status.UNCHECKED, part)
    sums = parts.checksums_of(path)
    good = sums.crc32c == entry.crc32c and (
        not file.published or sums.sha256 == file.published.sha256)
    ledger.put(file.local, entry._replace(mtime_ns=stat.st_mtime_ns if good else 0))
    return Item(file, path, Status.THERE if good else Status.DAMAGED, part)


def _examine_unknown(file: DataFile, path: str, part: int, stat: os.stat_result, ledger: Ledger,
                     read: bool) -> Item:
    """A file that no run of ours has put there. It may be somebody's work: it is never replaced."""
    def foreign(note: str) -> Item:
        return Item(file, path, Status.FOREIGN, part, note)

    listed = file.listed.crc32c if file.listed else None
    if file.size is not None and stat.st_size != file.size:
        return foreign("it has %d bytes instead of %d" % (stat.st_size, file.size))
    if not listed and not file.published:
        return foreign("there is no checksum to check it by")
    if not read:
        return Item(file, path, Status.UNCHECKED, part)
    sums = parts.checksums_of(path)
    if (listed and sums.crc32c != listed) or (
            file.published and sums.sha256 != file.published.sha256):
        return foreign("its checksum is another one")
    ledger.put(file.local, Entry("", stat.st_size, sums.crc32c, stat.st_mtime_ns))
    return Item(file, path, Status.THERE, part)


def check_foreign(items: Iterable[Item]) -> None:
    """Raises UserError if a wanted file would have to replace one that is not ours."""
    foreign = [item for item in items if item.status is Status.FOREIGN]
    if foreign:
        raise UserError("%s was not fetched by this program and is not replaced, since %s%s: move "
                        "it away, or give another folder"
                        % (foreign[0].path, foreign[0].note,
                           " (%d such files)" % len(foreign) if len(foreign) > 1 else ""))


class Need(NamedTuple):
    """Bytes on disk."""
    missing: int  # of the files to fetch whose size is known
    unknown: int  # how many files of unknown size there are besides
    free: int


def need(items: Iterable[Item], folder: str,
         disk_usage: Callable = shutil.disk_usage) -> Need:
    """What the files to fetch take, and what the disk of `folder` has."""
    to_fetch = [item.missing for item in items if item.to_fetch]
    while not os.path.isdir(folder):  # The disk is that of the folder above.
        folder = os.path.dirname(os.path.abspath(folder))
    return Need(sum(size for size in to_fetch if size is not None), to_fetch.count(None),
                disk_usage(folder).free)
