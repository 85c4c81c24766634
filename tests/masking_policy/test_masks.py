"""Choices without replacement, blocks, corruption and frequency weights."""
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.features import maskings
from bert_nq.features.maskings.masker import MaskPieces
from bert_nq.features.packing import Frame
from bert_nq.masking_policy import blocks, draws, masks, players
from bert_nq.masking_policy.settings import EpisodeSettings, PolicySettings
from bert_nq.masking_policy.trainings import Trainings
from tests.support.examples import with_examples

FRAME = Frame([2], [3])


def special(*ids):
    return np.isin(np.arange(100), ids)


def test_sampling_has_the_probabilities_of_draws_one_after_the_other():
    # Of weights 4, 2, 1, 1: the pair {0, 1} is drawn as 0 then 1 with 4/8 * 2/4, or 1 then 0 with
    # 2/8 * 4/6; the pair {2, 3} with 1/8 * 1/7 twice.
    log_probs = np.log(np.array([4, 2, 1, 1]) / 8)
    random = np.random.RandomState(0)
    n = 6000
    counts = {}
    for _ in range(n):
        pair = tuple(masks.sample(log_probs, 2, random.random_sample(4)))
        counts[pair] = counts.get(pair, 0) + 1
    for pair, expected in (((0, 1), 4 / 8 * 2 / 4 + 2 / 8 * 4 / 6), ((2, 3), 2 / 8 / 7)):
        error = math.sqrt(expected * (1 - expected) / n)
        assert abs(counts[pair] / n - expected) < 4 * error, (pair, counts)
    assert sum(counts.values()) == n and all(a < b for a, b in counts)


@given(st.lists(st.booleans(), min_size=1, max_size=40).filter(any), st.integers(0, 2 ** 32 - 1),
       st.data())
@with_examples(60)
def test_all_players_mask_as_many_and_no_specials(maskable, seed, data):
    maskable = np.array(maskable)
    n = len(maskable)
    k = maskings.budget(n, int(maskable.sum()), data.draw(st.floats(0.01, 1.0)))
    uniform = np.random.RandomState(seed).random_sample(n)
    # A logit of exactly 0 is a logit like others, and no padding.
    logits = np.where(maskable, np.random.RandomState(seed).choice([0.0, -3.0, 5.0], n), -np.inf)
    for chosen in (masks.sample_any(maskable, k, uniform), masks.sample(logits, k, uniform),
                   masks.largest(logits, k)):
        assert len(chosen) == k == len(set(chosen.tolist()))
        assert maskable[chosen].all() and (np.diff(chosen) > 0).all()


def test_a_logit_of_zero_is_not_padding():
    assert masks.largest(np.array([-np.inf, -1.0, 0.0, -2.0]), 1).tolist() == [2]


def test_the_random_masker_has_exactly_the_budget():
    some = blocks.blocks_of(7, range(10, 40), 32, FRAME, special(0, 1, 2, 3, 4))
    turn = players.turn(1, 0, some, [np.zeros([32, 4], np.float32)], 0.15)
    for episode in range(20):
        chosen, = players.at_random(turn._replace(episode=episode)).positions
        assert len(chosen) == 4 and 0 not in chosen and 31 not in chosen  # floor(32 * 0.15)


def test_more_than_there_is_cannot_be_chosen():
    with pytest.raises(ValueError, match="fewer may be chosen"):
        masks.largest(np.array([-np.inf, 1.0]), 2)
    with pytest.raises(ValueError, match="no numbers"):
        masks.largest(np.array([np.nan, 1.0]), 1)
    # Draws of exactly 0 have a noise of -inf.
    assert masks.sample(np.zeros(3), 3, np.zeros(3)).tolist() == [0, 1, 2]


