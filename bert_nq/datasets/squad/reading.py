"""Files of questions taken apart into items, a question each, whatever their format.

SQuAD 1.1 and 2.0, MRQA, and rows as run_qa takes them, as JSON, JSON lines or CSV, gzipped or not;
docs/squad.md has the formats.
"""
import operator
from typing import IO, Iterator, List, Optional, Tuple

from bert_nq.base import files, lines, text_items
from bert_nq.base.csv_rows import NotCSVError
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.ids import hashed_id
from bert_nq.base.inflating import Inflated
from bert_nq.base.json_lines import parse_line
from bert_nq.base.json_stream import JSONStream
from bert_nq.base.json_text import NotJSONError
from bert_nq.base.lines import OnRead
from bert_nq.base.reading import Reading
from bert_nq.base.text_items import CutOffError
from bert_nq.datasets.squad import documents, items, records, tables
from bert_nq.datasets.squad.decoding import decode_example, id_of
from bert_nq.datasets.squad.forms import Form, form_of
from bert_nq.datasets.squad.items import Item


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
    except (NotJSONError, NotCSVError, CutOffError) as e:
        what = "not JSON: %s" % e if isinstance(e, NotJSONError) else str(e)
        raise BadExampleError("%s%s: %s" % (path, _after(number), what)) from e
    if not number:
        raise BadExampleError("%s: there is no question in it" % path)


def _after(number: int) -> str:
    return ", after question %d" % number if number else ""


def _of_stream(path: str, form: Form, on_read: Optional[OnRead]) -> Iterator[Item]:
    def parse(text: IO[bytes], inflated: Optional[Inflated]) -> Iterator[Item]:
        if form is Form.TABLE:
            return tables.questions(text_items.whole_lines(text, inflated, path))
        return documents.questions(JSONStream(text))

    return text_items.read_items(path, parse, on_read)


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
