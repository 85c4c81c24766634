"""Reading gzip files that may be damaged: everything readable first, then the fault."""
import io
from typing import IO, Any, Iterator, Optional, Tuple

from isal import isal_zlib

from bert_nq.base import formats
from bert_nq.base.errors import BadExampleError

MAGIC = b"\x1f\x8b"
# The magic number and "deflate", the only compression method that gzip defines.
_HEADER = MAGIC + b"\x08"
# Small input chunks, since isal copies their unused rest, and large output buffers: twice as fast
# as the other way round.
_INPUT_BYTES = 1 << 15
_BUFFER_BYTES = 1 << 18
_GZIP_WBITS = 31  # zlib's number for a gzip header and the largest window


def detect(raw: Any, path: str, is_text: bool = True) -> Optional["Inflated"]:
    """Tells by its first bytes, not by its name, whether an opened file is gzip.

    Args:
      raw: the file, an io.BufferedReader at its start, where it stays.
      path: its name in messages.
      is_text: whether it is text, compressed or not; see `formats.check`, which is called.

    Returns:
      Its decompressor, None if it is not gzip.

    Raises:
      BadExampleError: it has no bytes at all, which even an empty gzip file has, but is called so.
    """
    head = raw.peek(formats.HEAD_BYTES)  # A pipe cannot go back to its start.
    if not head and path.endswith(".gz"):
        raise BadExampleError("%s has 0 bytes, which no gzip file has: fetch or write it again"
                              % path)
    # Two bytes are proof enough in a text: no UTF-8 begins with them.
    if head.startswith(MAGIC if is_text else _HEADER):
        return Inflated(raw)
    formats.check(head, path, is_text)
    return None


def decompressed(raw: Any, path: str,
                 is_text: bool = True) -> Tuple[IO[bytes], Optional["Inflated"]]:
    """A stream of the opened file's content, decompressed if it is gzip; see `detect`.

    Returns:
      (stream, decompressor): the stream to read from; the decompressor under it, whose `fault`
      says whether the file is damaged, or None.
    """
    inflated = detect(raw, path, is_text)
    if inflated is None:
        return raw, None
    stream = io.BufferedReader(_Stream(inflated), _BUFFER_BYTES)
    formats.check(stream.peek(formats.HEAD_BYTES), path, is_text)
    return stream, inflated


class Inflated:
    """Decompressor of a gzip file of one or more members.

    Python's own readers raise where data end early and lose what they had decompressed up to there
    (some pages of NQ). This one returns that data first, then the stream ends.

    Attributes:
      members: number of members that were read to their ends.
      fault: description of the damage, once the stream has ended; None if there is none.
    """

    def __init__(self, raw: IO[bytes]):
        self._raw = raw
        self._input = b""
        self._member: Any = None  # the decompressor within a member
        self.members = 0
        self.fault: Optional[str] = None

    def chunks(self, size: int) -> Iterator[bytes]:
        """Yields the data in chunks of 1 to `size` bytes."""
        return iter(lambda: self.read(size), b"")

    def read(self, size: int) -> bytes:
        """Returns 1 to `size` bytes; b"" at the end of the stream or at a fault."""
        if self.fault is not None:
            return b""
        try:
            return self._inflate(size)
        except isal_zlib.error as e:
            self.fault = str(e)
            return b""

    def _inflate(self, size: int) -> bytes:
        """Returns up to `size` bytes; b"" at the end of the stream."""
        while self._fill() or self._member is not None:
            if self._member is None:
                self._member = isal_zlib.decompressobj(wbits=_GZIP_WBITS)
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
        """Reads input if none is left; returns whether there is any."""
        while True:
            if self._member is None:
                # Some writers pad members with zeros.
                self._input = self._input.lstrip(b"\0")
            if self._input:
                return True
            self._input = self._raw.read(_INPUT_BYTES)
            if not self._input:
                return False


class _Stream(io.RawIOBase):
    """Adapter of `Inflated` to the interface of a raw file."""

    def __init__(self, inflated: Inflated):
        super().__init__()
        self._inflated = inflated

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        data = self._inflated.read(len(buffer))
        buffer[:len(data)] = data
        return len(data)
