"""The table of rewards, case by case."""
import itertools

from bert_nq.masking_policy import rewards


def test_the_four_cases():
    # Position 1: nobody else's; 2: random's; 3: the opponent's; 4: everybody's.
    for against_opponent, against_random in itertools.product((-1, 0, 1), repeat=2):
        found = rewards.credited([1, 2, 3, 4], {3, 4, 9}, {2, 4, 8}, against_opponent,
                                 against_random)
        assert found == {1: min(against_opponent, against_random), 2: against_opponent,
                         3: against_random}


def test_outcomes():
    assert [rewards.outcome(a, b) for a, b in ((2, 1), (1, 2), (1, 1))] == [1, -1, 0]


def test_an_opponent_that_is_the_random_masker():
    """What it masks, both mask; all else has one outcome."""
    assert rewards.credited([1, 2], [2], [2], 1, 1) == {1: 1}
