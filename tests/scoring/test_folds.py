"""The folds of a cross-validation."""
import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.scoring.folds import folds


def test_folds_follow_from_ids_and_seed():
    ids = np.arange(-50, 53, dtype=np.int64)
    fold_of = folds(ids, 5, 0)
    assert np.bincount(fold_of).tolist() == [21, 21, 21, 20, 20]
    turned = folds(ids[::-1], 5, 0)[::-1]
    assert turned.tolist() == fold_of.tolist()
    assert folds(ids, 5, 1).tolist() != fold_of.tolist()
    with pytest.raises(UserError, match="3 questions cannot be parted into 4 folds"):
        folds(ids[:3], 4, 0)
