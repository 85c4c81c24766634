"""Maxima and sums within groups of values, without a loop over the groups.

Notation: M values, G groups.
"""
import numpy as np


class Groups:
    """The groups of M values that are sorted by group; each group has a value."""

    def __init__(self, numbers: np.ndarray):
        """
        Args:
          numbers: [M] the number of each value's group, ascending.
        """
        new = np.ones([len(numbers)], bool)
        new[1:] = numbers[1:] != numbers[:-1]
        self._begins = np.flatnonzero(new)
        self._which = np.cumsum(new) - 1  # [M]
        self.numbers = numbers[self._begins]  # [G]

    def maximum(self, values: np.ndarray) -> np.ndarray:
        """[G]: the highest value of each group."""
        return np.maximum.reduceat(values, self._begins) if len(values) else values

    def log_sum(self, values: np.ndarray) -> np.ndarray:
        """[G]: the log of the sum of exp(value) over each group."""
        if not len(values):
            return values
        top = self.maximum(values)
        return top + np.log(np.add.reduceat(np.exp(values - top[self._which]), self._begins))

    def best(self, values: np.ndarray) -> np.ndarray:
        """int [G]: the index of the highest value of each group, the first of several."""
        rows = np.flatnonzero(values == self.maximum(values)[self._which])
        return rows[np.unique(self._which[rows], return_index=True)[1]]
