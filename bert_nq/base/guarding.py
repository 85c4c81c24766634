"""Opened files whose errors name them: disks fail while a file is read, too, not just at its start.

A file that is read while another is written must not have its errors taken for the other's.
"""
import io
from typing import Any

from bert_nq.base.errors import UserError


def cannot(what: str, path: str, error: OSError) -> UserError:
    """The error that "read" or "write" of a file failed, in the operating system's words."""
    return UserError("cannot %s %s: %s" % (what, path, error.strerror or error))


class Guarded(io.RawIOBase):
    """An unbuffered file; where reading, writing or closing it fails, UserError names the file."""

    def __init__(self, raw: Any, path: str, what: str = "read"):
        """
        Args:
          raw: the file; closed with this one.
          path: its name in messages.
          what: is done with it: "read" or "write".
        """
        super().__init__()
        self._raw, self._path, self._what = raw, path, what

    def readable(self) -> bool:
        return self._raw.readable()

    def writable(self) -> bool:
        return self._raw.writable()

    def seekable(self) -> bool:
        return self._raw.seekable()

    def fileno(self) -> int:
        return self._raw.fileno()

    def readinto(self, buffer) -> int:
        try:
            data = self._raw.read(len(buffer))
        except OSError as e:
            raise cannot(self._what, self._path, e) from e
        buffer[:len(data)] = data
        return len(data)

    def write(self, data) -> int:
        try:
            return self._raw.write(data)
        except OSError as e:
            raise cannot(self._what, self._path, e) from e

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            return self._raw.seek(offset, whence)
        except OSError as e:
            raise cannot(self._what, self._path, e) from e

    def tell(self) -> int:
        try:
            return self._raw.tell()
        except OSError as e:
            raise cannot(self._what, self._path, e) from e

    def truncate(self, size: Any = None) -> int:
        try:
            return self._raw.truncate(size)
        except OSError as e:
            raise cannot(self._what, self._path, e) from e

    def close(self) -> None:
        if self.closed:
            return
        try:
            super().close()
            self._raw.close()
        except OSError as e:
            raise cannot(self._what, self._path, e) from e
