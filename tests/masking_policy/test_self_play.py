"""Opponents: one that learns, a frozen copy, the random masker; and runs that go on."""
import numpy as np

from bert_nq.masking_policy.episodes import Tournament, means
from bert_nq.masking_policy.players import OPPONENT, PLAYER, Learner
from bert_nq.masking_policy.replay import ReplayMemory
from tests.support import synthetic_masking as synthetic

FEW = synthetic.SETTINGS._replace(replay_start=64, replay_updates=2)


def tournament(graphs, opponent, seed=0):
    settings = FEW._replace(opponent=opponent)
    player, other = (Learner(graphs.policy, graphs.weights(seed + number), ReplayMemory(
        settings.replay_capacity, settings.replay_states), number)
        for number in (PLAYER, OPPONENT))
    return Tournament(synthetic.World(graphs, seed), player,
                      None if opponent == "random" else other, settings, seed)


def until_the_opponent_plays(found):
    while not (found.records and found.records[-1]["opponent_plays"]):
        found.play_episode()
        assert len(found.records) < 40
    return found


def same(a, b):
    return all(np.array_equal(a[name], b[name]) for name in a)


def test_until_the_memory_is_full_enough_the_opponent_is_the_random_masker(graphs):
    found = until_the_opponent_plays(tournament(graphs, "learning"))
    assert len(found.records) > 3
    for record in found.records[:-1]:
        assert record["score_opponent"] == record["score_random"]
        assert record["replay_entries"] < FEW.replay_start or record is found.records[-2]
    # Learning begins with the episode that fills the memory.
    assert ["policy_loss" in record for record in found.records] == [
        record["replay_entries"] >= FEW.replay_start for record in found.records]


def test_a_learning_opponent_learns_for_itself(graphs):
    found = until_the_opponent_plays(tournament(graphs, "learning"))
    before = dict(found.opponent.weights)
    while len(found.opponent.memory) < FEW.replay_start:
        found.play_episode()
    found.play_episode()
    assert not same(before, found.opponent.weights)
    assert not same(found.player.weights, found.opponent.weights)
    assert found.opponent.num_updates > 0


def test_a_frozen_opponent_is_the_player_that_has_won(graphs):
    found = tournament(graphs, "frozen")
    for _ in range(14):
        player, opponent = dict(found.player.weights), dict(found.opponent.weights)
        record = found.play_episode()
        assert same(found.opponent.weights, player if record["outcome_opponent"] > 0 else opponent)
    assert len(found.opponent.memory) == 0 and record["opponent_plays"]


def test_against_the_random_masker_alone(graphs):
    found = tournament(graphs, "random")
    for _ in range(5):
        record = found.play_episode()
        assert record["score_opponent"] == record["score_random"]
    assert record["wins_opponent"] == record["wins_random"]


def test_records_count_up(graphs):
    found = tournament(graphs, "random")
    for _ in range(8):
        found.play_episode()
    outcomes = [record["outcome_random"] for record in found.records]
    assert found.records[-1]["wins_random"] == outcomes.count(1)
    assert found.records[-1]["losses_random"] == outcomes.count(-1)
    assert found.records[-1]["regrets"] == outcomes.count(-1)
    assert means([{"a": 1.0, "b": 2.0}, {"a": 3.0}]) == {"a": 2.0, "b": 2.0}
