"""Maskings: as many pieces as the budget says, none of them special, those that each wants."""
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.features import maskings
from bert_nq.features.maskings import Block, span, words
from bert_nq.features.maskings.masker import Masker
from bert_nq.text.vocabulary import Vocabulary
from tests.support import piece_models

TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "river", "##s", "##ide", ",", "."]
VOCABULARY = Vocabulary(TOKENS)
PAD, UNK, CLS, SEP, MASK, THE, RIVER, S, IDE, COMMA, DOT = range(11)
SPECIAL = (PAD, CLS, SEP, MASK)

names = st.sampled_from(sorted(maskings.MASKINGS))
seeds = st.integers(0, 2 ** 32 - 1)


def block(ids, is_entity=()):
    ids = np.array(ids)
    begins = np.array([not TOKENS[i].startswith("##") for i in ids])
    begins[0] = True
    return Block(ids, begins, np.array([TOKENS[i] in string.punctuation for i in ids]),
                 np.array([i in is_entity for i in range(len(ids))]))


def chosen(name, ids, k, seed=0, is_entity=()):
    return maskings.find(name).choose(block(ids, is_entity), k, np.random.RandomState(seed))


def masker(name="random", rate=0.15):
    return Masker(VOCABULARY, maskings.find(name), rate)


@pytest.mark.parametrize("pieces, maskable, rate, k", [
    # 0.45 and 0.9 are less than one; 76.8 and 12.8 are cut off.
    (3, 1, 0.15, 1), (6, 4, 0.15, 1), (7, 5, 0.15, 1), (14, 12, 0.15, 2), (512, 510, 0.15, 76),
    (256, 254, 0.05, 12),
    (100, 98, 0.29, 29),  # 28.999999999999996 in binary
    (10, 8, 1.0, 8), (6, 1, 0.5, 1)])  # no more than may be hidden
def test_the_budget_by_hand(pieces, maskable, rate, k):
    assert maskings.budget(pieces, maskable, rate) == k


def test_of_special_tokens_alone_nothing_is_hidden():
    with pytest.raises(ValueError, match="special tokens alone"):
        maskings.budget(2, 0, 0.05)


@given(names, st.lists(st.integers(5, 10), min_size=1, max_size=80), st.floats(0.01, 1), seeds,
       st.sets(st.integers(0, 79)))
def test_all_choose_as_many_as_the_budget(name, ids, rate, seed, is_entity):
    k = maskings.budget(len(ids), len(ids), rate)
    found = chosen(name, ids, k, seed, is_entity)
    assert found.positions.tolist() == sorted(set(found.positions.tolist()))
    assert len(found.positions) == k
    assert found.positions[0] >= 0 and found.positions[-1] < len(ids)
    again = chosen(name, ids, k, seed, is_entity)
    np.testing.assert_array_equal(found.positions, again.positions)
    # Of whole words one alone may be cut; of spans the last words that fill the budget.
    if name in ("whole_word", "entity"):
        hidden = set(found.positions.tolist())
        parts = [len(hidden & set(range(*word))) for word in words.words_of(block(ids))]
        sizes = [end - start for start, end in words.words_of(block(ids))]
        assert sum(0 < part < size for part, size in zip(parts, sizes)) <= 1


@given(names, st.lists(st.integers(0, 10), max_size=60), st.floats(0.01, 1), seeds)
def test_special_tokens_stay_and_budgets_are_equal(name, ids, rate, seed):
    ids = np.array(ids, np.int32)
    before = ids.copy()
    hide = masker(name, rate)
    masked = hide(ids, np.random.RandomState(seed), np.zeros(len(ids), bool))
    np.testing.assert_array_equal(ids, before)
    maskable = int(np.count_nonzero(~np.isin(ids, SPECIAL)))
    assert len(masked.positions) == (maskings.budget(
        np.count_nonzero(ids != PAD), maskable, rate) if maskable else 0)
    assert not np.isin(masked.labels, SPECIAL).any()
    np.testing.assert_array_equal(masked.labels, ids[masked.positions])
    rest = np.setdiff1d(np.arange(len(ids)), masked.positions)
    np.testing.assert_array_equal(masked.ids[rest], ids[rest])
    # Another piece is none that ends or fills up a text.
    assert np.isin(masked.ids[masked.positions], SPECIAL[:3]).sum() == 0


def test_words_that_do_not_fit_are_passed_over_and_the_first_of_them_fills_the_budget():
    # the | river ##s ##ide | the: of four the first three words are 1, 3 and 1 pieces.
    found = [(0, 1), (1, 4), (4, 5)]
    assert words.fill(found, 4).positions.tolist() == [0, 1, 2, 3]
    assert words.fill(found, 2).positions.tolist() == [0, 4]  # ##s and ##ide would overflow
    # Where nothing else is left, a word is cut.
    assert words.fill(found, 3).positions.tolist() == [0, 1, 4]
    assert words.fill(found[1:2], 2).positions.tolist() == [1, 2]


def test_punctuation_comes_first():
    ids = [THE, COMMA, RIVER, S, DOT, THE, COMMA]
    for seed in range(10):
        assert set(chosen("punctuation", ids, 2, seed).positions) < {1, 4, 6}
        assert set(chosen("punctuation", ids, 4, seed).positions) > {1, 4, 6}
    assert len({tuple(chosen("punctuation", ids, 2, seed).positions) for seed in range(20)}) == 3


