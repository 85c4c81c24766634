"""Reading gzip files that may be damaged: all that can be read of them, then the fault."""
import io
from typing import IO, Iterator, Optional, Tuple

from isal import isal_zlib

MAGIC = b"\x1f\x8b"
# With the only method of compression that there is.
_MARK = MAGIC + b"\x08"
# Small parts of compressed data, of which isal copies what it has not used, and large ones of what
# comes out: twice as fast as the other way round.
_CHUNK = 1 << 15
_BUFFER = 1 << 18
_GZIP = 31  # zlib's number for: a gzip header, the largest window


def detect(raw: IO[bytes], mark: bytes = _MARK) -> Tuple[IO[bytes], Optional["Inflated"]]:
    """Whether an opened file is gzip, by its first bytes and not by a name.

    Returns:
      The file with these bytes still to be read, and what decompresses it; None if it is not gzip.
    """
    # A pipe cannot go back to its start, a remote file cannot peek.
    stream = raw if hasattr(raw, "peek") else io.BufferedReader(raw)
    return stream, Inflated(stream) if stream.peek(len(mark)).startswith(mark) else None


def decompressed(raw: IO[bytes]) -> Tuple[IO[bytes], Optional["Inflated"]]:
    """The bytes of an opened file, decompressed if it is gzip; see `detect`.

    Returns:
      The stream to read from; the decompressor under it, which knows of faults, or None.
    """
    stream, inflated = detect(raw)
    if inflated is None:
        return stream, None
    return io.BufferedReader(_Stream(inflated), _BUFFER), inflated


class Inflated:
    """The decompressed bytes of a gzip file of one or more members.

    Python's own readers raise where data end early, and what they had decompressed up to there is
    lost: some pages of NQ. Here it is given out first, and the stream ends.

    Attributes:
      members: how many were read to their ends.
      fault: what is wrong with the file, once the stream has ended; None if nothing is.
    """

    def __init__(self, raw: IO[bytes]):
        self._raw = raw
        self._input = b""
        self._member = None  # the decompressor within a member
        self.members = 0
        self.fault = None

    def chunks(self, size: int) -> Iterator[bytes]:
        """Yields the data in parts of 1 to `size` bytes."""
        return iter(lambda: self.read(size), b"")

    def read(self, size: int) -> bytes:
        """Some data, at most `size` bytes; none at the end of the stream and at a fault."""
        if self.fault is not None:
            return b""
        try:
            return self._inflate(size)
        except isal_zlib.error as e:
            self.fault = str(e)
            return b""

    def _inflate(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end of the stream."""
        while self._fill() or self._member is not None:
            if self._member is None:
                self._member = isal_zlib.decompressobj(wbits=_GZIP)
            at_end = not self._input
            data = self._member.decompress(self._input, size)
            self._input = self._member.unconsumed_tail
            if self._member.eof:
                self._input = self._member.unused_data
                self._member = None
                self.members += 1
            elif at_end and not data:
                self.fault = "the end is missing"
                break
            if data:
                return data
        return b""

    def _fill(self) -> bool:
        """Reads input if none is left; tells whether there is any."""
        while True:
            if self._member is None:
                # Some writers pad members with zeros.
                self._input = self._input.lstrip(b"\0")
            if self._input:
                return True
            self._input = self._raw.read(_CHUNK)
            if not self._input:
                return False


class _Stream(io.RawIOBase):
    """`Inflated` as a file."""

    def __init__(self, inflated: Inflated):
        super().__init__()
        self._inflated = inflated

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        data = self._inflated.read(len(buffer))
        buffer[:len(data)] = data
        return len(data)
