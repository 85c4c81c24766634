"""Random draws of the rows of an example, independent of each other and of all other rows."""
import functools
from typing import List

import numpy as np

from bert_nq.base import randomness

# One number for each purpose of a draw.
_WITHOUT_ANSWER = 1
_ORDER = 2
_CANDIDATE = 3
_BY_CHANCE = 4
_OF_PASSES = 5
_MASKS = 6

# For fewer rows than these, numbers one by one are faster than arrays.
_FEW = 4


def without_answer(seed: int, example_id: int, num_rows: int) -> np.ndarray:
    """float64 [num_rows] in [0, 1): rows without answer are kept where it is below a share."""
    return randomness.uniform(seed, _WITHOUT_ANSWER, example_id, np.arange(num_rows))


def of_passes(seed: int, example_id: int, num_passes: int) -> np.ndarray:
    """float64 [num_passes] in [0, 1): an example has part in a pass where it is below a share."""
    return randomness.uniform(seed, _OF_PASSES, example_id, np.arange(num_passes))


def pass_keys(keys: np.ndarray, numbers: np.ndarray, total: int) -> np.ndarray:
    """uint64 [N]: `shuffle_keys` that put the rows of each pass before those of the next.

    Where passes have equally many rows, these keys are uniform as well.

    Args:
      keys: uint64 [N], of `shuffle_keys`.
      numbers: [N] the pass that each row is for, from 0.
      total: the number of passes.
    """
    of_each = np.uint64(2 ** 64 // total) if total > 1 else np.uint64(0)
    return keys // np.uint64(total) + numbers.astype(np.uint64) * of_each


def candidate(seed: int, epoch: int, example_id: int) -> float:
    """A number in [0, 1): the candidate without answer that an example has in an epoch."""
    return float(randomness.uniform(seed, _CANDIDATE, epoch, example_id)[0])


def by_chance(seed: int, example_id: int, num_rows: int) -> np.ndarray:
    """float64 [num_rows] in [0, 1): which rows are taken where each has a chance of its own."""
    return randomness.uniform(seed, _BY_CHANCE, example_id, np.arange(num_rows))


def seed_of_masks(seed: int, example_id: int, block: int, number: int) -> List[int]:
    """The seed of the np.random.RandomState that masks a block of an example for a pass."""
    value = randomness.hash_of_integers(seed, _MASKS, example_id, block, number)
    return [value >> 32, value & 0xFFFFFFFF]


def shuffle_keys(seed: int, example_id: int, indexes: np.ndarray) -> np.ndarray:
    """uint64 [N]: sorting all rows of a data set by these shuffles them uniformly."""
    if len(indexes) < _FEW:
        value = randomness.extended(_begun(seed), example_id)
        return np.array([randomness.extended(value, index) for index in indexes.tolist()],
                        np.uint64)
    return randomness.hash64(seed, _ORDER, example_id, indexes)


@functools.lru_cache(maxsize=8)
def _begun(seed: int) -> int:
    return randomness.hash_of_integers(seed, _ORDER)
