"""Reading gzip files that may be damaged: all that can be read of them, then the fault."""
from typing import IO, Iterator

from isal import isal_zlib

# Small parts of compressed data, of which isal copies what it has not used, and large ones of what
# comes out: twice as fast as the other way round.
_CHUNK = 1 << 15
_GZIP = 31  # zlib's number for: a gzip header, the largest window


class Inflated:
    """The decompressed bytes of a gzip file of one or more members.

    Python's own readers raise where data end early, and what they had decompressed up to there is
    lost: some pages of NQ. Here it is given out first, and the stream ends.

    Attributes:
      fault: what is wrong with the file, once the stream has ended; None if nothing is.
    """

    def __init__(self, raw: IO[bytes]):
        self._raw = raw
        self._input = b""
        self._member = None  # the decompressor within a member
        self.fault = None

    def chunks(self, size: int) -> Iterator[bytes]:
        """Yields the data in parts of 1 to `size` bytes."""
        data = True
        while data:
            try:
                data = self._inflate(size)
            except isal_zlib.error as e:
                self.fault = str(e)
                return
            if data:
                yield data

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
