"""Files of predictions for texts, written as answers come.

    predictions.json         {id: label}
    nbest_predictions.json   {id: [{"label": ..., "probability": ...}, ...]}, the likeliest first
"""
import contextlib
from typing import Any, Callable, Dict, Iterator

from bert_nq.base.json_object import json_object

Write = Callable[[Dict[str, Any]], None]


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
        yield lambda entry: write(entry["id"], entry["label"])


@contextlib.contextmanager
def nbest(path: str, predictor: Dict[str, Any]) -> Iterator[Write]:
    """As `predictions`, for the entries of the n-best file."""
    del predictor
    with json_object(path) as write:
        yield lambda entry: write(entry["id"], entry["labels"])
