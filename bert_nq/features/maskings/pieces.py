"""Pieces, each as likely as any other."""
import numpy as np

from bert_nq.features.maskings import Block, Chosen, Masking


def choose(block: Block, k: int, random: np.random.RandomState) -> Chosen:
    """Chooses k pieces of a block; see Masking."""
    return Chosen(np.sort(random.permutation(len(block.ids))[:k]))


MASKING = Masking(choose)
