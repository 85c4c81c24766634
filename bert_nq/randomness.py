"""Random numbers that depend on what they are for and not on the order of asking.

Each number is a hash of a seed and of the thing that it decides about (an example's id, a window's
index), so the same things are drawn whatever the order, the sharding or the number of workers.
"""
import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def _mix(x: np.ndarray) -> np.ndarray:
    """The output function of SplitMix64 (Steele, Lea and Flood, 2014): a bijection of 64 bits."""
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    return x ^ (x >> np.uint64(31))


def hash64(seed: int, *parts) -> np.ndarray:
    """A 64-bit hash of a seed and integers.

    Args:
      seed: any Python integer.
      *parts: integers or integer arrays, broadcast against each other; taken modulo 2**64.

    Returns:
      uint64 of the broadcast shape (at least one dimension), uniform over 64 bits.
    """
    with np.errstate(over="ignore"):
        # Mixed twice, or a seed and a first part could change places and equal ones cancel out.
        state = _mix(_mix(_as_uint64(seed) + _GOLDEN) + _GOLDEN)
        for part in parts:
            state = _mix((state ^ _mix(_as_uint64(part) + _GOLDEN)) + _GOLDEN)
    return state


def uniform(seed: int, *parts) -> np.ndarray:
    """Numbers in [0, 1) with 53 random bits each; the arguments are those of `hash64`."""
    return (hash64(seed, *parts) >> np.uint64(11)).astype(np.float64) * 2.0 ** -53


def _as_uint64(value) -> np.ndarray:
    if isinstance(value, np.ndarray):
        return value.astype(np.int64).astype(np.uint64)
    return np.array([int(value) & 0xFFFFFFFFFFFFFFFF], dtype=np.uint64)
