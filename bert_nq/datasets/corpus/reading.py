"""Files that texts are taken from, whatever their format, gzipped or not.

    plain text          a context a line
    JSON lines          {"text": …}; paragraphs and articles of SQuAD and MRQA; pages of Natural
                        Questions, whose words without tags are one context
    JSON                SQuAD 1.1 and 2.0
    tables, .csv .tsv   with a column text, or rows of questions as run_qa takes them

Of questions about the same context that follow each other, the first one gives the context. JSON is
what begins as a JSON object or a list of objects, or is named .json or .jsonl; tables go by their
names; all else is plain text.
"""
import json
import re
from typing import Any, Dict, Iterator, List, Optional, Tuple

import orjson

from bert_nq.base import files, inflating, lines
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.ids import hashed_id
from bert_nq.base.json_lines import parse_line
from bert_nq.base.lines import OnRead
from bert_nq.base.reading import Reading
from bert_nq.datasets.classification import reading as texts
from bert_nq.datasets.corpus.example import Example
from bert_nq.datasets.nq import decoding as nq
from bert_nq.datasets.squad import reading as questions

_HEAD_BYTES = 1 << 16
_UNIT = "text"
_TABLES, _JSON = (".csv", ".tsv"), (".json", ".jsonl")
_BEGINS_AS_JSON = re.compile(br'\{\s*["}]|\[\s*[{\]]')
_PAGE_FIELDS = ("document_tokens", "document_text")

Items = Iterator[Tuple[int, bytes]]


def find_files(patterns: str) -> List[str]:
    """`files.expand_once` for files of texts."""
    return files.expand_once(patterns, "text")


def read_contexts(path: str, on_read: Optional[OnRead] = None) -> Items:
    """Yields (number, item) for each item of a file: a JSON object that `decode` takes.

    Args:
      path: the file.
      on_read: progress callback, called before each item.

    Raises:
      UserError: the file cannot be opened.
      BadExampleError: it is damaged; all items before that were yielded.
    """
    head, name = _head(path), path[:-len(".gz")] if path.endswith(".gz") else path
    if head and (name.endswith(_JSON) or _BEGINS_AS_JSON.match(head)):
        return (_of_json_lines if _is_of_lines(path) else _of_questions)(path, on_read)
    if name.endswith(_TABLES):
        columns = head.partition(b"\n")[0]
        if b"context" in columns and b"question" in columns:
            return _of_questions(path, on_read)
        return texts.read_texts(path, on_read)
    return _of_plain_lines(path, on_read)


def _head(path: str) -> bytes:
    files.check_no_pipes([path])
    with files.open_binary(path) as raw:
        head = inflating.decompressed(raw, path)[0].read(_HEAD_BYTES)
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")


def _is_of_lines(path: str) -> bool:
    """Whether a file of JSON has an object of its own in each line, which is neither a whole data
    set nor one question of several about a context."""
    _, line = next(lines.read_lines(path))
    try:
        record = parse_line(line)
    except UserError:
        return False
    return isinstance(record, dict) and "data" not in record and not (
        "question" in record and "context" in record)


def _of_questions(path: str, on_read: Optional[OnRead]) -> Items:
    last = None
    for number, item in questions.read_questions(path, on_read):
        record = parse_line(item)
        if "fault" in record:
            yield number, item
        elif record["context"] != last:
            last = record["context"]
            yield number, _to_json({"context": last})


def _of_json_lines(path: str, on_read: Optional[OnRead]) -> Items:
    for number, line in lines.read_lines(path, on_read):
        # MRQA's files begin with a header.
        if not (number == 1 and b'"header"' in line and _is_header(line)):
            yield number, line


def _is_header(line: bytes) -> bool:
    try:
        record = parse_line(line)
    except UserError:
        return False
    return isinstance(record, dict) and set(record) == {"header"}


def _of_plain_lines(path: str, on_read: Optional[OnRead]) -> Items:
    for number, line in lines.read_lines(path, on_read):
        try:
            yield number, _to_json({"text": line.decode("utf8").strip()})
        except UnicodeDecodeError:
            yield number, _to_json({"fault": "it is not UTF-8"})


def _to_json(item: Dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(item)
    except TypeError:  # lone surrogates
        return json.dumps(item).encode("ascii")


def decode(item: bytes, source: str) -> Example:
    """The example of an item.

    Raises:
      BadExampleError: it is not JSON, or there is no text in it, or only an empty one.
    """
    try:
        record = parse_line(item)
    except UserError as e:
        raise BadExampleError("%s: %s" % (source, e)) from e
    if not isinstance(record, dict):
        raise BadExampleError("%s: it is not a JSON object" % source)
    if "fault" in record:
        raise BadExampleError("%s: %s" % (source, record["fault"]))
    contexts = tuple(context for context in _contexts(record, source) if context.strip())
    if not contexts:
        raise BadExampleError("%s: the text is empty" % source)
    path, _, number = source.rpartition(", %s " % _UNIT)
    return Example(hashed_id("\n".join(contexts)), "%s:%s" % (path, number), contexts, source)


def _contexts(record: Dict[str, Any], source: str) -> List[str]:
    if any(name in record for name in _PAGE_FIELDS):
        page = nq.document_of(record, source)
        return [" ".join(token for token, is_html in zip(*page) if not is_html)]
    if "text" in record:
        return [_text(record, "text", source)]
    if "paragraphs" in record:
        paragraphs = record["paragraphs"]
        if not (isinstance(paragraphs, list) and all(isinstance(p, dict) for p in paragraphs)):
            raise BadExampleError("%s: paragraphs is %.60r, not a list of objects"
                                  % (source, paragraphs))
        return [_text(paragraph, "context", source) for paragraph in paragraphs]
    if "context" in record:
        return [_text(record, "context", source)]
    raise BadExampleError("%s: no text in it: neither text nor context, paragraphs, "
                          "document_tokens or document_text; it has %.100s"
                          % (source, ", ".join(sorted(map(str, record))) or "nothing"))


def _text(record: Dict[str, Any], name: str, source: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        raise BadExampleError("%s: %s is %.40r, not a string" % (source, name, value))
    return value


READING = Reading(decode, read_contexts, _UNIT)
