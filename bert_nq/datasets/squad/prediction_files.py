"""SQuAD's files of predictions, written as answers come.

    predictions.json         {id: text}
    null_odds.json           {id: odds that there is no answer}, of version 2.0
    nbest_predictions.json   {id: [{"text": ..., "probability": ..., ...}, ...]}
"""
import contextlib
import os
from typing import Any, Callable, ContextManager, Dict, Iterator

from bert_nq.base import files
from bert_nq.base.json_object import file_by_id, json_object

Write = Callable[[Dict[str, Any]], None]


def null_odds_path(path: str) -> str:
    """The file of odds beside predictions: of out/dev_predictions.json, out/dev_null_odds.json."""
    folder, name = os.path.split(path)
    stem, extension = os.path.splitext(name)
    if "predictions" in stem:
        stem = stem.replace("predictions", "null_odds")
    else:
        stem += "_null_odds"
    return os.path.join(folder, stem + (extension or ".json"))


@contextlib.contextmanager
def predictions(path: str, predictor: Dict[str, Any]) -> Iterator[Write]:
    """Gives a function that takes the entries of a decoder; the files are written or replaced when
    the block ends.

    Args:
      path: of the predictions.
      predictor: what made the entries; with version_2_with_negative there are odds as well. The
        official format has no place for it.
    """
    with contextlib.ExitStack() as stack:
        write_text = stack.enter_context(json_object(path))
        write_odds = None
        if predictor["options"].get("version_2_with_negative"):
            write_odds = stack.enter_context(json_object(null_odds_path(path)))

        def write(entry: Dict[str, Any]) -> None:
            write_text(entry["id"], entry["text"])
            if write_odds:
                write_odds(entry["id"], entry["null_odds"])

        yield write
    # Odds of an earlier run are not of these predictions.
    if write_odds is None and not files.is_remote(path):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(null_odds_path(path))


def nbest(path: str, predictor: Dict[str, Any]) -> ContextManager[Write]:
    """As `predictions`, for the entries of the n-best file."""
    del predictor
    return file_by_id(path, lambda entry: entry["answers"])
