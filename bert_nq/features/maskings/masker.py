"""Pieces of a block hidden by a masking: which, and by what.

Of the pieces to tell 80 % become the mask, 10 % a random piece that is no special token, and 10 %
stay as they are (Devlin et al. 2019, section 3.1 and appendix A.1).
"""
import string
from typing import NamedTuple, Optional

import numpy as np

from bert_nq.base import piece_model
from bert_nq.base.errors import UserError
from bert_nq.features import maskings
from bert_nq.features.masking import Masked, shown
from bert_nq.features.maskings import Block, Chosen
from bert_nq.text.vocabulary import Vocabulary


class MaskPieces(NamedTuple):
    """What hides pieces, and which are never hidden. V pieces of a vocabulary."""
    mask: int  # the id of [MASK]
    pad: int
    is_special: np.ndarray  # bool [V]
    others: np.ndarray  # int [W] ids of those that are not special, the random pieces


def mask_pieces(vocabulary: Vocabulary) -> MaskPieces:
    """The MaskPieces of a vocabulary.

    Raises:
      UserError: it has no mask.
    """
    special = vocabulary.specials
    if special.mask not in vocabulary.ids:
        raise UserError("the vocabulary has no %s: pieces are hidden with the one that the "
                        "model was pretrained with" % special.mask)
    # An unknown word can be told to be one, as in the reference.
    is_special = np.zeros(len(vocabulary), bool)
    is_special[[vocabulary.ids[token] for token in (
        special.pad, special.cls, special.sep, special.mask) if token in vocabulary.ids]] = True
    return MaskPieces(vocabulary.ids[special.mask], vocabulary.ids.get(special.pad, -1),
                      is_special, np.flatnonzero(~is_special))


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
        self._pieces = mask_pieces(vocabulary)
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
        positions, groups = self.choose(ids, random, is_entity)
        positions = positions.astype(np.int32)
        return Masked(self._hidden(ids, positions, groups, random), positions, ids[positions])

    def choose(self, ids: np.ndarray, random: np.random.RandomState,
               is_entity: Optional[np.ndarray] = None) -> Chosen:
        """The pieces to hide, as places in `ids`; the arguments are those of a call."""
        places = np.flatnonzero(~self._pieces.is_special[ids])
        if not len(places):
            return Chosen(places)
        num_pieces = int(np.count_nonzero(ids != self._pieces.pad))
        chosen = self.masking.choose(
            self._block(ids, places, is_entity),
            maskings.budget(num_pieces, len(places), self._rate), random)
        return Chosen(places[chosen.positions], chosen.groups)

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
        others = self._pieces.others
        return shown(ids, positions, kinds, self._pieces.mask,
                     others[random.randint(0, len(others), len(positions))])
