"""Texts of pieces cut into windows that overlap."""
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


def cut(values: np.ndarray, starts: np.ndarray, ends: np.ndarray, out: np.ndarray) -> None:
    """Copies values[starts[i]:ends[i]] to the beginning of row i of `out` [N, room]."""
    for row, start, end in zip(out, starts.tolist(), ends.tolist()):
        row[:end - start] = values[start:end]


def unique_ids(example_id: int, indexes: np.ndarray) -> np.ndarray:
    """int64 [N]: example id + index of the window; past 2**63 - 1 it goes on from -2**63."""
    with np.errstate(over="ignore"):
        return np.array([example_id], np.int64) + indexes.astype(np.int64)
