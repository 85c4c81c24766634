"""Words of named entities first, in random order, then the other words, likewise."""
import numpy as np

from bert_nq.features.maskings import Block, Chosen, Masking, words


def choose(block: Block, k: int, random: np.random.RandomState) -> Chosen:
    """Chooses k pieces of a block; see Masking. A word is of an entity if one of its pieces is."""
    assert block.is_entity is not None
    found = words.words_of(block)
    order = [found[i] for i in random.permutation(len(found)).tolist()]
    is_entity = block.is_entity
    return words.fill(sorted(order, key=lambda word: not is_entity[word[0]:word[1]].any()), k)


MASKING = Masking(choose, needs_entities=True)
