"""The format of a file of questions, by its content and not by its name."""
import enum
from typing import IO

from bert_nq.base import files, inflating
from bert_nq.base.json_stream import JSONStream
from bert_nq.base.json_text import NotJSONError

_HEAD_BYTES = 1 << 16


class Form(enum.Enum):
    """The formats."""
    DOCUMENT = "one JSON value"
    LINES = "a JSON object a line"
    TABLE = "CSV"


def form_of(path: str) -> Form:
    """The format of a file, gzipped or not; of one that is none of them, the one it is likest.

    Raises:
      UserError: it cannot be read, or is a pipe, which cannot be read again.
    """
    files.check_no_pipes([path])
    with files.open_binary(path) as raw:
        head = inflating.decompressed(raw, path)[0].read(_HEAD_BYTES)
    first = head[3:] if head.startswith(b"\xef\xbb\xbf") else head
    first = first.lstrip()[:1]
    if first == b"[":
        return Form.DOCUMENT
    if first != b"{":
        return Form.TABLE
    with files.open_binary(path) as raw:
        try:
            return _form_of_objects(inflating.decompressed(raw, path)[0])
        except NotJSONError:
            return Form.LINES if _has_line_with_object(head) else Form.DOCUMENT


def _form_of_objects(text: IO[bytes]) -> Form:
    """Whether the object that a text begins with is all of it, or the first of several."""
    stream = JSONStream(text)
    stream.expect("{")
    for _ in stream.members("}"):
        key = stream.key()
        if key in ("data", "paragraphs") and stream.skip("["):
            if key == "data":
                return Form.DOCUMENT
            for _ in stream.members("]"):
                stream.value()
        else:
            stream.value()
    return Form.LINES if stream.skip("{") else Form.DOCUMENT


def _has_line_with_object(head: bytes) -> bool:
    """Whether lines after the first begin with an object, and the first with more than a brace."""
    lines = head.split(b"\n")
    return lines[0].strip() != b"{" and any(line.startswith(b"{") for line in lines[1:])
