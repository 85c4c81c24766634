"""The file of texts as a masked language model has scored them, written as they come.

    predictions.json    {"dev.txt:17": {"masked": 25, "right": 11, "loss": 2.41}, …}

A text's id is its file and its number there.
"""
from typing import Any, Callable, ContextManager, Dict

from bert_nq.base.json_object import file_by_id

Write = Callable[[Dict[str, Any]], None]

FIELDS = ("masked", "right", "loss")


def predictions(path: str, predictor: Dict[str, Any]) -> ContextManager[Write]:
    """Gives a function that takes the entries of a decoder; the file is written or replaced when
    the block ends.

    Args:
      path: of the predictions.
      predictor: what made the entries; the format has no place for it.
    """
    del predictor
    return file_by_id(path, lambda entry: {name: entry[name] for name in FIELDS})
