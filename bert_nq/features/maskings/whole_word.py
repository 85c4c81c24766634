"""Whole words in random order, as Google's whole-word models were pretrained, but to the last piece
of the budget: see words.fill."""
import numpy as np

from bert_nq.features.maskings import Block, Chosen, Masking, words


def choose(block: Block, k: int, random: np.random.RandomState) -> Chosen:
    """Chooses k pieces of a block; see Masking."""
    found = words.words_of(block)
    return words.fill((found[i] for i in random.permutation(len(found)).tolist()), k)


MASKING = Masking(choose)
