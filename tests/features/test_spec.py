"""Feature specs, and that of the joint reader."""
import pickle

import numpy as np
import pytest

from bert_nq.features import spec
from bert_nq.features.joint_windows import FEATURIZER, SPEC, labelled_span
from bert_nq.features.spec import Feature

TOY = (Feature("id", "scalar", "key"), Feature("ids", "sequence", "input", "vocabulary"),
       Feature("class", "scalar", "label", 2, ("NO", "YES")),
       Feature("map", "sequence", "decoding"))


def test_features_are_chosen_by_their_roles_in_the_order_of_the_spec():
    assert spec.names(TOY) == ("id", "ids", "class", "map")
    assert spec.of_roles(TOY, "label", "key") == (TOY[0], TOY[2])
    assert spec.names(spec.of_purpose(TOY, "training")) == ("id", "ids", "class")
    assert spec.names(spec.of_purpose(TOY, "prediction")) == ("id", "ids", "map")


@pytest.mark.parametrize("names, purpose", [
    (["id", "ids", "class"], "training"), (["map", "ids", "id"], "prediction"),
    (["id", "ids"], None), (["id", "ids", "class", "map"], None), ([], None)])
def test_the_purpose_of_records(names, purpose):
    assert spec.purpose_of(TOY, names) == purpose


def test_classes_are_counted_by_their_names():
    label = spec.class_label(TOY)
    assert label.name == "class"
    assert spec.class_label(spec.of_purpose(TOY, "prediction")) is None
    assert spec.count_classes(label, np.array([1, 0, 1])) == {"NO": 1, "YES": 2}
    assert spec.count_classes(label, np.array([1])) == {"YES": 1}
    assert spec.count_classes(label, np.array([], np.int64)) == {}


def test_the_joint_readers_features_are_those_of_bert_joint():
    assert spec.names(spec.of_purpose(SPEC, "training")) == (
        "unique_ids", "input_ids", "input_mask", "segment_ids", "start_positions", "end_positions",
        "answer_types")
    assert spec.names(spec.of_purpose(SPEC, "prediction")) == (
        "unique_ids", "input_ids", "input_mask", "segment_ids", "token_map")
    assert spec.class_label(SPEC).classes == ("UNKNOWN", "YES", "NO", "SHORT", "LONG")


def test_a_featurizer_goes_to_other_processes():
    assert pickle.loads(pickle.dumps(FEATURIZER)) == FEATURIZER


@pytest.mark.parametrize("start, last, answer_type, span", [
    (3, 4, 3, slice(3, 5)), (5, 5, 4, slice(5, 6)), (0, 0, 0, None), (3, 4, 0, None),
    (4, 3, 3, None), (3, 6, 3, None), (-1, 2, 3, None)])
def test_the_labelled_span(start, last, answer_type, span):
    features = {"input_mask": np.array([1] * 6 + [0] * 2), "start_positions": np.array([start]),
                "end_positions": np.array([last]), "answer_types": np.array([answer_type])}
    assert labelled_span(features) == span
