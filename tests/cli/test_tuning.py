"""The formats of predictions that thresholds are fitted to."""
import importlib

from bert_nq.cli import tuning


def test_each_format_has_its_module():
    for name in tuning.FORMATS:
        assert callable(importlib.import_module(tuning.FORMATS[name]).tune)
        assert tuning.tuner(name) is importlib.import_module(tuning.FORMATS[name])
