"""Marks of punctuation first, in random order, then the other pieces, likewise."""
import numpy as np

from bert_nq.features.maskings import Block, Chosen, Masking


def choose(block: Block, k: int, random: np.random.RandomState) -> Chosen:
    """Chooses k pieces of a block; see Masking."""
    order = random.permutation(len(block.ids))
    # A stable sort keeps the order within both.
    first = np.argsort(~block.is_punctuation[order], kind="stable")
    return Chosen(np.sort(order[first[:k]]))


MASKING = Masking(choose)
