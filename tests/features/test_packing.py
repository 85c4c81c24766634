"""The rules of two texts packed into one sequence: which records break them, and how."""
import numpy as np
import pytest

from bert_nq.features import packing
from bert_nq.features.featurizer import Pieces
from tests.support.tiny_nq import WINDOWS

# The windows of tiny_nq: [CLS] is 101, [SEP] 102; 3 pieces of the question, 7 and 5 in all, S = 8.
PIECES = Pieces(50000, 101, 102)


def broken(pieces=PIECES, **changes):
    """{row: text} of the first rule that each of the two windows breaks.

    changes: {feature: (row, place, value)}.
    """
    columns = {name: WINDOWS.columns()[name].astype(np.int64)
               for name in ("input_ids", "input_mask", "segment_ids")}
    for name, (row, place, value) in changes.items():
        columns[name][row, place] = value
    found = {}
    for rule in packing.rules(columns, packing.layout_of(columns), pieces):
        assert rule.is_broken.shape == (2,)
        for row in np.flatnonzero(rule.is_broken).tolist():
            found.setdefault(row, rule.explain(row))
    return found


def test_the_layout():
    layout = packing.layout_of(WINDOWS.columns())
    assert layout.lengths.tolist() == [7, 5]
    assert layout.document_starts.tolist() == [3, 3]
    assert layout.document_ends.tolist() == [6, 4] and layout.cls.tolist() == [0, 0]
    assert layout.segments.astype(int).tolist() == [[0, 0, 0, 1, 1, 1, 1, 0],
                                                     [0, 0, 0, 1, 1, 0, 0, 0]]
    assert layout.in_document().astype(int).tolist() == [[0, 0, 0, 1, 1, 1, 0, 0],
                                                         [0, 0, 0, 1, 0, 0, 0, 0]]


@pytest.mark.parametrize("pieces", [PIECES, Pieces()])
def test_windows_keep_all_rules(pieces):
    assert broken(pieces) == {}


@pytest.mark.parametrize("changes, row, start", [
    (dict(input_mask=(0, 2, 0)), 0, "input_mask is not ones"),
    (dict(input_mask=(1, 2, 2)), 1, "input_mask is not ones"),
    (dict(segment_ids=(1, 1, 1)), 1, "segment_ids are not zeros"),
    (dict(segment_ids=(0, 5, -1)), 0, "segment_ids are not zeros"),
    (dict(input_ids=(1, 6, 9)), 1, "the padding has other ids than 0"),
    (dict(input_ids=(0, 0, 9)), 0, "the first wordpiece is number 9 and not [CLS], 101"),
    (dict(input_ids=(0, 2, 9)), 0, "question and document end with the wordpieces 9 and 102 and "
     "not with [SEP], 102"),
    (dict(input_ids=(1, 4, 9)), 1, "question and document end with the wordpieces 102 and 9 and "
     "not with [SEP], 102"),
])
def test_one_window_breaks_a_rule_and_the_other_none(changes, row, start):
    found = broken(**changes)
    assert list(found) == [row]
    assert found[row].startswith(start)


def test_without_a_vocabulary_the_two_ends_are_compared():
    assert broken(Pieces(), input_ids=(0, 0, 9)) == {}
    assert broken(Pieces(), input_ids=(0, 2, 9)) == {
        0: "question and document end with the wordpieces 9 and 102: one is no separator"}


@pytest.mark.parametrize("mask, segments", [(0, 0), (0, 1), (1, 0), (1, 1), (-5, 2 ** 62)])
def test_no_numbers_make_the_rules_fail(mask, segments):
    columns = {"input_ids": np.full([3, 4], -2 ** 63), "input_mask": np.full([3, 4], mask),
               "segment_ids": np.full([3, 4], segments)}
    layout = packing.layout_of(columns)
    found = list(packing.rules(columns, layout, PIECES))
    assert np.any([rule.is_broken for rule in found], axis=0).all()
    for rule in found:
        assert rule.explain(0)
