"""Files of JSON lines: the JSON of one line, and files that are written line by line."""
import contextlib
import json
from typing import Any, Callable, Iterator

import orjson

from bert_nq.base import files, json_text
from bert_nq.base.deflating import deflating
from bert_nq.base.errors import UserError


def parse_line(line: bytes) -> Any:
    """The value of a line.

    Raises:
      UserError: it is no JSON, "not JSON: Expecting value at character 0"; the caller puts the
        file and the number of the line before it.
    """
    try:
        return orjson.loads(line)
    except ValueError:
        try:
            # It takes what orjson does not, such as lone surrogates in a page's text.
            return json_text.parse(line.rstrip())
        except json_text.NotJSONError as e:
            raise UserError("not JSON: %s" % e) from e


@contextlib.contextmanager
def line_file(path: str) -> Iterator[Callable[[Any], None]]:
    """Gives a function that takes the values of lines; the file is there when the block ends.

    Args:
      path: of the file, which is gzipped where its name ends in .gz.

    Raises:
      UserError: it cannot be written.
    """
    with files.replacing(path) as raw, contextlib.ExitStack() as stack:
        out = stack.enter_context(deflating(raw)) if path.endswith(".gz") else raw
        yield lambda value: _write(out, value)


def _write(out: Any, value: Any) -> None:
    out.write(json.dumps(value).encode("ascii") + b"\n")
