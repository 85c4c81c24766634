"""The formats of predictions that thresholds are fitted to."""
import gzip
import importlib

import pytest

from bert_nq.cli import tuning


@pytest.mark.parametrize("text, expected", [
    ('{"56be4db0": "red", "56be4db1": ""}', "squad"), (' {"x" : "red"', "squad"),
    ('{"predictions": []}', "nq"), ('{"predictor": null, "predictions": []}', "nq"),
    ('{"predictor": "x"}', "nq"), ('{"made by": {"x": 1}, "predictions": []}', "nq"),
    ("{}", "nq"), ("[]", "nq"), ("", "nq"), ("{", "nq"), ('{"x": ', "nq")])
def test_the_format_is_seen_from_the_first_key(tmp_path, text, expected):
    path = tmp_path / "predictions.json"
    path.write_text(text)
    assert tuning.format_of(str(path)) == expected
    path.write_bytes(gzip.compress(text.encode("utf8")))
    assert tuning.format_of(str(path)) == expected


def test_each_format_has_its_module():
    for name in tuning.FORMATS:
        assert callable(importlib.import_module(tuning.FORMATS[name]).tune)
        assert tuning.tuner(name) is importlib.import_module(tuning.FORMATS[name])
