"""The JSON of one line of a file of JSON lines."""
from typing import Any

import orjson

from bert_nq.base import json_text
from bert_nq.base.errors import UserError


def parse_line(line: bytes) -> Any:
    """The value of a line.

    Raises:
      UserError: it is no JSON, "not JSON: Expecting value at character 0"; the caller puts the
        file and the number of the line before it.
    """
    try:
        return orjson.loads(line)
    except ValueError:
        try:
            # It takes what orjson does not, such as lone surrogates in a page's text.
            return json_text.parse(line.rstrip())
        except json_text.NotJSONError as e:
            raise UserError("not JSON: %s" % e) from e
