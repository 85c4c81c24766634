"""Rows of single texts, in the packings of BERT and of XLNet."""
import numpy as np
import pytest

from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.classification.reading import Example
from bert_nq.features import packing, text_rows
from bert_nq.features.featurizer import Pieces
from bert_nq.features.packing import BERT, XLNET
from bert_nq.features.text_options import TextRowOptions
from bert_nq.features.text_rows import RowMaker
from bert_nq.text.vocabulary import Vocabulary
from bert_nq.text.wordpiece import WordPieceTokenizer

VOCABULARY = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "an", "old", "town"])
PIECES = Pieces(8, cls=2, sep=3)


def maker(order=BERT, length=6):
    return RowMaker(WordPieceTokenizer(VOCABULARY), VOCABULARY,
                    TextRowOptions(max_seq_length=length, labels="no,yes"), order)


def example(text="an old town", label="yes"):
    return Example(9, "a", text, label, "a.jsonl, text 1")


def lists(columns):
    return {name: np.asarray(values).astype(int).tolist() for name, values in columns.items()}


def test_a_row_of_bert():
    made = maker().training(example())
    assert lists(made.rows.columns()) == {
        "unique_ids": [9], "input_ids": [[2, 5, 6, 7, 3, 0]], "input_mask": [[1, 1, 1, 1, 1, 0]],
        "segment_ids": [[0] * 6], "label_ids": [1]}
    assert (made.total, made.rows.indexes.tolist(), made.rows.lengths.tolist()) == (1, [0], [5])
    assert text_rows.label_counts(made.counts) == {"yes": 1}


def test_a_row_of_xlnet_without_a_label():
    made = maker(XLNET).prediction(example(label=None))
    assert lists(made.rows.columns()) == {
        "unique_ids": [9], "input_ids": [[5, 6, 7, 3, 2, 0]], "input_mask": [[1, 1, 1, 1, 1, 0]],
        "segment_ids": [[0, 0, 0, 0, 2, 3]]}


@pytest.mark.parametrize("order, ids", [(BERT, [2, 5, 6, 3]), (XLNET, [5, 6, 3, 2])])
def test_of_a_long_text_the_first_pieces_are_kept(order, ids):
    made = maker(order, length=4).training(example("an old town town"))
    assert lists(made.rows.columns())["input_ids"] == [ids]
    assert made.counts["cut"] == 1
    assert maker(order, length=4).training(example("an old")).counts["cut"] == 0


def test_what_has_no_row():
    with pytest.raises(BadExampleError, match="a.jsonl, text 1: the label 'maybe' is none of the "
                                              "model's, no, yes"):
        maker().training(example(label="maybe"))
    with pytest.raises(BadExampleError, match="text 1: the text has no wordpieces"):
        maker().prediction(example("\u200b"))
    with pytest.raises(UserError, match="at least 3"):
        maker(length=2)


@pytest.mark.parametrize("order", [BERT, XLNET])
def test_rows_keep_the_rules(order):
    columns = maker(order).training(example()).rows.columns()
    assert not any(rule.is_broken.any() for rule in text_rows.check(columns, PIECES))


@pytest.mark.parametrize("name, values, fault", [
    ("input_mask", [1, 0, 1, 1, 1, 0], "input_mask is not ones for wordpieces"),
    ("segment_ids", [0, 1, 0, 0, 0, 0], "segment_ids are not those of one text in the order of "
                                        "bert"),
    ("input_ids", [2, 5, 6, 7, 3, 4], "the padding has other ids"),
    ("input_ids", [5, 5, 6, 7, 3, 0], "around the text are the wordpieces [5, 3] and not [2, 3]"),
    ("input_ids", [2, 5, 6, 7, 7, 0], "around the text are the wordpieces [2, 7] and not [2, 3]"),
    ("input_mask", [0] * 6, "input_mask is not ones"),
])
def test_rows_that_break_a_rule(name, values, fault):
    columns = maker().training(example()).rows.columns()
    columns[name] = np.array([values])
    broken = [rule for rule in text_rows.check(columns, PIECES) if rule.is_broken[0]]
    assert fault in broken[0].explain(0)
    for rule in broken:
        rule.explain(0)


def test_segments_tell_the_packing():
    columns = maker(XLNET).training(example()).rows.columns()
    assert packing.packing_of(columns) is XLNET
