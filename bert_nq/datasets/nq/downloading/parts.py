"""The bytes of a file that have been fetched so far, beside where the file will be.

Of train/nq-train-00.jsonl.gz the bytes are in train/.nq-train-00.jsonl.gz.part, and which object
they are of is in train/.nq-train-00.jsonl.gz.part.json. The process may be killed between any two
lines of this file: the next one finds either bytes of the object that it reads of, or none.
"""
import base64
import contextlib
import hashlib
import json
import os
from typing import NamedTuple, Optional

import google_crc32c

from bert_nq.base import files
from bert_nq.base.errors import UserError

_BLOCK = 1 << 20


class Object(NamedTuple):
    """What a server said of the object when it sent its first bytes."""
    size: int
    etag: Optional[str]  # a strong one, with its quotes; without one, a part cannot be continued
    crc32c: Optional[str]  # base64, if the server tells


class Checksums:
    """CRC-32C and SHA-256 of bytes that go by."""

    def __init__(self):
        self._crc = google_crc32c.Checksum()
        self._sha = hashlib.sha256()

    def update(self, data: bytes) -> None:
        self._crc.update(data)
        self._sha.update(data)

    @property
    def crc32c(self) -> str:
        """As the storage API writes it."""
        return base64.b64encode(self._crc.digest()).decode("ascii")

    @property
    def sha256(self) -> str:
        return self._sha.hexdigest()


def checksums_of(path: str) -> Checksums:
    """Those of a whole file.

    Raises:
      UserError: it cannot be read.
    """
    sums = Checksums()
    with files.open_binary(path) as f:
        try:
            for block in iter(lambda: f.read(_BLOCK), b""):
                sums.update(block)
        except OSError as e:
            raise UserError("cannot read %s: %s" % (path, e.strerror or e)) from e
    return sums


def part_path(path: str) -> str:
    """The file that the bytes of `path` are gathered in."""
    folder, name = os.path.split(path)
    return os.path.join(folder, ".%s.part" % name)


def part_size(path: str) -> int:
    """How many bytes of `path` have been gathered."""
    try:
        return os.path.getsize(part_path(path))
    except OSError:
        return 0


class Part:
    """The part of one file; opened once, and then written by one thread.

    Attributes:
      size: how many bytes are there.
      object: which object they are of; None if there are none.
      sums: their checksums.
    """

    def __init__(self, path: str):
        """Takes up what an earlier run has left, if it can be continued.

        Raises:
          UserError: the folder or the part cannot be written.
        """
        self._path = path
        self._bytes = part_path(path)
        self._state = self._bytes + ".json"
        files.make_folder(os.path.dirname(path))
        self.object = self._read_state()
        if self.object and self.object.etag and 0 < part_size(path) <= self.object.size:
            self.sums = checksums_of(self._bytes)
            self.size = os.path.getsize(self._bytes)
        else:
            self.object, self.sums, self.size = None, Checksums(), 0
        with self._writing():
            self._file = os.open(self._bytes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        if not self.size:
            self.discard()

    def _read_state(self) -> Optional[Object]:
        try:
            return Object(**files.read_json(self._state))
        except (UserError, TypeError):  # None, or other fields than those of an Object
            return None

    @property
    def complete(self) -> bool:
        return self.object is not None and self.size == self.object.size

    def discard(self) -> None:
        """Throws the bytes away."""
        # The bytes go first: those of one object must never stand beside the name of another.
        with self._writing():
            os.ftruncate(self._file, 0)
        self.object, self.sums, self.size = None, Checksums(), 0

    def begin(self, new: Object) -> None:
        """What is written from now on is the object `new`, from its first byte."""
        self.discard()
        # One name for what is not complete yet, so that runs that are killed leave no heap of them.
        unfinished = self._state + ".new"
        with self._writing():
            with open(unfinished, "w", encoding="utf8") as out:
                json.dump(new._asdict(), out)
            os.replace(unfinished, self._state)
        self.object = new

    def write(self, data: bytes) -> None:
        """Appends bytes, without a buffer that a kill would lose.

        Raises:
          UserError: the disk is full, say; what is there stays.
        """
        while data:
            with self._writing():
                written = os.write(self._file, data)
            self.sums.update(data[:written])
            self.size += written
            data = data[written:]

    def sync(self) -> int:
        """Sees to it that the bytes survive a power cut; returns the time of their last change."""
        with self._writing():
            os.fsync(self._file)
            return os.fstat(self._file).st_mtime_ns

    def take_place(self) -> None:
        """Renames the part to the file itself, in place of what may be there."""
        with self._writing():
            os.replace(self._bytes, self._path)
        with contextlib.suppress(OSError):
            os.unlink(self._state)

    def close(self) -> None:
        """Leaves the bytes for the next run; of a part without any, nothing is left."""
        os.close(self._file)
        if not self.size:
            for path in (self._bytes, self._state):
                with contextlib.suppress(OSError):
                    os.unlink(path)

    @contextlib.contextmanager
    def _writing(self):
        try:
            yield
        except OSError as e:
            raise UserError("cannot write %s: %s; what is there is kept, run again when this is "
                            "mended" % (self._bytes, e.strerror or e)) from e
