"""Texts of pieces cut into windows that overlap."""
from typing import Iterable, Tuple

import numpy as np


def window_starts(num_pieces: int, room: int, stride: int) -> np.ndarray:
    """First pieces of the windows over `num_pieces` pieces, `room` of which fit in one.

    The last window is the first that reaches the end: of 10 pieces, with room for 4 and a stride
    of 3, windows start at 0, 3 and 6.
    """
    if num_pieces == 0:
        return np.zeros([0], np.int64)
    step = min(stride, room)
    return np.arange(0, max(num_pieces - room, 0) + step, step, dtype=np.int64)


def cut(values: np.ndarray, spans: Iterable[Tuple[int, int]], out: np.ndarray) -> None:
    """Copies values[start:end] of each span to the beginning of its row of `out` [N, room]."""
    for row, (start, end) in zip(out, spans):
        row[:end - start] = values[start:end]


def unique_ids(example_id: int, indexes: np.ndarray) -> np.ndarray:
    """int64 [N]: example id + index of the window; past 2**63 - 1 it goes on from -2**63."""
    if not len(indexes) or example_id + int(indexes[-1]) < 2 ** 63:
        return indexes.astype(np.int64) + example_id
    with np.errstate(over="ignore"):
        return np.array([example_id], np.int64) + indexes.astype(np.int64)
