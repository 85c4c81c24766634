"""Which scores decide and are shown."""
import pytest

from bert_nq.scoring.measure import Measure
from bert_nq.scoring.nq import measures
from bert_nq.scoring.nq.measure import MEASURE


def test_keys_of_choices():
    assert MEASURE.keys("long") == ("long-best-threshold-f1",)
    assert MEASURE.keys("short") == ("short-best-threshold-f1",)
    assert MEASURE.keys() == MEASURE.keys("both") == MEASURE.keys("long") + MEASURE.keys("short")
    assert set(MEASURE.keys()) <= set(measures.metrics([], []))
    with pytest.raises(ValueError, match="unknown metric 'f1'"):
        MEASURE.keys("f1")


def test_lines_and_pictures():
    scores = {"long-best-threshold-f1": 0.41249, "short-best-threshold-f1": 0.3}
    assert MEASURE.line(scores) == "long F1 0.412, short F1 0.300"
    assert MEASURE.drawn() == (("long-best-threshold-f1", "long answer"),
                               ("short-best-threshold-f1", "short answer"))
    plain = Measure({"accuracy": ("acc",)}, "accuracy", (("acc", "accuracy"),))
    assert (plain.keys(), plain.line({"acc": 1}), plain.drawn()) == (
        ("acc",), "accuracy 1.000", (("acc", "accuracy"),))
