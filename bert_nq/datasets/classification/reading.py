"""Files of texts with labels, and the examples in them.

    {"text": "We used LSTMs.", "label": "method"}       JSON lines, maybe with an "id"

    text<TAB>label                                      a table, of commas or tabs, whose first
    We used LSTMs.<TAB>method                           line names the columns, maybe with "id"

Files may be gzipped. Labels are texts or integers; files without labels can be predicted. A text
without an id has its file's name and its number as one: "dev.txt:17".
"""
import json
import operator
import os
from typing import IO, Any, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

import orjson

from bert_nq.base import csv_rows, files, inflating, lines, text_items
from bert_nq.base.bad_input import BadInput
from bert_nq.base.csv_rows import NotCSVError
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.ids import hashed_id
from bert_nq.base.inflating import Inflated
from bert_nq.base.json_lines import parse_line
from bert_nq.base.lines import OnRead
from bert_nq.base.reading import Reading
from bert_nq.base.text_items import CutOffError

_HEAD_BYTES = 1 << 12


class Example(NamedTuple):
    """A text."""
    example_id: int
    text_id: str
    text: str
    label: Optional[str]  # None where the file has none
    source: str  # "dev.txt, text 17"


def find_files(patterns: str) -> List[str]:
    """`files.expand_once` for files of texts."""
    return files.expand_once(patterns, "text")


def read_texts(path: str, on_read: Optional[OnRead] = None) -> Iterator[Tuple[int, bytes]]:
    """Yields (number, item) for each text of a file: the number of its line, or of its row from 1.

    An item is a JSON object with "id", "text" and "label", or with "fault": why it cannot be used.

    Args:
      path: the file.
      on_read: progress callback, called before each text.

    Raises:
      UserError: the file cannot be opened.
      BadExampleError: it is damaged or neither format; all texts before that were yielded.
    """
    if _is_of_json(path):
        for number, line in lines.read_lines(path, on_read):
            yield number, _item(_record(line), path, number)
        return
    number = 0
    try:
        for number, row in enumerate(text_items.read_items(
                path, lambda text, inflated: _rows(text, inflated, path), on_read), 1):
            yield number, _item(row, path, number)
    except (NotCSVError, CutOffError) as e:
        after = ", after text %d" % number if number else ""
        raise BadExampleError("%s%s: %s" % (path, after, e)) from e


def _is_of_json(path: str) -> bool:
    files.check_no_pipes([path])
    with files.open_binary(path) as raw:
        head = inflating.decompressed(raw, path)[0].read(_HEAD_BYTES)
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _rows(text: IO[bytes], inflated: Optional[Inflated], path: str
          ) -> Iterator[Union[Dict[str, str], str]]:
    return csv_rows.rows(text_items.whole_lines(text, inflated, path), _reject)


def _reject(columns: List[str]) -> Optional[str]:
    if "text" in columns:
        return None
    return "neither JSON lines nor a table with the columns text and label"


def _record(line: bytes) -> Any:
    try:
        return parse_line(line)
    except UserError as e:
        return str(e)


def _item(record: Any, path: str, number: int) -> bytes:
    """The item of a parsed line or row; a text in its place is what is wrong with it."""
    if isinstance(record, str):
        return orjson.dumps({"fault": record})
    if not isinstance(record, dict):
        return orjson.dumps({"fault": "it is not a JSON object"})
    item = {name: record.get(name) for name in ("id", "text", "label")}
    if item["id"] in (None, ""):
        name = os.path.basename(path)
        item["id"] = "%s:%d" % (name[:-3] if name.endswith(".gz") else name, number)
    try:
        return orjson.dumps(item)
    except TypeError:  # lone surrogates, integers beyond 64 bits
        return json.dumps(item).encode("ascii")


def decode(item: bytes, source: str) -> Example:
    """The example of an item.

    Raises:
      BadExampleError: a field is missing or of another type, or the text is empty.
    """
    record = parse_line(item)
    if "fault" in record:
        raise BadExampleError("%s: %s" % (source, record["fault"]))
    text_id, label = (_text_of(record, name, source) for name in ("id", "label"))
    if not isinstance(record["text"], str):
        raise BadExampleError("%s: text is %.40r, not a string" % (source, record["text"]))
    if not record["text"].strip():
        raise BadExampleError("%s: the text is empty" % source)
    assert text_id is not None
    return Example(hashed_id(text_id), text_id, record["text"], label or None, source)


def _text_of(record: Dict[str, Any], name: str, source: str) -> Optional[str]:
    """A field that is a text or an integer, as text; None for null."""
    value = record[name]
    if type(value) is int:
        return str(value)
    if not (value is None or isinstance(value, str)):
        raise BadExampleError("%s: %s is %.40r, not a string" % (source, name, value))
    return value


def labelled(example: Example) -> Example:
    """An example that has a label.

    Raises:
      BadExampleError: it has none.
    """
    if example.label is None:
        raise BadExampleError("%s: it has no label" % example.source)
    return example


def decode_labelled(item: bytes, source: str) -> Example:
    """`decode` of texts that need a label."""
    return labelled(decode(item, source))


def find_labels(paths: List[str], bad_input: BadInput) -> List[str]:
    """The labels that occur in files, in alphabetical order."""
    return sorted({e.label for e in TRAINING_READING.examples(paths, bad_input)})


READING = Reading(decode, read_texts, "text", text_id=operator.attrgetter("text_id"))
TRAINING_READING = READING._replace(decode=decode_labelled)
