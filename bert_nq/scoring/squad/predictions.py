"""Files of predictions in the formats of SQuAD: texts, probabilities, n-best lists; gzip or not."""
from typing import Any, Dict

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import Number, parse_finite
from bert_nq.scoring import id_maps


def read_predictions(path: str) -> Dict[str, str]:
    """The text that is predicted for each question, "" for none.

    Raises:
      UserError: the file cannot be read or is not {id: text}, or an id occurs twice.
    """
    return id_maps.read(path, "{id: text}", id_maps.text)


def read_na_probs(path: str) -> Dict[str, Number]:
    """The probability, or odds, of each question that it has no answer; in the file's order.

    Raises:
      UserError: the file cannot be read or is not {id: number}, one is NaN or infinite, or an id
        occurs twice.
    """
    return id_maps.read(path, "{id: number}", parse_finite)


def read_nbest(path: str) -> Dict[str, str]:
    """The best text of each question that is not empty; "" where there is none.

    Raises:
      UserError: the file cannot be read or is not {id: [{"text": ...}, ...]}, or an id occurs
        twice.
    """
    return id_maps.read(path, '{id: [{"text": ...}, ...]}', _best_text)


def _best_text(value: Any, what: str) -> str:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise UserError("%s is %.40r, not a list of answers" % (what, value))
    found = (id_maps.text(entry.get("text"), what + ": a text") for entry in value)
    return next(filter(None, found), "")
