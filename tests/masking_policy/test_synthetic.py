"""The policy finds hidden words: it beats the random masker within 300 episodes.

See tests/support/synthetic_masking.py for the task. The share of hidden words is 0.25 among all; of
180 random choices it is 0.25 +- 0.03.
"""
import numpy as np
import pytest

from bert_nq.masking_policy import players
from bert_nq.masking_policy.episodes import Tournament
from bert_nq.masking_policy.players import OPPONENT, PLAYER, Learner
from bert_nq.masking_policy.replay import ReplayMemory
from tests.support import synthetic_masking as synthetic

MARGIN = 0.12


def tournament(graphs, seed, sign=1, **changes):
    settings = synthetic.SETTINGS._replace(**changes)

    def learner(number):
        return Learner(graphs.policy, graphs.weights(10 * number + seed), ReplayMemory(
            settings.replay_capacity, settings.replay_states), number)

    world = synthetic.World(graphs, seed, sign)
    return world, Tournament(world, learner(PLAYER), learner(OPPONENT), settings, seed)


def advantage(world, players_, held, seed):
    """By how much the policy's k largest are better than random ones, on texts of its own."""
    turn = players.turn(seed, 0, held, world.states(held), synthetic.SETTINGS.masking_prob)
    return (world.share(held, players_.player.choose(turn, best=True).positions)
            - world.share(held, players.at_random(turn).positions))


def trained(graphs, seed, sign=1):
    """The advantage as soon as it is clear, or after 300 episodes; and that of the beginning."""
    world, found = tournament(graphs, seed, sign)
    held = synthetic.blocks(np.random.RandomState(1000 + seed), 60)
    first = advantage(world, found, held, seed)
    for _ in range(12):
        for _ in range(25):
            found.play_episode()
        last = advantage(world, found, held, seed)
        if abs(last) >= MARGIN and len(found.records) >= 50:
            break
    return first, last, found


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_policy_beats_the_random_masker(graphs, seed):
    first, last, found = trained(graphs, seed)
    assert abs(first) < MARGIN, "it knew before it learned"
    assert last >= MARGIN, (first, last, len(found.records))
    record = found.records[-1]
    assert record["opponent_plays"] and 0 < record["entropy"] < 1


def test_with_the_scores_turned_round_it_learns_the_opposite(graphs):
    """The reward teaches, and nothing else."""
    _, last, _ = trained(graphs, 0, sign=-1)
    assert last <= -MARGIN
