"""Texts as blocks of wordpieces, which are masked and pretrained on.

Full blocks are [CLS], pieces, [SEP]. What is left behind the last full block is a block only where
the text has no full one: short texts are not lost, and long ones make no short blocks.
"""
from typing import List, NamedTuple, Sequence

import numpy as np

from bert_nq.base import randomness


class Block(NamedTuple):
    """A block of n pieces, without padding."""
    key: int  # below 2^64, of the text and the place of the block in it
    ids: np.ndarray  # int32 [n], [CLS] and [SEP] among them
    maskable: np.ndarray  # bool [n]: no special tokens


class Masked(NamedTuple):
    """A block as it is pretrained on. n positions, k masked ones."""
    shown: np.ndarray  # int32 [n], what the model sees
    positions: np.ndarray  # int64 [k]
    labels: np.ndarray  # int32 [k], what was there


def blocks_of(key: int, pieces: Sequence[int], block_size: int, cls: int, sep: int,
              specials: Sequence[int]) -> List[Block]:
    """The blocks of a text; none where there is nothing to mask.

    Args:
      key: of the text, any 64-bit integer.
      pieces: ids of all of the text.
      block_size: pieces of a full block, [CLS] and [SEP] counted; above 2.
      cls, sep: their ids.
      specials: ids that are never masked, wherever they stand.
    """
    room = block_size - 2
    spans = [(start, start + room) for start in range(0, len(pieces) - room + 1, room)]
    if not spans:
        spans = [(0, len(pieces))]
    made = []
    for number, (start, end) in enumerate(spans):
        ids = np.array([cls, *pieces[start:end], sep], np.int32)
        maskable = ~np.isin(ids, np.asarray(specials))
        maskable[[0, -1]] = False
        if maskable.any():
            made.append(Block(randomness.hash_of_integers(key, number), ids, maskable))
    return made


def padded(arrays: Sequence[np.ndarray], length: int) -> np.ndarray:
    """Arrays [n, ...] of at most `length` rows as one [N, length, ...], filled up with zeros."""
    first = arrays[0]
    out = np.zeros([len(arrays), length, *first.shape[1:]], first.dtype)
    for row, array in zip(out, arrays):
        row[:len(array)] = array
    return out
