"""The file of texts as a masked language model has scored them, written as they come.

    predictions.json    {"dev.txt:17": {"masked": 25, "right": 11, "loss": 2.41}, …}

A text's id is its file and its number there.
"""
import contextlib
from typing import Any, Callable, Dict, Iterator

from bert_nq.base.errors import UserError
from bert_nq.base.json_object import json_object

Write = Callable[[Dict[str, Any]], None]

FIELDS = ("masked", "right", "loss")


@contextlib.contextmanager
def predictions(path: str, predictor: Dict[str, Any]) -> Iterator[Write]:
    """Gives a function that takes the entries of a decoder; the file is written or replaced when
    the block ends.

    Args:
      path: of the predictions.
      predictor: what made the entries; the format has no place for it.
    """
    del predictor
    with json_object(path) as write:
        yield lambda entry: write(entry["id"], {name: entry[name] for name in FIELDS})


def nbest(path: str, predictor: Dict[str, Any]) -> Any:
    """Raises UserError: there is no n-best list."""
    del predictor
    raise UserError("--output_nbest_file=%s: texts have no list of answers, leave it out" % path)
