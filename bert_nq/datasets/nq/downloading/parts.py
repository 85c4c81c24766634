"""Partly fetched files, stored beside the place of the complete file.

The bytes of train/nq-train-00.jsonl.gz are in train/.nq-train-00.jsonl.gz.part, and the identity of
the object that they belong to is in train/.nq-train-00.jsonl.gz.part.json. The process may be
killed between any two lines of this file: the next one finds either bytes of the object that the
JSON file names, or none.
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
    """An object as the server described it with its first bytes."""
    size: int  # bytes
    etag: Optional[str]  # a strong one, with its quotes; None: the part cannot be resumed
    crc32c: Optional[str]  # base64; None if the server does not send it


class Checksums:
    """Running CRC-32C and SHA-256 of a stream of bytes."""

    def __init__(self):
        self._crc = google_crc32c.Checksum()
        self._sha = hashlib.sha256()

    def update(self, data: bytes) -> None:
        self._crc.update(data)
        self._sha.update(data)

    @property
    def crc32c(self) -> str:
        """The checksum in base64, as the storage API writes it."""
        return base64.b64encode(self._crc.digest()).decode("ascii")

    @property
    def sha256(self) -> str:
        return self._sha.hexdigest()


def checksums_of(path: str) -> Checksums:
    """The checksums of a file.

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
    """The file that holds the bytes fetched so far for `path`."""
    folder, name = os.path.split(path)
    return os.path.join(folder, ".%s.part" % name)


def part_size(path: str) -> int:
    """The number of bytes fetched so far for `path`."""
    try:
        return os.path.getsize(part_path(path))
    except OSError:
        return 0


class Part:
    """The bytes of one file fetched so far; opened once and written by one thread.

    Attributes:
      size: number of bytes.
      object: the object that they belong to; None if there are none.
      sums: their checksums.
    """

    def __init__(self, path: str):
        """Opens the part for `path`; bytes of an earlier run are kept if they can be resumed.

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
            state = Object(**files.read_json(self._state))
        except (UserError, TypeError):  # None, or other fields than those of an Object
            return None
        texts = (state.etag, state.crc32c)
        is_valid = type(state.size) is int and all(isinstance(t, (str, type(None))) for t in texts)
        return state if is_valid else None

    @property
    def complete(self) -> bool:
        return self.object is not None and self.size == self.object.size

    def discard(self) -> None:
        """Deletes the bytes."""
        # Bytes before state: bytes of one object must never lie beside the name of another.
        with self._writing():
            os.ftruncate(self._file, 0)
        self.object, self.sums, self.size = None, Checksums(), 0

    def begin(self, new: Object) -> None:
        """Starts over with the object `new`, whose first byte is written next."""
        self.discard()
        # A fixed temporary name, so that killed runs do not leave many files behind.
        unfinished = self._state + ".new"
        with self._writing():
            with open(unfinished, "w", encoding="utf8") as out:
                json.dump(new._asdict(), out)
            os.replace(unfinished, self._state)
        self.object = new

    def write(self, data: bytes) -> None:
        """Appends bytes, unbuffered, so that a kill loses none.

        Raises:
          UserError: they cannot be written (the disk is full, say); earlier bytes stay.
        """
        while data:
            with self._writing():
                written = os.write(self._file, data)
            self.sums.update(data[:written])
            self.size += written
            data = data[written:]

    def sync(self) -> int:
        """Flushes the bytes to disk and returns the modification time in nanoseconds."""
        with self._writing():
            os.fsync(self._file)
            return os.fstat(self._file).st_mtime_ns

    def take_place(self) -> None:
        """Renames the part to the final file, replacing any earlier one."""
        with self._writing():
            os.replace(self._bytes, self._path)
        with contextlib.suppress(OSError):
            os.unlink(self._state)

    def close(self) -> None:
        """Closes the part; the bytes stay for the next run, an empty part is removed."""
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
