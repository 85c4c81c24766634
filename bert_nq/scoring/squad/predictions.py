"""Files of predictions in the formats of SQuAD: texts, probabilities, n-best lists; gzip or not."""
import collections
import json
from typing import Any, Callable, Dict, List, Tuple, TypeVar

from bert_nq.base import json_text
from bert_nq.base.errors import UserError
from bert_nq.base.numbers import Number, parse_finite
from bert_nq.scoring.squad.whole_files import read_bytes

T = TypeVar("T")


def read_predictions(path: str) -> Dict[str, str]:
    """The text that is predicted for each question, "" for none.

    Raises:
      UserError: the file cannot be read or is not {id: text}, or an id occurs twice.
    """
    return _read(path, "{id: text}", _text)


def read_na_probs(path: str) -> Dict[str, Number]:
    """The probability, or odds, of each question that it has no answer; in the file's order.

    Raises:
      UserError: the file cannot be read or is not {id: number}, one is NaN or infinite, or an id
        occurs twice.
    """
    return _read(path, "{id: number}", parse_finite)


def read_nbest(path: str) -> Dict[str, str]:
    """The best text of each question that is not empty; "" where there is none.

    Raises:
      UserError: the file cannot be read or is not {id: [{"text": ...}, ...]}, or an id occurs
        twice.
    """
    return _read(path, '{id: [{"text": ...}, ...]}', _best_text)


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise UserError("%s is %.40r, not a text" % (what, value))
    return value


def _best_text(value: Any, what: str) -> str:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise UserError("%s is %.40r, not a list of answers" % (what, value))
    found = (_text(entry.get("text"), what + ": a text") for entry in value)
    return next(filter(None, found), "")


def _read(path: str, wanted: str, parse: Callable[[Any, str], T]) -> Dict[str, T]:
    content = _parse(read_bytes(path), path)
    if not isinstance(content, dict):
        raise UserError("%s is not a JSON object, %s is wanted" % (path, wanted))
    return {key: parse(value, "%s, question %s" % (path, key)) for key, value in content.items()}


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
