"""Blocks of texts: how they are cut, and what is hidden in them."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.corpus.example import Example
from bert_nq.features import blocks, maskings
from bert_nq.features.block_options import BlockOptions
from bert_nq.features.blocks import BlockMaker
from bert_nq.features.featurizer import Pieces
from bert_nq.features.packing import BERT, XLNET
from bert_nq.text.vocabulary import Vocabulary
from bert_nq.text.wordpiece import WordPieceTokenizer

WORDS = ["an", "old", "town", "by", "the", "river"]
VOCABULARY = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + WORDS)
PIECES = Pieces(len(VOCABULARY), cls=2, sep=3)


def maker(order=BERT, **options):
    options.setdefault("max_seq_length", 6)
    return BlockMaker(WordPieceTokenizer(VOCABULARY), VOCABULARY, BlockOptions(**options), order)


def example(*contexts, example_id=9):
    return Example(example_id, "a.txt:1", contexts, "a.txt, text 1")


@pytest.mark.parametrize("number, kept, left_out", [
    (0, [], 0), (1, [1], 0), (3, [3], 0), (4, [4], 0), (5, [4], 1), (8, [4, 4], 0),
    (11, [4, 4], 3)])
def test_a_shorter_block_is_kept_where_there_is_no_full_one(number, kept, left_out):
    pieces = list(range(number))
    found = blocks.cut(pieces, 4, False)
    assert list(map(len, found)) == kept
    assert sum(found, []) == pieces[:number - left_out]
    assert sum(blocks.cut(pieces, 4, True), []) == pieces


def test_rows_by_hand():
    made = maker(passes=1, masking_rate=0.5).training(example("an old town by the river", "an old"))
    columns = made.rows.columns()
    # Of six pieces with [CLS] and [SEP] three are hidden, of four two; the river is left out.
    assert columns["masked_lm_ids"].tolist() == [[2, 5, 6, 7, 8, 3], [2, 5, 6, 3, 0, 0]]
    assert columns["input_mask"].tolist() == [[1] * 6, [1, 1, 1, 1, 0, 0]]
    assert columns["segment_ids"].tolist() == [[0] * 6] * 2
    assert columns["unique_ids"].tolist() == [9, 9]
    is_masked = columns["masked_lm_weights"]
    assert is_masked.sum(axis=1).tolist() == [3, 2]
    assert not is_masked[:, 0].any() and not is_masked[0, 5] and not is_masked[1, 3:].any()
    np.testing.assert_array_equal(columns["input_ids"][~is_masked],
                                  columns["masked_lm_ids"][~is_masked])
    assert dict(made.counts) == {"contexts": 2, "blocks": 2, "pieces": 6, "left_out": 2,
                                 "hidden": 5}
    assert made.passes.numbers.tolist() == [0, 0] and made.total == 2
    assert made.rows.lengths.tolist() == [6, 4]


def test_in_the_order_of_xlnet():
    columns = maker(XLNET, passes=1).training(example("an old town")).rows.columns()
    assert columns["masked_lm_ids"].tolist() == [[5, 6, 7, 3, 2, 0]]
    assert columns["segment_ids"].tolist() == [[0, 0, 0, 0, 2, 3]]
    assert not columns["masked_lm_weights"][0, 3:].any()


def long_text(seed, number=40):
    return " ".join(np.random.RandomState(seed).choice(WORDS, number))


def test_each_pass_has_masks_of_its_own():
    made = maker(passes=3, max_seq_length=22, masking_rate=0.3).training(example(long_text(0)))
    assert made.passes.numbers.tolist() == [0, 1, 2, 0, 1, 2] and made.passes.total == 3
    assert made.rows.indexes.tolist() == list(range(6))
    hidden = [np.flatnonzero(row).tolist() for row in made.rows.is_masked]
    assert len(set(map(tuple, hidden))) == 6
    assert set(map(len, hidden)) == {6}
    for row in (0, 3):
        assert (made.rows.masked_ids[row:row + 3] == made.rows.masked_ids[row]).all()


def test_masks_follow_from_seed_text_and_pass_alone():
    texts = [example(long_text(i), example_id=i) for i in range(4)]

    def rows(options, order):
        made = maker(max_seq_length=22, **options)
        return {i: made.training(texts[i]).rows.input_ids for i in order}

    one, other = rows({"passes": 2}, range(4)), rows({"passes": 2}, [3, 1, 2, 0])
    for i in range(4):
        np.testing.assert_array_equal(one[i], other[i])
    # More passes leave the first ones as they are.
    np.testing.assert_array_equal(rows({"passes": 3}, [1])[1][[0, 1, 3, 4]], one[1])
    assert (rows({"passes": 2, "seed": 1}, [0])[0] != one[0]).any()


@pytest.mark.parametrize("masking", [name for name in maskings.MASKINGS if name != "entity"])
def test_held_out_blocks_have_the_same_masks_whatever_the_masking(masking):
    text = example(long_text(1))
    made = maker(masking=masking, max_seq_length=22).prediction(text)
    plain = maker(masking="random", max_seq_length=22).prediction(text)
    assert made.total == 2
    np.testing.assert_array_equal(made.rows.input_ids, plain.rows.input_ids)
    trained = maker(masking=masking, max_seq_length=22).training(text)
    assert trained.rows.is_masked.sum() == 3 * made.rows.is_masked.sum()


def test_entities_are_found_in_the_text(monkeypatch):
    monkeypatch.setattr(blocks.entities, "open_model",
                        lambda model: lambda text: [(text.index("town"), text.index("town") + 4)])
    made = maker(masking="entity", passes=4, masking_rate=0.3).training(
        example("an old town by the river", "town by"))
    assert made.rows.is_masked[:4].tolist() == [[False, False, False, True, False, False]] * 4
    assert made.rows.is_masked[4:].tolist() == [[False, True] + [False] * 4] * 4


def test_what_has_no_block():
    with pytest.raises(BadExampleError, match="a.txt, text 1: the text has no wordpieces"):
        maker().training(example("\u200b"))
    for options, fault in (({"max_seq_length": 2}, "at least 3"), ({"masking_rate": 0.0}, "above"),
                           ({"masking_rate": 1.5}, "at most 1"), ({"passes": 0}, "passes must be"),
                           ({"masking": "none"}, "there is no masking 'none'")):
        with pytest.raises(UserError, match=fault):
            maker(**options)


@given(st.lists(st.sampled_from(WORDS + ["unknown", " ", "\u200b"]), min_size=1, max_size=60),
       st.sampled_from([BERT, XLNET]), st.sampled_from(sorted(set(maskings.MASKINGS) - {"entity"})),
       st.integers(3, 30), st.booleans())
def test_rows_keep_the_rules(words, order, masking, length, keep_remainders):
    made = maker(order, masking=masking, max_seq_length=length, passes=2,
                 keep_remainders=keep_remainders)
    try:
        rows = made.training(example(" ".join(words))).rows
    except BadExampleError:
        return
    columns = rows.columns()
    assert not any(rule.is_broken.any() for rule in blocks.check(columns, PIECES))
    # Every block of a size has as many hidden pieces.
    hidden = columns["masked_lm_weights"].sum(axis=1)
    assert hidden.tolist() == [maskings.budget(n, n - 2, 0.15) for n in rows.lengths]


@pytest.mark.parametrize("name, place, value, fault", [
    ("input_mask", 2, 0, "input_mask is not ones for wordpieces, then zeros for padding"),
    ("masked_lm_weights", slice(None), 0, "no piece of it is hidden"),
    ("masked_lm_weights", 5, 1, "padding is to be told"),
    ("masked_lm_ids", slice(1, 4), 9, "a piece that is not hidden is another one in masked_lm_ids"),
])
def test_rows_that_break_a_rule(name, place, value, fault):
    columns = maker(passes=1).training(example("an old town")).rows.columns()
    columns = {key: values.astype(np.int64) for key, values in columns.items()}
    columns[name][0, place] = value
    broken = [rule for rule in blocks.check(columns, PIECES) if rule.is_broken[0]]
    assert fault in [rule.explain(0) for rule in broken]
