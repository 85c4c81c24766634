"""Whole words hidden for a masked language model: pieces to masks. Free of TensorFlow.

As the whole-word models of Google's BERT were trained: words are drawn, not pieces, and every piece
of a drawn word is one to guess. Of such pieces 80 % become the mask, 10 % a random piece, and 10 %
stay as they are (Devlin et al. 2019, section 3.1 and appendix A.1).
Further pre-training has maskings of equal budgets, features.maskings.
"""
from typing import NamedTuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.text.vocabulary import Vocabulary

# Of the pieces to guess, the share that becomes the mask, and the share that becomes a random one.
_MASKED, _RANDOM = 0.8, 0.1


class MaskingOptions(NamedTuple):
    """How many pieces of a window are to be guessed."""
    share: float = 0.15  # of its pieces, [CLS] and [SEP] counted, padding not
    max_predictions: int = 20  # and no more than these


_DEFAULTS = MaskingOptions()


class Masked(NamedTuple):
    """A window of which some words are hidden. P pieces to guess, S pieces of the window."""
    ids: np.ndarray  # int32 [S], what the model is to see
    positions: np.ndarray  # int32 [P], of the pieces to guess, ascending
    labels: np.ndarray  # int32 [P], what was there


def shown(ids: np.ndarray, positions: np.ndarray, kinds: np.ndarray, mask_id: int,
          others: np.ndarray) -> np.ndarray:
    """The pieces as the model is to see them, int32 [S].

    Args:
      ids: int32 [S] of the pieces.
      positions: int [P] of those to guess.
      kinds: float [P] in [0, 1): below 0.8 the mask is shown, below 0.9 another piece.
      mask_id: of the mask.
      others: int [P] ids of the other pieces.
    """
    seen = np.array(ids)
    seen[positions] = np.where(kinds < _MASKED, mask_id, np.where(
        kinds < _MASKED + _RANDOM, others, ids[positions]))
    return seen


class WordMasker:
    """Hides whole words of windows.

    A word is a piece that begins one, by what the vocabulary says, and all pieces after it up to
    the next that does. Whatever stands behind a special token begins a word.

    Args:
      vocabulary: of the windows.
      options: how much is hidden.

    Raises:
      UserError: the vocabulary lacks a special token.
    """

    def __init__(self, vocabulary: Vocabulary, options: MaskingOptions = _DEFAULTS):
        self._options = options
        self._vocab_size = len(vocabulary)
        special = vocabulary.specials
        missing = [token for token in special if token not in vocabulary.ids]
        if missing:
            raise UserError("the vocabulary has no %s: words are hidden with the one that the "
                            "model was pretrained with" % missing[0])
        self._mask_id = vocabulary.ids[special.mask]
        self._pad_id = vocabulary.ids[special.pad]
        # An unknown word can be guessed to be one, as in the reference.
        self._is_special = np.zeros(len(vocabulary), bool)
        self._is_special[[vocabulary.ids[token] for token in (
            special.pad, special.cls, special.sep, special.mask)]] = True
        self._begins = np.array([vocabulary.begins_word(token) for token in vocabulary.tokens])

    def budget(self, num_pieces: int) -> int:
        """The most pieces that are hidden of so many: at least 1, so that none is for nothing.

        Halves are rounded to even numbers, as by Python's `round` in the reference: 1.5, of 10
        pieces, to 2, and 4.5, of 30, to 4.
        """
        share = max(1, int(round(num_pieces * self._options.share)))
        return min(self._options.max_predictions, share)

    def __call__(self, ids: np.ndarray, random: np.random.RandomState) -> Masked:
        """Hides words of a window.

        Words are taken in random order, each that still fits into the budget; one that does not is
        passed over, and shorter ones after it may fit.

        Args:
          ids: int [S], of the window's pieces, with its special tokens and padding.
          random: what is drawn follows from its state alone.
        """
        ids = np.asarray(ids, np.int32)
        starts, ends = self._words(ids)
        left = self.budget(int(np.count_nonzero(ids != self._pad_id)))
        chosen = np.zeros(len(ids), bool)
        for word in random.permutation(len(starts)).tolist():
            start, end = starts[word], ends[word]
            if end - start <= left:
                chosen[start:end] = True
                left -= end - start
        positions = np.flatnonzero(chosen).astype(np.int32)
        return Masked(self._hidden(ids, positions, random), positions, ids[positions])

    def _words(self, ids):
        """The first piece of each word, and the one behind its last."""
        special = self._is_special[ids]
        begins = special | self._begins[ids]
        begins[:1] = True
        begins[1:] |= special[:-1]
        bounds = np.append(np.flatnonzero(begins), len(ids))
        starts, ends = bounds[:-1], bounds[1:]
        of_text = ~special[starts]
        return starts[of_text], ends[of_text]

    def _hidden(self, ids, positions, random):
        """The ids with those at the positions replaced, each by its own draw."""
        kinds = random.random_sample(len(positions))
        others = random.randint(0, self._vocab_size, len(positions))
        return shown(ids, positions, kinds, self._mask_id, others)