def test_corruption_is_the_same_for_all_players_and_for_a_group():
    some, = blocks.blocks_of(5, range(10, 60), 52, FRAME, special(2, 3, 4))
    pieces = MaskPieces(4, 0, special(0, 2, 3, 4), np.array([7, 8, 9]))
    trainings = Trainings(None, EpisodeSettings(), 3, pieces)
    whole = trainings.masked(0, some, np.arange(1, 51))
    assert {"mask": (whole.shown == 4).sum() > 30, "ends": whole.shown[[0, -1]].tolist()} == {
        "mask": True, "ends": [2, 3]}
    changed = whole.shown[(whole.shown != 4) & (whole.shown != some.ids)]
    assert len(changed) and set(changed.tolist()) <= {7, 8, 9}  # no special token
    part = trainings.masked(0, some, np.array([3, 20, 41]))
    assert part.shown[[3, 20, 41]].tolist() == whole.shown[[3, 20, 41]].tolist()
    np.testing.assert_array_equal(np.delete(part.shown, [3, 20, 41]),
                                  np.delete(some.ids, [3, 20, 41]))
    np.testing.assert_array_equal(part.ids, some.ids)
    # A group becomes what its first piece does.
    first, = np.flatnonzero(whole.shown == some.ids)[1:2]
    masked, = np.flatnonzero(whole.shown == 4)[:1]
    positions = np.array(sorted([masked, masked + 1, first, first + 1]))
    groups = np.where(positions - masked < 2, positions >= masked, False).astype(int)
    shown = trainings.masked(0, some, positions, groups).shown
    assert shown[[masked, masked + 1]].tolist() == [4, 4]
    assert shown[[first, first + 1]].tolist() == some.ids[[first, first + 1]].tolist()


def test_corruption_needs_no_gpu_and_follows_from_the_seed():
    shares = np.concatenate([draws.corruption(3, 0, block, 100) for block in range(100)])
    for low, high in ((0, 0.8), (0.8, 0.9), (0.9, 1)):
        assert abs(np.mean((shares >= low) & (shares < high)) - (high - low)) < 0.02
    assert draws.corruption(3, 0, 5, 8).tolist() == draws.corruption(3, 0, 5, 8).tolist()
    others = draws.below(3, 1, 2 ** 64 - 1, 1000, 50)
    assert others.min() == 0 and others.max() == 49


def test_frequency_weights():
    ids = np.array([5, 9, 5, 5, 5, 9], np.int32)
    np.testing.assert_allclose(masks.frequency_weights(ids, [0, 1, 4]), [0.5, 0.5 ** 0.5, 0.5])


def test_blocks_of_long_and_short_texts():
    # Full blocks of 4 pieces; the rest, 8 and 9, is dropped behind full ones.
    made = blocks.blocks_of(1, list(range(10, 20)), 6, FRAME, special(2, 3, 12), [True] * 5
                            + [False] * 5)
    assert [b.ids.tolist() for b in made] == [[2, 10, 11, 12, 13, 3], [2, 14, 15, 16, 17, 3]]
    assert made[0].maskable.tolist() == [False, True, True, False, True, False]
    assert made[0].key != made[1].key
    assert [b.is_entity.tolist() for b in made] == [[False] + [True] * 4 + [False],
                                                    [False, True] + [False] * 4]
    short, = blocks.blocks_of(1, [10, 11], 6, FRAME, special(2, 3))
    assert short.ids.tolist() == [2, 10, 11, 3]
    assert blocks.blocks_of(1, [2, 3], 6, FRAME, special(2, 3)) == []
    assert blocks.blocks_of(1, [], 6, FRAME, special(2, 3)) == []
    # XLNet's order.
    last, = blocks.blocks_of(1, [10, 11], 6, Frame([], [3, 2]), special(2, 3))
    assert last.ids.tolist() == [10, 11, 3, 2]
    assert last.maskable.tolist() == [True, True, False, False]


def test_settings_that_contradict_each_other():
    for changes, message in (({"replay_strategies": "AX"}, "letters AR"),
                             ({"replay_start": 10}, "begin with fewer"),
                             ({"replay_capacity": 100}, "never begin"),
                             ({"masking_prob": 0.0}, "above 0")):
        with pytest.raises(Exception, match=message):
            PolicySettings(**changes).check()
