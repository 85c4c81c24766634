"""Files of predictions for texts, written as answers come.

    predictions.json         {id: label}
    nbest_predictions.json   {id: [{"label": ..., "probability": ...}, ...]}, the likeliest first
"""
from typing import Any, Callable, ContextManager, Dict

from bert_nq.base.json_object import file_by_id

Write = Callable[[Dict[str, Any]], None]


def predictions(path: str, predictor: Dict[str, Any]) -> ContextManager[Write]:
    """Gives a function that takes the entries of a decoder; the file is written or replaced when
    the block ends.

    Args:
      path: of the predictions.
      predictor: what made the entries; the format has no place for it.
    """
    del predictor
    return file_by_id(path, lambda entry: entry["label"])


def nbest(path: str, predictor: Dict[str, Any]) -> ContextManager[Write]:
    """As `predictions`, for the entries of the n-best file."""
    del predictor
    return file_by_id(path, lambda entry: entry["labels"])
