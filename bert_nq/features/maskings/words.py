"""Words of a block, and the choice of whole ones."""
from typing import Iterable, List, Tuple

import numpy as np

from bert_nq.features.maskings import Block, Chosen

Word = Tuple[int, int]  # its pieces [start, end)


def words_of(block: Block) -> List[Word]:
    """The words, in order."""
    starts = np.flatnonzero(block.begins)
    return list(zip(starts.tolist(), np.append(starts[1:], len(block.ids)).tolist()))


def fill(order: Iterable[Word], k: int) -> Chosen:
    """Exactly k pieces of words that are taken in an order.

    A word that does not fit any more is passed over, and shorter ones after it may fit. Where none
    does and pieces are missing, the first that was passed over gives its first ones: of all words
    one alone is hidden in part.

    Args:
      order: all words of a block.
      k: at most as many as they have pieces.
    """
    chosen: List[int] = []
    passed_over: List[Word] = []
    for start, end in order:
        if end - start <= k - len(chosen):
            chosen.extend(range(start, end))
            if len(chosen) == k:
                break
        else:
            passed_over.append((start, end))
    if len(chosen) < k:
        start, _ = passed_over[0]
        chosen.extend(range(start, start + k - len(chosen)))
    return Chosen(np.array(sorted(chosen)))
