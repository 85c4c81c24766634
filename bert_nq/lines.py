"""Reading text files line by line, gzipped or not, with the place of a fault."""
import io
from typing import Iterator, Tuple

from bert_nq import files
from bert_nq.errors import BadExampleError
from bert_nq.inflating import Inflated

_GZIP_MAGIC = b"\x1f\x8b"
_BUFFER = 1 << 18


def read_lines(path: str) -> Iterator[Tuple[int, bytes]]:
    """Yields (number, line) for each line that is not blank, counted from 1.

    Gzip is recognised by its first bytes, not by the name.

    Raises:
      UserError: the file cannot be opened.
      BadExampleError: it ends early or is not valid gzip; all lines before that were yielded.
    """
    number = 0
    with files.open_binary(path) as raw:
        # A pipe cannot go back to its start, a remote file cannot peek.
        lines = raw if hasattr(raw, "peek") else io.BufferedReader(raw)
        inflated = None
        if lines.peek(2)[:2] == _GZIP_MAGIC:
            inflated = Inflated(lines)
            lines = io.BufferedReader(inflated, _BUFFER)
        for number, line in enumerate(lines, 1):
            if inflated and inflated.fault and not line.endswith(b"\n"):
                number -= 1  # The line in which the data break off.
            elif not line.isspace():
                yield number, line
        if inflated and inflated.fault:
            raise BadExampleError(
                "%s, after line %d: the gzip data are cut off or damaged (%s); fetch the file again"
                % (path, number, inflated.fault))
