"""Labels and their probabilities, of logits by hand."""
import math

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.classification.reading import Example
from bert_nq.decoding import classes
from bert_nq.modeling.heads.class_outputs import ClassOutputs

EXAMPLE = Example(9, "a", "a text", None, "a.jsonl, text 1")


def test_the_likeliest_label_comes_first():
    decoder = classes.make_decoder("classes", {"labels": "x,y,z"})
    outputs = ClassOutputs(np.array([[math.log(3), math.log(6), math.log(3)]], np.float32))
    entry, nbest = decoder.both(EXAMPLE, None, outputs)
    assert entry == {"example_id": 9, "id": "a", "label": "y",
                     "probability": pytest.approx(0.5)}
    assert [c["label"] for c in nbest["labels"]] == ["y", "x", "z"]
    assert [c["probability"] for c in nbest["labels"]] == pytest.approx([0.5, 0.25, 0.25])
    assert decoder.decode(EXAMPLE, None, outputs) == entry
    assert decoder.nbest(EXAMPLE, None, outputs) == nbest
    assert decoder.describe() == {"decoder": "classes", "options": {"labels": "x,y,z"}}


def test_large_logits():
    decoder = classes.make_decoder("classes", {"labels": "x,y"})
    entry = decoder.decode(EXAMPLE, None, ClassOutputs(np.array([[1e30, -1e30]], np.float32)))
    assert entry["probability"] == 1.0


def test_labels_are_wanted():
    with pytest.raises(UserError, match="labels"):
        classes.make_decoder("classes", {})
