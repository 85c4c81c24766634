"""Whole words hidden: which, how many, and by what."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.base.piece_model import USER_DEFINED, Piece
from bert_nq.features.masking import MaskingOptions, WordMasker
from bert_nq.text.vocabulary import Vocabulary
from tests.support import piece_models

TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "river", "##s", "##ide", "runs"]
VOCABULARY = Vocabulary(TOKENS)
PAD, UNK, CLS, SEP, MASK, THE, RIVER, S, IDE, RUNS = range(10)


class AllAtOnce:
    """In place of random numbers: words in their order, and the same draws for all pieces."""

    def __init__(self, kind, other=RUNS):
        self._kind, self._other = kind, other

    def permutation(self, n):
        return np.arange(n)

    def random_sample(self, n):
        return np.full(n, self._kind)

    def randint(self, low, high, n):
        assert (low, high) == (0, 10)
        return np.full(n, self._other)


def masked(ids, most, kind=0.0, share=1.0):
    return WordMasker(VOCABULARY, MaskingOptions(share, most))(np.array(ids), AllAtOnce(kind))


def test_words_that_do_not_fit_are_passed_over_and_shorter_ones_taken():
    # Words: the | river ##s ##ide | runs | the. Of three pieces the first takes one; the second
    # would overflow; the others take two.
    ids = [CLS, THE, RIVER, S, IDE, RUNS, THE, SEP, PAD, PAD]
    found = masked(ids, most=3)
    assert found.positions.tolist() == [1, 5, 6]
    assert found.labels.tolist() == [THE, RUNS, THE]
    assert found.ids.tolist() == [CLS, MASK, RIVER, S, IDE, MASK, MASK, SEP, PAD, PAD]
    # Of four the second fits.
    assert masked(ids, most=4).positions.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("kind, expected", [
    (0.0, MASK), (0.79, MASK), (0.81, RUNS), (0.89, RUNS), (0.91, THE), (0.999, THE)])
def test_a_hidden_piece_is_the_mask_or_another_or_itself(kind, expected):
    assert masked([CLS, THE, SEP], most=1, kind=kind).ids.tolist() == [CLS, expected, SEP]


def test_what_follows_a_special_token_begins_a_word():
    # As where a window begins within a word.
    assert masked([CLS, S, IDE, SEP, S, UNK, SEP], most=1).positions.tolist() == [4]
    assert masked([S, IDE, THE], most=2).positions.tolist() == [0, 1]


def test_nothing_to_hide():
    for ids in ([], [CLS, SEP, PAD], [CLS, MASK, SEP], [CLS, RIVER, S, SEP]):
        found = masked(ids, most=1)
        assert found.ids.tolist() == ids
        assert found.positions.size == found.labels.size == 0


def test_a_vocabulary_without_a_mask():
    with pytest.raises(UserError, match=r"^the vocabulary has no \[MASK\]: words are hidden with"):
        WordMasker(Vocabulary(TOKENS[:4]))


@pytest.mark.parametrize("pieces, budget", [
    # 0.15, 0.9, 1.5 and 4.5, 15 and 76.8.
    (1, 1), (6, 1), (10, 2), (30, 4), (100, 15), (512, 20)])
def test_the_budget_by_hand(pieces, budget):
    assert WordMasker(VOCABULARY).budget(pieces) == budget


@pytest.mark.parametrize("family", ["albert", "xlnet"])
def test_a_piece_of_sentencepiece_begins_a_word_with_its_mark(family):
    marker = Piece("[Q]", 0.0, USER_DEFINED)
    vocabulary = piece_models.vocabulary(family, ("\u2581un", "able", "\u2581", ",", "\u2581the"),
                                         [marker])
    masker = WordMasker(vocabulary, MaskingOptions(1.0, 6))
    random = AllAtOnce(0.0)
    random.randint = lambda low, high, n: np.zeros(n, int)
    special = vocabulary.specials
    # Four words: un able <unk> | [Q] | the | and a comma behind a blank.
    tokens = [special.cls, "\u2581un", "able", special.unk, "[Q]", "\u2581the", "\u2581", ",",
              special.sep]
    found = masker(np.array([vocabulary.ids[token] for token in tokens]), random)
    assert found.positions.tolist() == [1, 2, 3, 4, 5]
    assert set(found.ids[1:6].tolist()) == {vocabulary.ids[special.mask]}


windows = st.lists(st.integers(0, 9), max_size=60)


@given(windows, st.integers(0, 2 ** 32 - 1), st.floats(0, 1), st.integers(1, 30))
def test_whole_words_fill_the_budget_as_far_as_they_can(ids, seed, share, most):
    masker = WordMasker(VOCABULARY, MaskingOptions(share, most))
    ids = np.array(ids, np.int32)
    before = ids.copy()
    found = masker(ids, np.random.RandomState(seed))
    hidden = set(found.positions.tolist())
    np.testing.assert_array_equal(ids, before)
    np.testing.assert_array_equal(found.labels, ids[found.positions])
    rest = [i for i in range(len(ids)) if i not in hidden]
    np.testing.assert_array_equal(found.ids[rest], ids[rest])
    # Words, found piece by piece.
    words = []
    for i, piece in enumerate(ids.tolist()):
        if piece in (PAD, CLS, SEP, MASK):
            words.append(None)
        elif piece in (S, IDE) and words and words[-1] is not None:
            words[-1].append(i)
        else:
            words.append([i])
    words = [set(word) for word in words if word is not None]
    assert all(word <= hidden or not word & hidden for word in words)
    assert hidden <= set().union(*words)
    pieces = int((ids != PAD).sum())
    budget = min(most, max(1, round(pieces * share)))
    assert len(hidden) <= budget
    # No word that was left out would have fitted.
    assert all(len(word) > budget - len(hidden) for word in words if not word <= hidden)


@given(windows, st.integers(0, 2 ** 32 - 1))
def test_the_same_seed_hides_the_same(ids, seed):
    masker = WordMasker(VOCABULARY)
    one, two = (masker(np.array(ids), np.random.RandomState(seed)) for _ in range(2))
    for a, b in zip(one, two):
        np.testing.assert_array_equal(a, b)


def test_shares_of_masks_of_random_pieces_and_of_words_left():
    masker = WordMasker(VOCABULARY, MaskingOptions(1.0, 10000))
    found = masker(np.full(10000, THE), np.random.RandomState(0))
    masks, kept = (found.ids == MASK).mean(), (found.ids == THE).mean()
    # 0.8 and a tenth of 0.1, 0.1 and as much; the standard deviation of 10,000 draws is 0.004.
    assert masks == pytest.approx(0.81, abs=0.015)
    assert kept == pytest.approx(0.11, abs=0.015)
