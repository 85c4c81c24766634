"""The folds of a cross-validation."""
import numpy as np

from bert_nq.base import randomness
from bert_nq.base.errors import UserError


def folds(ids: np.ndarray, num_folds: int, seed: int) -> np.ndarray:
    """int [n]: the fold of each question, given by the ids and the seed whatever their order.

    Args:
      ids: int64 [n], of the questions.
      num_folds: their sizes differ by 1 at most.
      seed: gives other folds.

    Raises:
      UserError: there are fewer questions than folds.
    """
    if len(ids) < num_folds:
        raise UserError("%d questions cannot be parted into %d folds: give a smaller --folds"
                        % (len(ids), num_folds))
    order = np.lexsort((ids, randomness.hash64(seed, ids)))
    fold_of = np.empty(len(ids), np.int64)
    fold_of[order] = np.arange(len(ids)) % num_folds
    return fold_of
