"""Thresholds fitted to predictions, by the format of these.

A format, one of cli.prediction_formats, is a module in this folder with `tune(gold_paths)`, which
goes by the flags of eval/tune_thresholds.py, and a line in FORMATS.
"""
import importlib
from typing import Any

FORMATS = {
    "nq": "bert_nq.cli.tuning.nq",
    "squad": "bert_nq.cli.tuning.squad",
}


def tuner(name: str) -> Any:
    """The module of a format."""
    return importlib.import_module(FORMATS[name])
