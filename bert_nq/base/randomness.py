"""Random numbers as hashes, independent of the order in which they are drawn.

Each number is a hash of a seed and of the thing that it decides about (an example's id, a window's
index), so it is the same whatever the order, the sharding or the number of workers.
"""
from typing import Any, Union

import numpy as np

_MASK = 0xFFFFFFFFFFFFFFFF
_GOLDEN, _MIX_1, _MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB

_Bits = Union[int, np.ndarray]  # 64 bits: an int in [0, 2**64), or uint64 [...]


def hash64(seed: int, *parts) -> np.ndarray:
    """A 64-bit hash of a seed and integers.

    Args:
      seed: any Python integer.
      *parts: integers or integer arrays, broadcast against each other; taken modulo 2**64.

    Returns:
      uint64 of the broadcast shape (at least one dimension), uniform over 64 bits.
    """
    # The seed is mixed twice. Mixed once, it could change places with the first part, and equal
    # values would cancel out.
    state = _mix(_mix(_bits(seed)))
    for part in parts:
        state = _mix(state ^ _mix(_bits(part)))
    return np.atleast_1d(np.asarray(state, np.uint64))


def hash_of_integers(seed: int, *parts: int) -> int:
    """`hash64` of integers alone, as an int; ten times as fast."""
    return extended(_mix(_mix(_bits(seed))), *parts)


def extended(value: int, *parts: int) -> int:
    """`hash_of_integers` of more parts, given its value for the first ones."""
    for part in parts:
        value = _mix(value ^ _mix(part & _MASK))
    return value


def uniform(seed: int, *parts) -> np.ndarray:
    """Numbers in [0, 1) with 53 random bits each, float64; for the arguments see `hash64`."""
    return (hash64(seed, *parts) >> np.uint64(11)).astype(np.float64) * 2.0 ** -53


def _bits(value) -> _Bits:
    if isinstance(value, int) or not np.ndim(value):
        return int(value) & _MASK
    return np.asarray(value).astype(np.int64).view(np.uint64)


def _mix(x: Any) -> Any:
    """One step of SplitMix64 (Steele, Lea and Flood, 2014) from state to output, a bijection.

    Of an int an int, of uint64 [...] the same.
    """
    if isinstance(x, int):  # Takes a twentieth of the time of an array of one element.
        x = (x + _GOLDEN) & _MASK
        x = ((x ^ (x >> 30)) * _MIX_1) & _MASK
        x = ((x ^ (x >> 27)) * _MIX_2) & _MASK
        return x ^ (x >> 31)
    x = x + np.uint64(_GOLDEN)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(_MIX_1)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(_MIX_2)
    return x ^ (x >> np.uint64(31))
