"""Where windows begin, and their ids."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.features.cutting import cut, unique_ids, window_starts


@pytest.mark.parametrize("num_pieces, room, stride, starts", [
    (10, 4, 3, [0, 3, 6]),
    (0, 4, 3, []),
    (1, 4, 3, [0]),
    (4, 4, 3, [0]),
    (5, 4, 3, [0, 3]),
    (7, 4, 3, [0, 3]),
    (8, 4, 3, [0, 3, 6]),
    (9, 4, 4, [0, 4, 8]),
    (9, 4, 100, [0, 4, 8]),  # Nothing is left out where the stride is greater than the window.
    (3, 1, 1, [0, 1, 2]),
])
def test_window_starts(num_pieces, room, stride, starts):
    assert window_starts(num_pieces, room, stride).tolist() == starts


@given(st.integers(0, 200), st.integers(1, 50), st.integers(1, 60))
def test_window_starts_as_a_loop_finds_them(num_pieces, room, stride):
    expected, start = [], 0
    while start < num_pieces:
        length = min(num_pieces - start, room)
        expected.append(start)
        if start + length == num_pieces:
            break
        start += min(length, stride)
    assert window_starts(num_pieces, room, stride).tolist() == expected


def test_unique_ids_wrap_around():
    assert unique_ids(2 ** 63 - 2, np.arange(4)).tolist() == [
        2 ** 63 - 2, 2 ** 63 - 1, -2 ** 63, -2 ** 63 + 1]
    assert unique_ids(-1, np.array([0, 5])).tolist() == [-1, 4]


def test_rows_are_filled_from_their_beginning():
    out = np.zeros([2, 3], np.int64)
    cut(np.arange(10, 15), [(0, 3), (3, 5)], out)
    assert out.tolist() == [[10, 11, 12], [13, 14, 0]]
