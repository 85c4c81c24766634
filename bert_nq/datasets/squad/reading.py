"""Files of questions taken apart into items, a question each, whatever their format.

SQuAD 1.1 and 2.0, MRQA, and rows as run_qa takes them, as JSON, JSON lines or CSV, gzipped or not;
docs/squad.md has the formats.
"""
import operator
from typing import IO, Iterator, List, Optional, Tuple

from bert_nq.base import files, inflating, lines
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.ids import hashed_id
from bert_nq.base.inflating import Inflated
from bert_nq.base.json_lines import parse_line
from bert_nq.base.json_stream import JSONStream
from bert_nq.base.json_text import NotJSONError
from bert_nq.base.lines import OnRead
from bert_nq.base.reading import Reading
from bert_nq.datasets.squad import documents, items, records, tables
from bert_nq.datasets.squad.decoding import decode_example, id_of
from bert_nq.datasets.squad.forms import Form, form_of
from bert_nq.datasets.squad.items import Item
from bert_nq.datasets.squad.tables import NotCSVError


def find_files(patterns: str) -> List[str]:
    """`files.expand_once` for files of questions."""
    return files.expand_once(patterns, "SQuAD")


def read_questions(path: str, on_read: Optional[OnRead] = None) -> Iterator[Tuple[int, bytes]]:
    """Yields (number, item) for each question of a file, from 1; see squad.items.

    A question with the id of one before it is an item that cannot be used.

    Args:
      path: the file.
      on_read: progress callback, called before each question.

    Raises:
      UserError: the file cannot be opened.
      BadExampleError: it is damaged or holds no question; all questions before that were yielded.
    """
    known = set()
    number = 0
    form = form_of(path)
    found = _of_lines(path, on_read) if form is Form.LINES else _of_stream(path, form, on_read)
    try:
        for number, item in enumerate(found, 1):
            question_id = id_of(item["id"])
            key = None if question_id is None else hashed_id(question_id)
            if key is not None and key in known:
                item = items.fault("a question before it has the same id", question_id)
            known.add(key)
            yield number, items.to_json(item)
    except (NotJSONError, NotCSVError) as e:
        what = str(e) if isinstance(e, NotCSVError) else "not JSON: %s" % e
        raise BadExampleError("%s%s: %s" % (path, _after(number), what)) from e
    except _CutOffError as e:
        raise BadExampleError("%s%s: the gzip data are cut off or damaged (%s); fetch the file "
                              "again" % (path, _after(number), e)) from e
    if not number:
        raise BadExampleError("%s: there is no question in it" % path)


def _after(number: int) -> str:
    return ", after question %d" % number if number else ""


class _CutOffError(Exception):
    """The gzip data end early; the message says how."""


def _of_stream(path: str, form: Form, on_read: Optional[OnRead]) -> Iterator[Item]:
    with files.open_binary(path) as raw:
        text, inflated = inflating.decompressed(raw, path)
        found = (tables.questions(_whole_lines(text, inflated, path)) if form is Form.TABLE
                 else documents.questions(JSONStream(text)))
        try:
            yield from _with_progress(found, raw, on_read)
        except (NotJSONError, NotCSVError) as e:
            if inflated and inflated.fault:
                raise _CutOffError(inflated.fault) from e
            raise
        if inflated and inflated.fault:  # A table may end at any line.
            raise _CutOffError(inflated.fault)


def _whole_lines(text: IO[bytes], inflated: Optional[Inflated], path: str) -> Iterator[bytes]:
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


def _of_lines(path: str, on_read: Optional[OnRead]) -> Iterator[Item]:
    for number, line in lines.read_lines(path, on_read):
        try:
            record = parse_line(line)
        except UserError as e:
            yield items.fault("line %d is %s" % (number, e))
        else:
            yield from records.questions(record)


# Questions about one context follow each other, and it is cut into wordpieces for all of them.
READING = Reading(decode_example, read_questions, "question", in_a_row=16,
                  text_id=operator.attrgetter("question_id"))
