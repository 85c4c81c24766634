"""Questions about pages, from files that name the page of each.

    page,question,answer             CSV or TSV with a header; the answer may be missing
    {"page": ..., "question": ..., "answer": ...}     JSON lines; "answers" for a list of texts
    {"data": [{"title": ..., "paragraphs": ...}]}     SQuAD and its like; the title names the page

An empty answer says that the page has none. A row without the column says nothing, as for pages
that are to be predicted on.
"""
import csv
import io
import itertools
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from bert_nq.base import files, inflating
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.json_lines import parse_line
from bert_nq.base.lines import read_sources
from bert_nq.datasets.squad.reading import READING

_HEAD_BYTES = 1 << 16


class AnswerText(NamedTuple):
    """An answer as text."""
    text: str
    start_char: int  # in the question's context; -1 where there is none


class Question(NamedTuple):
    """A question about a page."""
    page: str  # its name
    text: str
    answers: Optional[Tuple[AnswerText, ...]]  # empty: there is none; None: nothing is known
    context: Optional[str]  # the paragraph in which the answers are, as text
    source: str  # file and line, for messages


def read_questions(path: str, bad_input: BadInput) -> Iterator[Question]:
    """Yields the questions of a file; its content tells its format.

    Args:
      path: the file, gzipped or not.
      bad_input: told of questions that cannot be used.

    Raises:
      UserError: it cannot be read, or is in none of the formats.
    """
    files.check_no_pipes([path])
    with files.open_binary(path) as raw:
        head = inflating.decompressed(raw, path)[0].read(_HEAD_BYTES)
    first = head.lstrip(b"\xef\xbb\xbf").split(b"\n", 1)[0].strip()
    if first.startswith(b"{") and b'"page"' in first:
        return _of_lines(path, bad_input)
    if not first.startswith((b"{", b"[")) and {"page", "question"} <= set(_header(first)):
        return _of_table(path, bad_input)
    if not first.startswith((b"{", b"[")) and "context" not in _header(first):
        raise UserError("%s: its first line is %.60r: columns named page and question are wanted "
                        "(and answer), or JSON" % (path, first.decode("utf8", "replace")))
    return _of_squad(path, bad_input)


def _header(line: bytes) -> List[str]:
    text = line.decode("utf8", "replace")
    delimiter = "\t" if "\t" in text else ","
    return [name.strip().lower() for name in next(csv.reader([text], delimiter=delimiter), [])]


def _of_table(path: str, bad_input: BadInput) -> Iterator[Question]:
    csv.field_size_limit(1 << 30)
    with files.open_binary(path) as raw:
        stream, inflated = inflating.decompressed(raw, path)
        text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
        try:
            first = text.readline()
            names = _header(first.strip().encode("utf8"))
            reader = csv.reader(text, delimiter="\t" if "\t" in first else ",")
            for row in filter(None, reader):
                source = "%s, line %d" % (path, reader.line_num + 1)
                try:
                    yield _of_row(names, row, source)
                except BadExampleError as e:
                    bad_input.handle(e)
        except (csv.Error, UnicodeDecodeError) as e:
            raise UserError("%s: not CSV in UTF-8: %s" % (path, e)) from e
        if inflated and inflated.fault:
            raise UserError("%s: the gzip data are cut off or damaged (%s); fetch the file again"
                            % (path, inflated.fault))


def _of_row(names: List[str], row: List[str], source: str) -> Question:
    if len(row) != len(names):
        raise BadExampleError("%s: the row has %d columns and not %d (%s); text with a comma goes "
                              "between quotes" % (source, len(row), len(names), ", ".join(names)))
    fields: Dict[str, Any] = dict(zip(names, row))
    if "answer" in fields:
        fields["answers"] = [fields["answer"]] if fields["answer"].strip() else []
    return _question(fields, source)


def _of_lines(path: str, bad_input: BadInput) -> Iterator[Question]:
    for source, line in read_sources(path):
        try:
            question = _of_line(line, source)
        except BadExampleError as e:
            bad_input.handle(e)
        else:
            yield question


def _of_line(line: bytes, source: str) -> Question:
    try:
        record = parse_line(line)
    except UserError as e:
        raise BadExampleError("%s: %s" % (source, e)) from e
    if not isinstance(record, dict):
        raise BadExampleError("%s: not a JSON object" % source)
    if record.get("answers") is None and "answer" in record:
        answer = record["answer"]
        record["answers"] = [] if answer in (None, "") else [answer]
    return _question(record, source)


def _question(fields: Dict[str, Any], source: str) -> Question:
    for name in ("page", "question"):
        if not isinstance(fields.get(name), str) or not fields[name].strip():
            raise BadExampleError("%s: %s is missing or no text" % (source, name))
    answers = fields.get("answers")
    if answers is not None and not (isinstance(answers, list) and
                                    all(isinstance(a, str) and a.strip() for a in answers)):
        raise BadExampleError("%s: answers is no list of texts" % source)
    return Question(fields["page"].strip(), " ".join(fields["question"].split()),
                    None if answers is None else tuple(AnswerText(a, -1) for a in answers), None,
                    source)


def _of_squad(path: str, bad_input: BadInput) -> Iterator[Question]:
    examples = READING.examples([path], bad_input)
    for _, group in itertools.groupby(examples, key=lambda e: e.context):
        context = None  # one text for all questions about it, that are kept
        for example in group:
            context = context or example.context
            if not example.title:
                bad_input.handle(BadExampleError("%s: it has no title, which names the page"
                                                 % example.place()))
                continue
            answers = () if example.is_impossible else tuple(
                AnswerText(a.text, a.start_char) for a in example.answers)
            yield Question(example.title, " ".join(example.question.split()), answers, context,
                           example.place())
