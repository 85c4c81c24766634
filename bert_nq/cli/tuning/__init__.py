"""Thresholds fitted to predictions, by the format of these.

A format is a module in this folder with `tune(gold_paths)`, which goes by the flags of
eval/tune_thresholds.py, and a line in FORMATS.
"""
import importlib
from typing import Any

from bert_nq.base import files, inflating
from bert_nq.base.json_stream import JSONStream
from bert_nq.base.json_text import NotJSONError

FORMATS = {
    "nq": "bert_nq.cli.tuning.nq",
    "squad": "bert_nq.cli.tuning.squad",
}

_KEYS = ("predictions", "predictor")  # of a file of Natural Questions


def format_of(path: str) -> str:
    """The format of predictions: "squad" for {id: text}; else "nq", whose reader tells faults.

    Raises:
      UserError: the file cannot be opened, or is a pipe, which cannot be read again.
    """
    files.check_no_pipes([path])
    with files.open_binary(path) as raw:
        stream = JSONStream(inflating.decompressed(raw, path)[0])
        try:
            is_texts = (stream.skip("{") and not stream.skip("}") and stream.key() not in _KEYS
                        and isinstance(stream.value(), str))
        except NotJSONError:
            is_texts = False
    return "squad" if is_texts else "nq"


def tuner(name: str) -> Any:
    """The module of a format."""
    return importlib.import_module(FORMATS[name])
