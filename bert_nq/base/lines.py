"""Reading text files line by line, gzipped or not; errors name the line.

A line's source is its place as messages name it: "PATH, line N". See base.reading for files whose
items are no lines.
"""
import codecs
from typing import Callable, Iterable, Iterator, Optional, Tuple, TypeVar

from bert_nq.base import files, formats, inflating
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError

_BUFFER = 1 << 19

# Progress callback: is given the bytes of the file (compressed ones of a gzip file) that were read
# since its last call.
OnRead = Callable[[int], None]

Example = TypeVar("Example")
Item = TypeVar("Item")
# From a line and its source to an example; raises BadExampleError where the line holds none.
Decode = Callable[[bytes, str], Example]


def read_lines(path: str, on_read: Optional[OnRead] = None) -> Iterator[Tuple[int, bytes]]:
    """Yields (number, line) for each line that is not blank, counted from 1.

    Gzip is recognised by its first bytes, not by the name.

    Args:
      path: the file.
      on_read: progress callback, called before each line.

    A byte order mark at the start of the file is left out.

    Raises:
      UserError: the file cannot be read, is packed or in another encoding, or has a line that is
        too long for any page (see files.MOST_BYTES).
      BadExampleError: it ends early or is not valid gzip; all lines before that were yielded.
    """
    number = position = 0
    with files.open_binary(path) as raw:
        inflated = inflating.detect(raw, path)
        lines: Iterable[bytes] = (
            _lines(_checked(inflated.chunks(_BUFFER), path)) if inflated
            else iter(lambda: raw.readline(files.MOST_BYTES + 1), b""))
        for number, line in enumerate(lines, 1):
            check_length(line, source_of(path, number))
            if number == 1 and line.startswith(codecs.BOM_UTF8):
                line = line[len(codecs.BOM_UTF8):]
            if on_read:
                before, position = position, raw.tell()
                on_read(position - before)
            if inflated and inflated.fault and not line.endswith(b"\n"):
                number -= 1  # This line is incomplete: the data break off in it.
            elif line and not line.isspace():
                yield number, line
        if inflated and inflated.fault:
            raise BadExampleError(
                "%s, after line %d: the gzip data are cut off or damaged (%s); fetch the file again"
                % (path, number, inflated.fault))


def check_length(line: bytes, source: str) -> None:
    """Raises UserError where a line is longer than any that is meant."""
    if len(line) > files.MOST_BYTES:
        raise UserError("%s has more than %d MB without a line's end, and no page is so large: it "
                        "is not the file that is wanted, or damaged"
                        % (source, files.MOST_BYTES >> 20))


def _checked(chunks: Iterator[bytes], path: str) -> Iterator[bytes]:
    """Passes the chunks of a decompressed file on, if its first one may be text in UTF-8."""
    for number, chunk in enumerate(chunks):
        if number == 0:
            formats.check(chunk[:formats.HEAD_BYTES], path)
        yield chunk


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yields the lines of a text that comes in chunks, each with its line feed.

    They end with the first that has more than files.MOST_BYTES, of which not all is read.
    io.BufferedReader would copy every byte once more.
    """
    begun = []  # the parts of the current line
    num_bytes = 0  # of the parts
    for chunk in chunks:
        start, end = 0, chunk.find(b"\n") + 1
        while end:
            begun.append(chunk[start:end])
            yield b"".join(begun)
            begun, num_bytes = [], 0
            start, end = end, chunk.find(b"\n", end) + 1
        if start < len(chunk):
            begun.append(chunk[start:])
            num_bytes += len(begun[-1])
            if num_bytes > files.MOST_BYTES:
                break
    if begun:
        yield b"".join(begun)


def source_of(path: str, number: int, unit: str = "line") -> str:
    """The source of a line, or of another item that a file is made of, given its number from 1."""
    return "%s, %s %d" % (path, unit, number)


def number_of(source: str) -> int:
    """The number of the line or item that has a source."""
    return int(source.rpartition(" ")[2])


def read_sources(path: str, on_read: Optional[OnRead] = None) -> Iterator[Tuple[str, bytes]]:
    """`read_lines`, with the source of a line in place of its number."""
    for number, line in read_lines(path, on_read):
        yield source_of(path, number), line


def checked_lines(path: str, bad_input: BadInput,
                  on_read: Optional[OnRead] = None) -> Iterator[Tuple[str, bytes]]:
    """`read_sources`; a file that ends early is passed to `bad_input`."""
    return until_damaged(read_sources(path, on_read), bad_input)


def until_damaged(items: Iterator[Item], bad_input: BadInput) -> Iterator[Item]:
    """Yields items of a file; where it is damaged they end, and `bad_input` is told."""
    try:
        for item in items:
            yield item
    except BadExampleError as e:
        bad_input.handle(e)
