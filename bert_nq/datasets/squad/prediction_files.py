"""SQuAD's files of predictions, written as answers come.

    predictions.json         {id: text}
    null_odds.json           {id: odds that there is no answer}, of version 2.0
    nbest_predictions.json   {id: [{"text": ..., "probability": ..., ...}, ...]}
"""
import contextlib
import json
import os
from typing import Any, Callable, Dict, Iterator

from bert_nq.base import files

Write = Callable[[Dict[str, Any]], None]

# json is several times as fast without `indent`: line breaks come in as a part of the separator.
_encode = json.JSONEncoder(separators=(",\n            ", ": ")).encode


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
        write_text = stack.enter_context(_json_object(path))
        write_odds = None
        if predictor["options"].get("version_2_with_negative"):
            write_odds = stack.enter_context(_json_object(null_odds_path(path)))

        def write(entry: Dict[str, Any]) -> None:
            write_text(entry["id"], entry["text"])
            if write_odds:
                write_odds(entry["id"], entry["null_odds"])

        yield write
    # Odds of an earlier run are not of these predictions.
    if write_odds is None and not files.is_remote(path):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(null_odds_path(path))


@contextlib.contextmanager
def nbest(path: str, predictor: Dict[str, Any]) -> Iterator[Write]:
    """As `predictions`, for the entries of the n-best file."""
    del predictor
    with _json_object(path) as write:
        yield lambda entry: write(entry["id"], entry["answers"])


@contextlib.contextmanager
def _json_object(path: str) -> Iterator[Callable[[str, Any], None]]:
    """Gives a function that takes the keys and values of a JSON object, indented as the official
    scripts indent it."""
    with files.replacing(path) as out:
        out.write(b"{")
        separator = "\n    "

        def write(key: str, value: Any) -> None:
            nonlocal separator
            out.write(("%s%s: %s" % (separator, json.dumps(key), _indented(value))
                       ).encode("ascii"))
            separator = ",\n    "

        yield write
        out.write(b"}\n" if separator[0] == "\n" else b"\n}\n")


def _indented(value: Any) -> str:
    """The JSON of a text, a number or a list of flat objects, indented by 4 as a member of an
    object."""
    text = _encode(value)
    if not isinstance(value, list) or not value:
        return text
    # Texts have no line breaks of their own in JSON, so these are those of the separator.
    inner = text[2:-2].replace("},\n            {", "\n        },\n        {\n            ")
    return "[\n        {\n            %s\n        }\n    ]" % inner
