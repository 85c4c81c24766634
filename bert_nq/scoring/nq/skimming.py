"""Finds the id and the annotations in a line of NQ without parsing the page between them.

A page is half a megabyte of JSON, of which the scorer needs two kilobytes. In the original format
the annotations come first and the id near the end; in the simplified format both come last; pages
that people make themselves often have the id first and the annotations last. So the line is
searched for the two keys, and only their values are parsed. That takes two thirds of the time in
which msgspec checks the syntax of the whole line, and a sixth of that in which orjson parses it.

If the line is JSON, a parser of the whole line would find the same. In JSON, quotes within a string
have a backslash before them, so `"example_id"` without one is a string of its own. And if "{", that
string and the rest of the line make an object, just one brace was open before the string, that of
the whole line. A line that is not JSON may pass unnoticed; so this is for shards whose bytes have a
checksum.
"""
from typing import Any, Dict, Optional

import orjson

_ANNOTATIONS, _ID = b'"annotations"', b'"example_id"'
_MOST_LISTS = 200  # within the annotations of a question; five annotators make six


def skim(line: bytes) -> Optional[Dict[str, Any]]:
    """An object with at least the example_id and annotations of the line.

    Returns:
      None if they are not in the usual places, or anything else is unusual: then the whole line
      must be parsed.
    """
    # The last one must be the only one: two lines that run together have two.
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
    """The fields of the outermost object from the key at `at` on; None if that is no key of it."""
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
        # A part of a list is no JSON, so the first JSON is the whole list.
        value = _parsed(line[start:end])
        if value is not None:
            return value
    return None


def _parsed(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return None
