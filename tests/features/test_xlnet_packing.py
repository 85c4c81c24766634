"""XLNet's order of windows: document <sep> question <sep> <cls>, for SQuAD and NQ."""
import numpy as np
import pytest

from bert_nq.features import joint_windows, packing, squad_windows
from bert_nq.features.featurizer import Pieces
from bert_nq.features.packing import XLNET

# Two windows of 9: documents of 3 and of 2 pieces, questions of 2.
IDS = np.array([[21, 22, 23, 4, 11, 12, 4, 3, 0], [23, 24, 4, 11, 12, 4, 3, 0, 0]])
MASK = np.array([[1] * 8 + [0], [1] * 7 + [0] * 2])
SEGMENTS = np.array([[0, 0, 0, 0, 1, 1, 1, 2, 3], [0, 0, 0, 1, 1, 1, 2, 3, 3]])


def columns(**changes):
    made = {"input_ids": IDS, "input_mask": MASK, "segment_ids": SEGMENTS,
            "start_positions": np.array([0, 6]), "end_positions": np.array([2, 6]),
            "is_impossible": np.array([0, 0]), "answer_types": np.array([3, 0])}
    return {name: np.array(changes.get(name, value)) for name, value in made.items()}


def faults(check, made):
    rules = list(check(made, Pieces(30, 3, 4, "<cls>", "<sep>")))
    return [[rule.explain(row) for rule in rules if rule.is_broken[row]][:1]
            for row in range(len(IDS))]


def test_the_frame_and_the_segments():
    assert XLNET.frame([11, 12], 3, 4) == ([], [4, 11, 12, 4, 3])
    np.testing.assert_array_equal(XLNET.segment_ids(np.array([8, 7]), 0, 5, 9), SEGMENTS)
    np.testing.assert_array_equal(XLNET.cls_positions(np.array([8, 7])), [7, 6])


@pytest.mark.parametrize("check", [squad_windows.check, joint_windows.check])
def test_right_records_and_wrong_ones(check):
    assert faults(check, columns()) == [[], []]
    assert "is not in the" in faults(check, columns(end_positions=[3, 6]))[0][0]
    wrong = SEGMENTS.copy()
    wrong[0, 3] = 1
    assert faults(check, columns(segment_ids=wrong))[0] == [
        "question and document end with the wordpieces 4 and 23 and not with <sep>, 4"]
    wrong = SEGMENTS.copy()
    wrong[1, 8] = 0
    assert faults(check, columns(segment_ids=wrong))[1] == [
        "segment_ids are not zeros for the document, then ones for the question, 2 for <cls>, then "
        "threes for padding"]
    wrong = IDS.copy()
    wrong[1, 6] = 9
    assert faults(check, columns(input_ids=wrong))[1] == [
        "the last wordpiece is number 9 and not <cls>, 3"]


def test_the_labelled_span():
    rows = [{name: value[row] if value.ndim == 2 else value[row:row + 1]
             for name, value in columns().items()} for row in range(2)]
    assert [squad_windows.labelled_span(row) for row in rows] == [slice(0, 3), None]
    assert packing.num_segments(columns()) == 4


def test_where_the_model_takes_xlnets_order_records_must_have_it():
    mixed = columns()
    mixed["segment_ids"] = SEGMENTS.copy()
    mixed["segment_ids"][1] = [0, 0, 0, 1, 1, 1, 1, 0, 0]  # in BERT's
    rule, = packing.order_rules(mixed, num_segments=4)
    assert rule.is_broken.tolist() == [False, True]
    assert rule.explain(1) == "the window is in BERT's order, and the model takes XLNet's"
    assert rule.remedy == "prepare the records with --packing=xlnet"
    # Another encoder has no segments 2 and 3, which is told by the limit of that feature.
    assert list(packing.order_rules(mixed, num_segments=2)) == []
