"""Files that are one JSON object, from the ids of examples to what is predicted; gzip or not."""
import collections
import json
from typing import Any, Callable, Dict, List, Tuple, TypeVar

from bert_nq.base import json_text
from bert_nq.base.errors import UserError
from bert_nq.scoring.whole_files import read_bytes

T = TypeVar("T")


def read(path: str, wanted: str, parse: Callable[[Any, str], T], unit: str = "question"
         ) -> Dict[str, T]:
    """The values of a file by their ids, in the file's order.

    Args:
      path: the file.
      wanted: its form, for messages: "{id: text}".
      parse: makes a value of what is in the file, given that and its place for messages; raises
        UserError.
      unit: what an id is of.

    Raises:
      UserError: the file cannot be read or is no JSON object, an id occurs twice, or a value cannot
        be used.
    """
    content = _parse(read_bytes(path), path)
    if not isinstance(content, dict):
        raise UserError("%s is not a JSON object, %s is wanted" % (path, wanted))
    return {key: parse(value, "%s, %s %s" % (path, unit, key)) for key, value in content.items()}


def text(value: Any, what: str) -> str:
    """A value that is a text; `what` is its place. Raises UserError where it is none."""
    if not isinstance(value, str):
        raise UserError("%s is %.40r, not a text" % (what, value))
    return value


def _parse(content: bytes, path: str) -> Any:
    def unique(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = collections.Counter(key for key, _ in pairs).most_common(1)[0][0]
            raise UserError("%s: the key %r is in it twice" % (path, twice))
        return found

    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=unique)
    except (ValueError, RecursionError) as e:
        raise UserError("%s is not JSON (%s)" % (path, json_text.reason(e))) from e
