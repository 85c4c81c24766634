"""Pieces of a block hidden by a masking: which, and by what.

Of the pieces to tell 80 % become the mask, 10 % a random piece that is no special token, and 10 %
stay as they are (Devlin et al. 2019, section 3.1 and appendix A.1).
"""
import string
from typing import Optional

import numpy as np

from bert_nq.base import piece_model
from bert_nq.base.errors import UserError
from bert_nq.features import maskings
from bert_nq.features.masking import Masked, shown
from bert_nq.features.maskings import Block
from bert_nq.text.vocabulary import Vocabulary


class Masker:
    """Hides pieces of blocks.

    Attributes:
      masking: chooses them.
    """

    def __init__(self, vocabulary: Vocabulary, masking: maskings.Masking, rate: float):
        """
        Args:
          vocabulary: of the blocks.
          masking: chooses the pieces.
          rate: the share of a block's pieces that is hidden, see maskings.budget.

        Raises:
          UserError: the vocabulary lacks a special token.
        """
        self.masking, self._rate = masking, rate
        special = vocabulary.specials
        if special.mask not in vocabulary.ids:
            raise UserError("the vocabulary has no %s: pieces are hidden with the one that the "
                            "model was pretrained with" % special.mask)
        self._mask_id = vocabulary.ids[special.mask]
        # An unknown word can be told to be one, as in the reference.
        self._is_special = np.zeros(len(vocabulary), bool)
        self._is_special[[vocabulary.ids[token] for token in (
            special.pad, special.cls, special.sep, special.mask)
            if token in vocabulary.ids]] = True
        self._others = np.flatnonzero(~self._is_special)
        self._begins = np.array([vocabulary.begins_word(token) for token in vocabulary.tokens])
        self._is_punctuation = np.array([
            len(token) == 1 and token in string.punctuation for token in (
                token.lstrip(piece_model.BLANK) for token in vocabulary.tokens)])

    def __call__(self, ids: np.ndarray, random: np.random.RandomState,
                 is_entity: Optional[np.ndarray] = None) -> Masked:
        """Hides pieces.

        Args:
          ids: int [S] pieces; special tokens among them are never hidden.
          random: what is drawn follows from its state alone.
          is_entity: bool [S], for maskings that need it.

        Returns:
          The pieces with some of them hidden, and which; none where all are special.
        """
        ids = np.asarray(ids, np.int32)
        places = np.flatnonzero(~self._is_special[ids])
        if not len(places):
            return Masked(ids, places.astype(np.int32), ids[places])
        block = self._block(ids, places, is_entity)
        chosen = self.masking.choose(block, maskings.budget(len(places), self._rate), random)
        positions = places[chosen.positions].astype(np.int32)
        return Masked(self._hidden(ids, positions, chosen.groups, random), positions,
                      ids[positions])

    def _block(self, ids, places, is_entity):
        begins = self._begins[ids[places]]
        # What follows a special token begins a word.
        begins[0] = True
        begins[1:] |= np.diff(places) > 1
        return Block(ids[places], begins, self._is_punctuation[ids[places]],
                     None if is_entity is None else is_entity[places])

    def _hidden(self, ids, positions, groups, random):
        if groups is None:
            kinds = random.random_sample(len(positions))
        else:
            kinds = random.random_sample(int(groups.max()) + 1)[groups]
        others = self._others[random.randint(0, len(self._others), len(positions))]
        return shown(ids, positions, kinds, self._mask_id, others)
