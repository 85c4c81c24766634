r"""One file of named arrays and a few facts, written whole and read strictly.

    bert_nq arrays 1\n
    {"facts": {...}, "arrays": [[name, type, shape], ...]}\n      JSON, names in order
    the arrays' numbers, one after the other, little-endian
    8 hex digits, the CRC-32C of all that is before them

Unlike a pickle it holds nothing that could be run, and unlike a .npz its bytes follow from its
content alone.
"""
import contextlib
import functools
import json
import operator
from typing import IO, Any, Dict, Iterator, List, Mapping, Tuple

import google_crc32c
import numpy as np

from bert_nq.base import files
from bert_nq.base.errors import UserError

_MAGIC = b"bert_nq arrays 1\n"
_LONGEST_HEADER = 1 << 27
_CHUNK = 1 << 22
_TYPES = ("<f4", "<f8", "<i4", "<i8", "<u8", "|b1")


def write(path: str, facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Writes or replaces a file; killed at any moment, the old one is there or the new one.

    Args:
      path: the file.
      facts: JSON.
      arrays: of float32, float64, int32, int64, uint64 or bool.

    Raises:
      UserError: it cannot be written.
    """
    ordered = {name: np.ascontiguousarray(arrays[name]).reshape(np.shape(arrays[name]))
               for name in sorted(arrays)}
    header = {"facts": facts, "arrays": [[name, a.dtype.newbyteorder("<").str, list(a.shape)]
                                         for name, a in ordered.items()]}
    with files.replacing(path) as out:
        crc = 0
        for part in [_MAGIC, json.dumps(header, sort_keys=True).encode("ascii") + b"\n",
                     *ordered.values()]:
            view = memoryview(part if isinstance(part, bytes) else _bytes_of(part))
            for start in range(0, len(view), _CHUNK):
                chunk = bytes(view[start:start + _CHUNK])
                crc = google_crc32c.extend(crc, chunk)
                out.write(chunk)
        out.write(b"%08x" % crc)


def _bytes_of(array: np.ndarray) -> np.ndarray:
    """uint8 [bytes]."""
    return array.astype(array.dtype.newbyteorder("<"), copy=False).reshape([-1]).view(np.uint8)


def read(path: str, remedy: str) -> Tuple[Dict[str, Any], Dict[str, np.ndarray]]:
    """The facts and the arrays of a file.

    Args:
      path: the file.
      remedy: what to do about one that cannot be used; ends the message.

    Raises:
      UserError: it cannot be read, is no such file, or is damaged.
    """
    with _open(path, remedy) as f:
        return _read(f)


def read_facts(path: str, remedy: str) -> Dict[str, Any]:
    """The facts of a file, whose arrays are not looked at; otherwise as `read`."""
    with _open(path, remedy) as f:
        return _read_header(_Counted(f))[0]


@contextlib.contextmanager
def _open(path: str, remedy: str) -> Iterator[IO[bytes]]:
    with files.open_binary(path) as f:
        try:
            yield f
        except _DamagedError as e:
            raise UserError("%s %s: %s" % (path, e, remedy)) from e


class _DamagedError(Exception):
    """The file is not what `write` has written."""


class _Counted:
    """A stream that keeps the CRC-32C of what was read."""

    def __init__(self, stream: IO[bytes]):
        self._stream = stream
        self.crc = 0

    def line(self) -> bytes:
        return self._add(self._stream.readline(_LONGEST_HEADER))

    def into(self, view: memoryview) -> None:
        done = 0
        while done < len(view):
            chunk = self._add(self._stream.read(min(_CHUNK, len(view) - done)))
            if not chunk:
                raise _DamagedError("is cut off")
            view[done:done + len(chunk)] = chunk
            done += len(chunk)

    def _add(self, data: bytes) -> bytes:
        self.crc = google_crc32c.extend(self.crc, data)
        return data


def _read_header(stream: _Counted) -> Tuple[Dict[str, Any], List[Tuple[str, str, tuple]]]:
    """The facts, and name, type and shape of each array."""
    if stream.line() != _MAGIC:
        raise _DamagedError("is not a file of a masking policy")
    try:
        header = json.loads(stream.line().decode("ascii"))
        shapes = [(str(name), kind, tuple(map(int, shape)))
                  for name, kind, shape in header["arrays"]]
        facts = dict(header["facts"])
    except (ValueError, KeyError, TypeError) as e:
        raise _DamagedError("is damaged: its header cannot be read") from e
    if any(kind not in _TYPES or min(shape, default=0) < 0 for _, kind, shape in shapes):
        raise _DamagedError("is damaged: an array has no type or shape of ours")
    return facts, shapes


def _read(f: IO[bytes]) -> Tuple[Dict[str, Any], Dict[str, np.ndarray]]:
    stream = _Counted(f)
    facts, shapes = _read_header(stream)
    # Nothing is made room for that the file does not hold.
    place = f.tell()
    wanted = place + 8 + sum(functools.reduce(operator.mul, shape, np.dtype(kind).itemsize)
                             for _, kind, shape in shapes)
    if f.seek(0, 2) != wanted:
        raise _DamagedError("is cut off, or something is behind its end")
    f.seek(place)
    arrays = {}
    for name, kind, shape in shapes:
        array = np.zeros(shape, kind)
        if array.size:
            stream.into(memoryview(array.reshape([-1]).view(np.uint8)))
        arrays[name] = array
    if f.read(9) != b"%08x" % stream.crc:
        raise _DamagedError("is damaged: its checksum is another")
    return facts, arrays
