"""Texts as blocks of wordpieces, which are masked and pretrained on; see features.blocks."""
from typing import List, NamedTuple, Optional, Sequence

import numpy as np

from bert_nq.base import randomness
from bert_nq.features.blocks import cut
from bert_nq.features.packing import Frame


class Block(NamedTuple):
    """A block of n pieces, without padding."""
    key: int  # below 2^64, of the text and the place of the block in it
    ids: np.ndarray  # int32 [n], [CLS] and [SEP] among them
    maskable: np.ndarray  # bool [n]: no special tokens
    is_entity: Optional[np.ndarray] = None  # bool [n], see maskings.Block; for rules that need it


class Masked(NamedTuple):
    """A block as it is pretrained on. n positions, k masked ones."""
    shown: np.ndarray  # int32 [n], what the model sees
    positions: np.ndarray  # int64 [k]
    ids: np.ndarray  # int32 [n], what was there


def blocks_of(key: int, pieces: Sequence[int], block_size: int, frame: Frame,
              is_special: np.ndarray, is_entity: Optional[Sequence[bool]] = None) -> List[Block]:
    """The blocks of a text; none where there is nothing to mask.

    Args:
      key: of the text, any 64-bit integer.
      pieces: ids of all of the text.
      block_size: pieces of a full block, those of the frame counted.
      frame: the ids around the pieces of a block.
      is_special: bool [V], the ids that are never masked, wherever they stand.
      is_entity: whether each piece is of an entity, where that is known.
    """
    before, after = frame
    size = block_size - len(before) - len(after)
    made = []
    for number, block in enumerate(cut(pieces, size, keep_remainder=False)):
        ids = np.array([*before, *block, *after], np.int32)
        maskable = ~is_special[ids]
        if maskable.any():
            marks = None if is_entity is None else np.pad(
                is_entity[number * size:number * size + len(block)], (len(before), len(after)))
            made.append(Block(randomness.hash_of_integers(key, number), ids, maskable, marks))
    return made


def padded(arrays: Sequence[np.ndarray], length: int) -> np.ndarray:
    """Arrays [n, ...] of at most `length` rows as one [N, length, ...], filled up with zeros."""
    first = arrays[0]
    out = np.zeros([len(arrays), length, *first.shape[1:]], first.dtype)
    for row, array in zip(out, arrays):
        row[:len(array)] = array
    return out
