"""Questions as JSON objects with the same fields, whatever the format that they come from.

    {"id": "5733…", "title": "Warsaw", "context": "Throughout …", "question": "What …",
     "answers": [{"text": "multi-cultural", "answer_start": 44}], "is_impossible": false}

What a file has is copied as it is, also where it is wrong or missing (null): decoding checks it and
says so, with the number and the id of the question. A question that cannot be told in this form has
"fault" in place of the other fields but the id: the reason. A question of MRQA has
"references", the texts that it is scored by: aliases among them need not be in the context.
"""
import json
from typing import Any, Dict

import orjson

Item = Dict[str, Any]


def question(question_id: Any, title: Any, context: Any, text: Any, answers: Any,
             is_impossible: Any) -> Item:
    """A question."""
    return {"id": question_id, "title": title, "context": context, "question": text,
            "answers": answers, "is_impossible": is_impossible}


def answer(text: Any, start: Any) -> Item:
    """An answer of a question."""
    if isinstance(start, float):  # JSON has no NaN: it would become null, which is no offset.
        start = repr(start)
    return {"text": text, "answer_start": start}


def fault(reason: str, question_id: Any = None) -> Item:
    """A question that cannot be used, or what stands in the place of one."""
    return {"id": question_id, "fault": reason}


def to_json(item: Item) -> bytes:
    """An item as JSON."""
    try:
        return orjson.dumps(item)
    except TypeError:  # lone surrogates, integers beyond 64 bits
        return json.dumps(item).encode("ascii")
