"""The id and the annotations of a line of NQ, without reading what lies between them.

A page is half a megabyte of JSON, of which the scorer wants two kilobytes. In the original format
the annotations come first and the id near the end; in the simplified format both come last; who
makes such pages often puts the id first and the annotations last. So the line is searched for the
two keys, and only what belongs to them is parsed: in two thirds of the time that msgspec takes to
check the syntax of the whole line, a sixth of that in which orjson parses it.

What is found is what a parser of the whole line finds, if the line is JSON: in JSON, quotes within
a string have a backslash before them, so `"example_id"` without one is a string of its own; and
where "{", that string and the rest of the line are an object by themselves, just one brace was open
before it, that of the whole line. A line that is not JSON may pass; so this is for shards whose
bytes have a checksum.
"""
from typing import Any, Dict, Optional

import orjson

_ANNOTATIONS, _ID = b'"annotations"', b'"example_id"'
_MOST_LISTS = 200  # within the annotations of a question; of five annotators there are six


def skim(line: bytes) -> Optional[Dict[str, Any]]:
    """An object with at least example_id and annotations, as they are in the line.

    Returns:
      None where they are not where NQ has them, or anything else is unusual: then the line has to
      be parsed.
    """
    # The last and the only one: a second would be of another line that was glued to this one.
    at = line.rfind(_ANNOTATIONS)
    if at > 1:
        record = _rest(line, at) if line.find(_ANNOTATIONS) == at else None
        if record is not None and "example_id" not in record:
            record.update(_first_id(line) or {})
        return record if record and "example_id" in record else None
    annotations = _first_list(line) if at == 1 and line.startswith(b"{") else None
    record = None if annotations is None else _rest(line, line.rfind(_ID))
    if record is not None:
        record["annotations"] = annotations
    return record


def _first_id(line: bytes) -> Optional[Dict[str, Any]]:
    """The field example_id, if it is the first."""
    if not line.startswith(b"{" + _ID) or line.rfind(_ID) > 1:
        return None
    return _parsed(line[:line.find(b",")] + b"}")


def _rest(line: bytes, at: int) -> Optional[Dict[str, Any]]:
    """The fields of the outermost object from that at `at` on; None if there is none."""
    if at < 1 or line[at - 1:at] == b"\\":
        return None
    return _parsed(b"{" + line[at:])


def _first_list(line: bytes) -> Any:
    """The value of the key that begins at 1, if it is a list."""
    start = 1 + len(_ANNOTATIONS)
    colon, bracket, _ = line[start:start + 10].partition(b"[")
    if colon.strip() != b":" or not bracket:
        return None
    start = end = start + len(colon)
    for _ in range(_MOST_LISTS):
        end = line.find(b"]", end) + 1
        if not end:
            break
        # A list that is cut off is no JSON, so the first that is one is whole.
        value = _parsed(line[start:end])
        if value is not None:
            return value
    return None


def _parsed(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return None
