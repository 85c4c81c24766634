"""CSV files of questions, a row each, with the columns id, context, question, answers, maybe title.

Answers are JSON or what Python shows of them, {'text': ['Aron'], 'answer_start': [44]}, also as
pandas writes it; or two columns: answer_text, answers.text or text, and answer_start or
answers.answer_start.
"""
import ast
import json
import re
from typing import Any, Dict, Iterable, Iterator, List, Optional

from bert_nq.base import csv_rows
from bert_nq.datasets.squad import items, records
from bert_nq.datasets.squad.items import Item

_NEEDED = ("id", "context", "question")
_TEXTS = ("answer_text", "answers.text", "text", "answer")
_STARTS = ("answer_start", "answers.answer_start")
_BOOLS = {"true": True, "1": True, "false": False, "0": False, "": None}
# pandas shows lists of datasets as array(['Aron'], dtype=object).
_ARRAY = re.compile(r"array\((\[.*?\])(?:,\s*dtype=\w+)?\)", re.DOTALL)


def questions(text: Iterable[bytes]) -> Iterator[Item]:
    """Yields the questions of the lines of a CSV text, the names of its columns first.

    Raises:
      csv_rows.NotCSVError: it is none, or none from there on.
    """
    for row in csv_rows.rows(text, _reject):
        yield items.fault(row) if isinstance(row, str) else _question(row)


def _reject(columns: List[str]) -> Optional[str]:
    if all(name in columns for name in _NEEDED):
        return None
    return "neither JSON nor a table with the columns id, context, question and answers"


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
