"""CSV files of questions, a row each, with the columns id, context, question, answers, maybe title.

Answers are JSON or what Python shows of them, {'text': ['Aron'], 'answer_start': [44]}, also as
pandas writes it; or two columns: answer_text, answers.text or text, and answer_start or
answers.answer_start.
"""
import ast
import csv
import json
import re
from typing import Any, Dict, Iterable, Iterator, Optional

from bert_nq.datasets.squad import items, records
from bert_nq.datasets.squad.items import Item

_NEEDED = ("id", "context", "question")
_TEXTS = ("answer_text", "answers.text", "text", "answer")
_STARTS = ("answer_start", "answers.answer_start")
_BOOLS = {"true": True, "1": True, "false": False, "0": False, "": None}
# pandas shows lists of datasets as array(['Aron'], dtype=object).
_ARRAY = re.compile(r"array\((\[.*?\])(?:,\s*dtype=\w+)?\)", re.DOTALL)


class NotCSVError(ValueError):
    """The text is no CSV of questions; the message says why."""


def questions(text: Iterable[bytes]) -> Iterator[Item]:
    """Yields the questions of the lines of a CSV text, the names of its columns first.

    Raises:
      NotCSVError: it is none, or none from there on.
    """
    csv.field_size_limit(1 << 30)  # By default 128 kB; a long page has more.
    lines = _lines(text)
    names = next(lines, "")
    delimiter = "\t" if "\t" in names and "," not in names else ","
    columns = next(csv.reader([names], delimiter=delimiter), [])
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        raise NotCSVError("neither JSON nor a table with the columns id, context, question and "
                          "answers: its first line is %.60r" % names.strip())
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader, None)
        except csv.Error as e:
            raise NotCSVError("not CSV at line %d: %s" % (reader.line_num + 1, e)) from e
        if row is None:
            return
        if row and len(row) != len(columns):
            yield items.fault("the row that ends at line %d has %d columns and not %d"
                              % (reader.line_num + 1, len(row), len(columns)))
        elif row:
            yield _question(dict(zip(columns, row)))


def _lines(text: Iterable[bytes]) -> Iterator[str]:
    """Yields lines as text, with their ends, which may be within a quoted field."""
    for number, line in enumerate(text, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as e:
            raise NotCSVError("line %d is not UTF-8" % number) from e


def _question(row: Dict[str, str]) -> Item:
    fields: Dict[str, Any] = {name: row[name] for name in _NEEDED}
    fields["title"] = row.get("title")
    is_impossible = row.get("is_impossible", "").strip()
    fields["is_impossible"] = _BOOLS.get(is_impossible.lower(), is_impossible)
    if "answers" in row:
        fields["answers"] = _literal(row["answers"]) if row["answers"].strip() else []
    else:
        fields["answers"] = _of_columns(_first(row, _TEXTS), _first(row, _STARTS))
    return records.of_row(fields)


def _first(row: Dict[str, str], names) -> Optional[str]:
    return next((row[name] for name in names if name in row), None)


def _of_columns(text: Optional[str], start: Optional[str]) -> Any:
    if text is None:
        return None
    starts = _literal(start or "null")
    if isinstance(starts, list):
        return {"text": _literal(text), "answer_start": starts}
    return [items.answer(text, starts)] if text else []


def _literal(text: str) -> Any:
    """The value of JSON, or of a literal of Python; the text itself if it is neither."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    for literal in (text, _ARRAY.sub(r"\1", text)):
        try:
            # Through JSON, which has no sets and no bytes.
            return json.loads(json.dumps(ast.literal_eval(literal)))
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            pass
    return text
