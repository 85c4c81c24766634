"""Rows of many examples as batches of about equal length. Free of TensorFlow.

Notation: N rows of an example, S wordpieces of a row, B rows of a batch, L wordpieces of its
longest one, rounded up.
"""
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np

# So that there are few lengths: kernels are made for each, and are fastest for round ones.
_MULTIPLE = 32


class Batch(NamedTuple):
    """Rows as the model takes them."""
    rows: np.ndarray  # [B] their places among all rows of the examples
    inputs: Dict[str, np.ndarray]  # int32 [B, L] or [B], by the names of the features

    def features(self) -> Dict[str, np.ndarray]:
        """The arrays to feed, by name."""
        return self.inputs


def make_batches(examples: Sequence[Any], names: Sequence[str], batch_size: int, full_length: bool
                 ) -> Iterator[Batch]:
    """Yields the rows of some examples, the longest first.

    They depend on these examples alone, so that an example's logits do not depend on who computes
    them.

    Args:
      examples: the rows of each, see features.featurizer.Made.
      names: of the features that the model sees.
      batch_size: B, of all batches but the last.
      full_length: whether the padding to S is kept.
    """
    if not examples:
        return
    sizes = [len(rows.lengths) for rows in examples]
    lengths = np.concatenate([rows.lengths for rows in examples])
    numbers = np.repeat(np.arange(len(examples)), sizes)
    firsts = np.cumsum([0] + sizes)
    columns = [rows.columns() for rows in examples]
    order = np.argsort(-lengths, kind="stable")
    for start in range(0, len(order), batch_size):
        rows = order[start:start + batch_size]
        places = [(columns[number], row - firsts[number])
                  for number, row in zip(numbers[rows].tolist(), rows.tolist())]
        width = None
        if not full_length:
            width = -(-int(lengths[rows[0]]) // _MULTIPLE) * _MULTIPLE
        yield Batch(rows, {name: _stacked(name, places, width) for name in names})


def _stacked(name: str, places: List[Tuple[Dict[str, np.ndarray], int]], width: int) -> np.ndarray:
    """A feature of rows; sequences are cut to `width`, unless they are shorter or it is None."""
    values = [columns[name][row] for columns, row in places]
    if values[0].ndim:
        values = [value[:width] for value in values]
    return np.stack(values).astype(np.int32)
