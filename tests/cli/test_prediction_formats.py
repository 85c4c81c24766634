"""The formats of predictions."""
import gzip

import pytest

from bert_nq.cli import prediction_formats


@pytest.mark.parametrize("text, expected", [
    ('{"56be4db0": "red", "56be4db1": ""}', "squad"), (' {"x" : "red"', "squad"),
    ('{"predictions": []}', "nq"), ('{"predictor": null, "predictions": []}', "nq"),
    ('{"predictor": "x"}', "nq"), ('{"made by": {"x": 1}, "predictions": []}', "nq"),
    ("{}", "nq"), ("[]", "nq"), ("", "nq"), ("{", "nq"), ('{"x": ', "nq")])
def test_the_format_is_seen_from_the_first_key(tmp_path, text, expected):
    path = tmp_path / "predictions.json"
    path.write_text(text)
    assert prediction_formats.format_of(str(path)) == expected
    path.write_bytes(gzip.compress(text.encode("utf8")))
    assert prediction_formats.format_of(str(path)) == expected
