"""The replay memory: what is kept, what is drawn, and that a saved one is the same."""
import collections

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.masking_policy.replay import Experience, ReplayMemory, State, priorities
from tests.support.examples import with_examples


def state(number, n=8):
    return State(np.full([n, 3], number, np.float32), np.arange(10, 10 + n, dtype=np.int32),
                 np.array([False] + [True] * (n - 2) + [False]))


def experience(number, positions=(1, 2), rewards=None, value=0.0, n=8):
    positions = np.array(positions, np.int64)
    return Experience((0, number), state(number, n), positions,
                      -np.ones(len(positions), np.float32), value,
                      np.array(rewards if rewards is not None else [1.0] * len(positions)))


def test_priorities_of_each_strategy():
    rewards, values, weights = [1.0, -1.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.5, 1.0]

    def expected(*exponents):
        terms = [np.exp(e) / np.exp(e).sum() for e in map(np.array, exponents)]
        found = np.array(weights) * np.mean(terms, axis=0)
        return found / found.sum()

    a, r, v, z = [1.0, 2, 0], [1.0, -1, 0], [0.0, 1, 0], [0.0, 0, 0]
    for letters, exponents in (("A", [a]), ("R", [r]), ("V", [v]), ("Z", [z]),
                               ("ARVZ", [a, r, v, z])):
        np.testing.assert_allclose(priorities(rewards, values, weights, letters),
                                   expected(*exponents))


def test_draws_are_without_replacement_and_by_priority():
    memory = ReplayMemory(100, 100)
    memory.add([experience(i, [1], [reward]) for i, reward in enumerate([1.0, 0.0, 0.0, 0.0])])
    random = np.random.RandomState(0)
    counts = collections.Counter()
    for _ in range(3000):
        places = memory.draw(2, "A", random.random_sample(4)).tolist()
        assert len(set(places)) == 2
        counts.update(places)
    # e : 1 : 1 : 1. The first is in a pair unless two others are drawn.
    e = np.e
    expected = 1 - 3 * (1 / (e + 3)) * (2 / (e + 2))
    assert abs(counts[0] / 3000 - expected) < 0.04
    assert sorted(memory.draw(9, "Z", random.random_sample(4))) == [0, 1, 2, 3]


def test_an_impossible_draw_is_still_without_replacement():
    """Priorities that are too small for a number are drawn last, and not twice."""
    memory = ReplayMemory(10, 10)
    memory.add([experience(0, [1], [1e6]), experience(1, [1], [0.0]), experience(2, [1], [0.0])])
    assert sorted(memory.draw(3, "A", np.full(3, 0.5))) == [0, 1, 2]


def test_the_oldest_entries_make_room():
    memory = ReplayMemory(5, 100)
    memory.add([experience(0, [1, 2, 3]), experience(1, [4, 5])])
    memory.add([experience(2, [1])])
    # One of the three entries of block 0 went; its state is still needed.
    assert memory.values()["position"].tolist() == [2, 3, 4, 5, 1]
    assert memory.num_states == 3
    memory.add([experience(3, [1, 2])])
    assert memory.values()["position"].tolist() == [4, 5, 1, 1, 2]
    assert memory.num_states == 3
    assert [s.hidden[0, 0] for s in memory.batch(np.arange(5)).states] == [1, 1, 2, 3, 3]


def test_many_states_go_at_once():
    """Several states in a row go with one addition: none of them is passed over."""
    memory = ReplayMemory(1000, 4)
    memory.add([experience(i) for i in range(10)])
    assert memory.num_states == 4
    assert [s.hidden[0, 0] for s in memory.batch(np.arange(8)).states] == [6, 6, 7, 7, 8, 8, 9, 9]
    memory = ReplayMemory(4, 1000)
    memory.add([experience(i) for i in range(10)])
    assert (len(memory), memory.num_states) == (4, 2)


def test_states_are_shared():
    memory = ReplayMemory(100, 100)
    memory.add([experience(0, [1, 2, 3])])
    first, second, third = memory.batch(np.arange(3)).states
    assert first is second is third


def test_nothing_is_credited_twice():
    memory = ReplayMemory(100, 100)
    memory.add([experience(0)])
    for again in ([experience(0)], [experience(1), experience(1)], [experience(2, [1, 1])]):
        with pytest.raises(ValueError, match="credited twice"):
            memory.add(again)
    assert len(memory) == 2


def test_specials_are_no_choices():
    with pytest.raises(ValueError, match="special token"):
        ReplayMemory(10, 10).add([experience(0, [0])])


def test_blocks_without_credit_leave_no_state():
    memory = ReplayMemory(10, 10)
    memory.add([experience(0, []), experience(1, [1])])
    assert (len(memory), memory.num_states) == (1, 1)


def test_values_are_refreshed():
    memory = ReplayMemory(10, 10)
    memory.add([experience(0, [1, 2, 3], value=0.5)])
    memory.refresh(np.array([0, 2]), np.array([0.25, 0.75]))
    assert memory.values()["value"].tolist() == [0.25, 0.5, 0.75]


def test_frequent_pieces_weigh_less():
    memory = ReplayMemory(10, 10)
    found = experience(0, [1, 2])
    ids = np.array([0, 7, 8, 7, 7, 7, 5, 0], np.int32)
    memory.add([found._replace(state=found.state._replace(ids=ids))])
    np.testing.assert_allclose(memory.values()["weight"], [0.5, 1.0])


additions = st.lists(st.lists(st.tuples(
    st.lists(st.integers(1, 6), unique=True, max_size=6), st.integers(8, 11)), max_size=4),
    max_size=5)


@given(additions, st.integers(1, 12), st.integers(1, 5), st.data())
@with_examples(60)
def test_a_saved_memory_goes_on_as_the_one_that_was_not(episodes, capacity, max_states, data):
    memory = ReplayMemory(capacity, max_states)
    saved_after = data.draw(st.integers(0, len(episodes)))
    other = None
    number = 0
    for i in range(len(episodes) + 1):
        if i == saved_after:
            other = ReplayMemory.from_arrays(capacity, max_states, memory.to_arrays())
        if i < len(episodes):
            new = []
            for positions, n in episodes[i]:
                new.append(experience(number, positions, n=n))
                number += 1
            for one in (memory, other) if other is not None else (memory,):
                one.add(new)
        assert len(memory) <= capacity and memory.num_states <= max_states
        used = set(memory.values()["state"].tolist())
        assert memory.num_states == len(used)  # No state without entries, none lost.
    ours, theirs = memory.to_arrays(), other.to_arrays()
    assert set(ours) == set(theirs)
    for name in ours:
        assert ours[name].dtype == theirs[name].dtype
        np.testing.assert_array_equal(ours[name], theirs[name])


def test_arrays_that_do_not_fit_are_refused():
    memory = ReplayMemory(10, 10)
    memory.add([experience(0), experience(1)])
    arrays = memory.to_arrays()
    arrays["state"] = arrays["state"][:3]
    with pytest.raises(ValueError, match="do not fit"):
        ReplayMemory.from_arrays(10, 10, arrays)
