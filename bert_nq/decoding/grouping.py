"""Maxima and sums of values that belong to groups, without a loop over the groups.

Notation: M values, G groups that have any.
"""
import numpy as np


class Groups:
    """M values that are in the order of their groups; every group that is there has a value."""

    def __init__(self, numbers: np.ndarray):
        """
        Args:
          numbers: [M] the group of each value, ascending.
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
        """int [G]: the row of the highest value of each group, the first of several."""
        rows = np.flatnonzero(values == self.maximum(values)[self._which])
        return rows[np.unique(self._which[rows], return_index=True)[1]]