def test_words_of_entities_come_first():
    ids = [THE, RIVER, S, THE, RIVER, IDE, DOT]
    for seed in range(10):
        # A piece of an entity makes its word one.
        assert chosen("entity", ids, 2, seed, {2}).positions.tolist() == [1, 2]
        assert set(chosen("entity", ids, 3, seed, {2, 6}).positions) == {1, 2, 6}
        assert set(chosen("entity", ids, 4, seed, {2, 6}).positions) > {1, 2, 6}


def test_spans_are_of_whole_words_and_have_one_draw_each():
    ids = ([THE, RIVER, S, IDE] * 40)[:150]
    found = chosen("span", ids, 40)
    begins = block(ids).begins
    for number in set(found.groups):
        places = found.positions[found.groups == number]
        assert (np.diff(places) == 1).all()
        end = places[-1] + 1
        # The last one alone may be cut.
        assert begins[places[0]] and (end == len(ids) or begins[end]
                                      or number == found.groups.max())
        assert np.count_nonzero(begins[places]) <= 10
    assert len(set(found.groups)) < 25


def test_lengths_of_spans():
    """One word with a chance of 0.2, two with 0.16; the mean of ten at most is
    (1 - 0.8 ** 10) / 0.2 = 4.46."""
    ids = [THE] * 10000
    lengths = np.concatenate([np.bincount(chosen("span", ids, 400, seed).groups)
                              for seed in range(20)])
    assert np.mean(lengths == 1) == pytest.approx(0.2, abs=0.05)
    assert np.mean(lengths) == pytest.approx(4.46, abs=0.3)
    assert lengths.max() == 10


def test_a_span_that_finds_no_room_is_cut(monkeypatch):
    # One word of five pieces, of which two are to be hidden: no span fits.
    found = chosen("span", [RIVER, S, S, S, IDE], 2)
    assert found.positions.tolist() == [0, 1]
    monkeypatch.setattr(span, "_TRIES", 0)
    assert len(chosen("span", [THE] * 20, 20).positions) == 20


class Fixed:
    """In place of random numbers: the same draws for all."""

    def __init__(self, kinds):
        self._kinds = kinds

    def permutation(self, n):
        return np.arange(n)

    def random_sample(self, n):
        return np.array(self._kinds[:n])

    def randint(self, low, high, n):
        assert (low, high) == (0, 7)  # the pieces that are not special
        return np.full(n, 2)


@pytest.mark.parametrize("kind, expected", [
    (0.0, MASK), (0.79, MASK), (0.81, RIVER), (0.89, RIVER), (0.91, THE), (0.999, THE)])
def test_a_hidden_piece_is_the_mask_or_another_or_itself(kind, expected):
    found = masker(rate=1.0)(np.array([CLS, THE, SEP]), Fixed([kind]))
    assert found.ids.tolist() == [CLS, expected, SEP]


def test_pieces_of_a_group_share_their_draw():
    def choose(found, k, random):
        return maskings.Chosen(np.arange(4), np.array([0, 0, 1, 1]))

    hide = Masker(VOCABULARY, maskings.Masking(choose), 1.0)
    found = hide(np.array([CLS, THE, THE, THE, THE, SEP]), Fixed([0.1, 0.85]))
    assert found.ids.tolist() == [CLS, MASK, MASK, RIVER, RIVER, SEP]


def test_shares_of_masks_of_other_pieces_and_of_pieces_left():
    found = masker(rate=1.0)(np.full(20000, THE), np.random.RandomState(0))
    # A seventh of the random pieces is the one that was there.
    assert (found.ids == MASK).mean() == pytest.approx(0.8, abs=0.01)
    assert (found.ids == THE).mean() == pytest.approx(0.1 + 0.1 / 7, abs=0.01)


def test_what_follows_a_special_token_begins_a_word():
    # S is the second piece of no word here.
    found = masker("whole_word", 0.3)(np.array([CLS, S, SEP, S, SEP]), Fixed([0.0]))
    assert found.positions.tolist() == [1]


@pytest.mark.parametrize("family", ["albert", "xlnet"])
def test_pieces_of_sentencepiece(family):
    vocabulary = piece_models.vocabulary(family, ("\u2581un", "able", "\u2581", ",", "\u2581,"))
    hide = Masker(vocabulary, maskings.find("punctuation"), 0.4)
    special = vocabulary.specials
    tokens = [special.cls, "\u2581un", "able", ",", "\u2581,", special.sep]
    found = hide(np.array([vocabulary.ids[token] for token in tokens]), np.random.RandomState(0))
    assert found.positions.tolist() == [3, 4]
    whole = Masker(vocabulary, maskings.find("whole_word"), 1.0)._block(
        np.array([vocabulary.ids[token] for token in tokens]), np.array([1, 2, 3, 4]), None)
    assert whole.begins.tolist() == [True, False, False, True]


def test_what_cannot_be():
    with pytest.raises(UserError, match="no masking 'policies': choose one of random, whole_word"):
        maskings.find("policies")
    with pytest.raises(UserError, match=r"^the vocabulary has no \[MASK\]"):
        Masker(Vocabulary(TOKENS[:4]), maskings.find("random"), 0.15)
