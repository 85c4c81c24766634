"""Draws of rows, which do not depend on other rows."""
import numpy as np
import pytest

from bert_nq.base import randomness
from bert_nq.features.draws import shuffle_keys, without_answer


def test_shuffle_keys_differ_from_other_draws():
    keys = shuffle_keys(6, 100, np.arange(3))
    assert keys.dtype == np.uint64
    assert keys.tolist() == [randomness.hash64(6, 2, 100, i)[0] for i in range(3)]


@pytest.mark.parametrize("num_rows", [1, 2, 7])
def test_keys_do_not_depend_on_the_other_rows(num_rows):
    keys = shuffle_keys(6, -2 ** 63, np.arange(7))
    assert shuffle_keys(6, -2 ** 63, np.arange(num_rows)).tolist() == keys[:num_rows].tolist()


def test_an_example_without_rows_has_no_keys():
    assert shuffle_keys(6, 100, np.zeros([0], np.int64)).tolist() == []


def test_rows_without_answer_are_drawn_by_seed_example_and_place():
    drawn = without_answer(6, 100, 3)
    assert drawn.tolist() == [randomness.uniform(6, 1, 100, i)[0] for i in range(3)]
    assert drawn.tolist() != without_answer(7, 100, 3).tolist()
