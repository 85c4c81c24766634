"""Items of a file's text, one after the other, whatever its format; gzipped or not."""
from typing import IO, Callable, Iterator, Optional, TypeVar

from bert_nq.base import files, inflating, lines
from bert_nq.base.csv_rows import NotCSVError
from bert_nq.base.inflating import Inflated
from bert_nq.base.json_text import NotJSONError
from bert_nq.base.lines import OnRead

Item = TypeVar("Item")


class CutOffError(Exception):
    """The gzip data end early; the message says how, and what to do."""

    def __init__(self, fault: str):
        super().__init__("the gzip data are cut off or damaged (%s); fetch the file again" % fault)


def read_items(path: str, parse: Callable[[IO[bytes], Optional[Inflated]], Iterator[Item]],
               on_read: Optional[OnRead]) -> Iterator[Item]:
    """Yields the items that a file's text is made of.

    Args:
      path: the file.
      parse: makes items of the text, given as well what decompresses it, if anything does.
      on_read: progress callback, called before each item.

    Raises:
      UserError: the file cannot be opened.
      CutOffError: it ends early; all items before that were yielded.
    """
    with files.open_binary(path) as raw:
        text, inflated = inflating.decompressed(raw, path)
        try:
            yield from _with_progress(parse(text, inflated), raw, on_read)
        except (NotJSONError, NotCSVError) as e:
            if inflated and inflated.fault:
                raise CutOffError(inflated.fault) from e
            raise
        if inflated and inflated.fault:  # A table may end at any line.
            raise CutOffError(inflated.fault)


def whole_lines(text: IO[bytes], inflated: Optional[Inflated], path: str) -> Iterator[bytes]:
    """Yields the lines of a text, without one in which damaged data break off."""
    for number, line in enumerate(iter(lambda: text.readline(files.MOST_BYTES + 1), b""), 1):
        lines.check_length(line, lines.source_of(path, number))
        if line.endswith(b"\n") or not (inflated and inflated.fault):
            yield line


def _with_progress(found: Iterator[Item], raw: IO[bytes],
                   on_read: Optional[OnRead]) -> Iterator[Item]:
    position = 0
    for item in found:
        if on_read:
            before, position = position, raw.tell()
            on_read(position - before)
        yield item
