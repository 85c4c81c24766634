"""Decodes a question of any format to a checked `Example`."""
from typing import Any, Dict

from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.ids import hashed_id
from bert_nq.base.json_lines import parse_line
from bert_nq.datasets.squad.example import Answer, Example, place
from bert_nq.datasets.squad.records import shown


def decode_example(item: bytes, source: str) -> Example:
    """Decodes a question and checks all of it but the places of its answers.

    These matter to training alone, and there is more than one way to deal with a wrong one.

    Args:
      item: JSON, see squad.items.
      source: its file and number, "dev-v2.0.json, question 17", for messages.

    Raises:
      BadExampleError: a field is missing or has the wrong type, or question or context are empty.
    """
    try:
        record = parse_line(item)
    except UserError as e:
        raise BadExampleError("%s: %s" % (source, e)) from e
    if not isinstance(record, dict):
        raise BadExampleError("%s: a JSON object is wanted, this is %s" % (source, shown(record)))
    question_id = id_of(record.get("id"))
    where = source if question_id is None else place(source, question_id)
    if "fault" in record:
        raise BadExampleError("%s: %s" % (where, record["fault"]))
    if question_id is None:
        raise BadExampleError("%s: %s" % (source, _wrong("id", record.get("id"), "a string")))
    question, context = (_text(record, name, where) for name in ("question", "context"))
    is_impossible = record.get("is_impossible")
    if not (is_impossible is None or isinstance(is_impossible, bool)):
        raise BadExampleError("%s: %s" % (where, _wrong("is_impossible", is_impossible,
                                                        "true or false")))
    title = record.get("title")
    if not (title is None or isinstance(title, str)):
        raise BadExampleError("%s: %s" % (where, _wrong("title", title, "a string")))
    answers = record.get("answers") or []
    if not isinstance(answers, list):
        raise BadExampleError("%s: %s" % (where, _wrong("answers", answers, "a list")))
    return Example(
        example_id=hashed_id(question_id), question_id=question_id, title=title or "",
        question=question, context=context,
        answers=tuple(_answer(a, i, where) for i, a in enumerate(answers, 1)),
        is_impossible=is_impossible, source=source)


def id_of(value: Any) -> Any:
    """An id as text, also where a file has a number; None where it has none that can be used."""
    if type(value) is int:
        value = str(value)
    return value if isinstance(value, str) and value else None


def _text(record: Dict[str, Any], name: str, where: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        raise BadExampleError("%s: %s" % (where, _wrong(name, value, "a string")))
    if not value.strip():
        raise BadExampleError("%s: the %s is empty" % (where, name))
    return value


def _answer(answer: Any, number: int, where: str) -> Answer:
    if not isinstance(answer, dict):
        raise BadExampleError("%s: answer %d is %s, not a JSON object"
                              % (where, number, shown(answer)))
    text, start = answer.get("text"), answer.get("answer_start")
    if not isinstance(text, str):
        raise BadExampleError("%s: answer %d: %s" % (where, number,
                                                     _wrong("text", text, "a string")))
    if start is None:
        start = -1
    if type(start) is not int:
        raise BadExampleError("%s: answer %d: %s" % (where, number, _wrong(
            "answer_start", start, "a whole number")))
    return Answer(text, start)


def _wrong(name: str, value: Any, wanted: str) -> str:
    if value is None:
        return "the field %s is missing" % name
    return "%s is %s, not %s" % (name, shown(value), wanted)
