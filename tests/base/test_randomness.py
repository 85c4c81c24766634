"""Hashes as random numbers: their values never change, and they look random."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base import randomness

MASK = 2 ** 64 - 1
INTEGERS = st.integers(-2 ** 63, 2 ** 63 - 1)


def splitmix(x):
    """One step of SplitMix64 in Python's own integers, after the paper."""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def expected_hash(seed, *parts):
    state = splitmix(splitmix(seed & MASK))
    for part in parts:
        # hash64 adds the constant after the exclusive or, as splitmix does.
        state = splitmix(state ^ splitmix(part & MASK))
    return state


def test_values_that_must_never_change():
    assert randomness.hash64(0).tolist() == [0xA706DD2F4D197E6F]
    assert randomness.hash64(1, 2, 3).tolist() == [0x882D1ACC8D6C3B48]
    assert randomness.hash64(0, 1, -7377391361296068003, np.arange(3)).tolist() == [
        0x3A565DAF61413505, 0x7A7DF1FC378FD713, 0xDED1A291ABB70980]
    assert randomness.uniform(7, np.arange(4)).tolist() == [
        0.7916042979842841, 0.6126125509080711, 0.424372753259616, 0.9568632720293576]


def test_the_mixing_is_that_of_splitmix64():
    # hash64 mixes the seed twice: the published first output of SplitMix64 for state 0, once more.
    assert splitmix(0) == 0xE220A8397B1DCDAF
    assert randomness.hash64(0).tolist() == [splitmix(0xE220A8397B1DCDAF)]


@given(st.integers(), st.lists(INTEGERS, max_size=4))
def test_equal_to_an_implementation_in_python_integers(seed, parts):
    assert randomness.hash64(seed, *parts).tolist() == [expected_hash(seed, *parts)]


@given(INTEGERS, st.lists(INTEGERS, min_size=1, max_size=5), st.lists(INTEGERS, min_size=1,
                                                                       max_size=5))
def test_arrays_are_hashed_element_by_element(seed, rows, columns):
    hashes = randomness.hash64(seed, np.array(rows)[:, None], np.array(columns)[None, :])
    assert hashes.dtype == np.uint64
    assert hashes.tolist() == [[expected_hash(seed, r, c) for c in columns] for r in rows]


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint8])
def test_the_type_of_an_array_does_not_matter(dtype):
    assert (randomness.hash64(5, np.arange(9, dtype=dtype)).tolist()
            == [expected_hash(5, i) for i in range(9)])


def test_order_and_number_of_the_parts_matter():
    hashes = [randomness.hash64(*parts)[0] for parts in (
        (1,), (1, 0), (1, 0, 0), (1, 1), (2, 2), (1, 2), (2, 1), (1, 2, 0), (1, 0, 2), (-1, 2))]
    assert len(set(hashes)) == len(hashes)


def test_uniform_numbers_are_the_high_bits_of_hashes():
    numbers = randomness.uniform(3, np.arange(1000))
    assert numbers.tolist() == [(expected_hash(3, i) >> 11) / 2.0 ** 53 for i in range(1000)]


@pytest.mark.parametrize("numbers", [
    lambda i: randomness.uniform(0, i), lambda i: randomness.uniform(i[9], 5, i * 2 ** 40),
    lambda i: randomness.uniform(1, -i, 3), lambda i: randomness.uniform(2, 10 ** 18 + i, i % 3)])
def test_neighbours_are_as_different_as_any_others(numbers):
    values = numbers(np.arange(64000, dtype=np.int64))
    counts = np.histogram(values, 64, (0, 1))[0]
    # Chi-square with 63 degrees of freedom: mean 63, and above 126 once in 200,000.
    assert ((counts - 1000.0) ** 2 / 1000.0).sum() < 126
    # The correlation of 64,000 independent pairs has a standard deviation of 0.004.
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.02


def test_integers_alone_have_the_same_hash():
    for parts in ((), (0,), (2, -2 ** 63, 7), (2 ** 64 + 5, 1)):
        assert randomness.hash_of_integers(-3, *parts) == int(randomness.hash64(-3, *parts)[0])
        assert randomness.extended(randomness.hash_of_integers(-3), *parts) == (
            randomness.hash_of_integers(-3, *parts))
