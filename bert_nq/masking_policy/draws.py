"""The random numbers of a run, each a hash of the seed and of what it decides.

So an episode is the same whether the run was killed before it or not, and players differ in what
they choose alone: order of rows, dropout and corruption are common to all three.
"""
from typing import Sequence

import numpy as np

from bert_nq.base import randomness

# One number for each purpose of a draw.
_SPLIT, _CONTEXTS, _BLOCKS, _ROWS, _CHOICE, _KIND, _OTHER, _ORDER, _STEP, _REPLAY, _HEAD, \
    _RULE = range(1, 13)


def split(seed: int, keys: Sequence[int]) -> np.ndarray:
    """float64 [N] in [0, 1), by which contexts are of training or of validation."""
    return randomness.uniform(seed, _SPLIT, np.array(keys, np.uint64).view(np.int64))


def some(seed: int, episode: int, kind: str, total: int, n: int) -> np.ndarray:
    """n of the numbers below `total`, ascending; all of them where there are no more.

    Args:
      kind: "contexts", "blocks" or "rows", each of which is drawn for itself.
    """
    purpose = {"contexts": _CONTEXTS, "blocks": _BLOCKS, "rows": _ROWS}[kind]
    if total <= n:
        return np.arange(total)
    return np.sort(_generator(seed, purpose, episode).permutation(total)[:n])


def choice(seed: int, episode: int, player: int, block: int, length: int) -> np.ndarray:
    """float64 [length], the randomness of a player's choice in a block."""
    return randomness.uniform(seed, _CHOICE, episode, player, block, np.arange(length))


def corruption(seed: int, episode: int, block: int, length: int) -> np.ndarray:
    """float64 [length], what becomes of each position if it is masked."""
    return randomness.uniform(seed, _KIND, episode, block, np.arange(length))


def below(seed: int, episode: int, block: int, length: int, total: int) -> np.ndarray:
    """int64 [length] below total, the number of the random piece of each position."""
    return (randomness.hash64(seed, _OTHER, episode, block, np.arange(length))
            % np.uint64(total)).astype(np.int64)


def order(seed: int, episode: int, phase: int, epoch: int, total: int) -> np.ndarray:
    """A permutation of the numbers below `total`: the order of blocks or rows in an epoch."""
    return _generator(seed, _ORDER, episode, phase, epoch).permutation(total)


def step_seed(seed: int, episode: int, phase: int, step: int) -> int:
    """The seed of dropout in a step, below 2^62."""
    return randomness.hash_of_integers(seed, _STEP, episode, phase, step) >> 2


def replay(seed: int, episode: int, learner: int, step: int, total: int) -> np.ndarray:
    """float64 [total], the randomness of a draw from a replay memory."""
    return randomness.uniform(seed, _REPLAY, episode, learner, step, np.arange(total))


def head(seed: int, episode: int, number: int) -> np.random.RandomState:
    """The generator of the values from which a variable of a task's head starts."""
    return _generator(seed, _HEAD, episode, number)


def rule(seed: int, epoch: int, block: int) -> np.random.RandomState:
    """The generator by which a rule masks a block in an epoch."""
    return _generator(seed, _RULE, epoch, block)


def _generator(seed: int, *parts: int) -> np.random.RandomState:
    return np.random.RandomState(randomness.hash_of_integers(seed, *parts) >> 32)
