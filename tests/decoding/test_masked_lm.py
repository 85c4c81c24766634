"""Blocks of a text summed up."""
import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.corpus.example import Example
from bert_nq.decoding import masked_lm
from bert_nq.modeling.heads.mlm_outputs import MaskedOutputs

EXAMPLE = Example(5, "a.txt:1", ("one two",), "a.txt, text 1")


def test_hidden_pieces_of_all_blocks_count_alike():
    outputs = MaskedOutputs(*np.array([[6.0, 2.0], [1, 1], [3, 1]], np.float32))
    decoder = masked_lm.make_decoder("sums", {})
    entry = {"example_id": 5, "id": "a.txt:1", "masked": 4, "right": 2, "loss": 2.0}
    assert decoder.decode(EXAMPLE, None, outputs) == entry
    assert decoder.both(EXAMPLE, None, outputs) == (entry, entry)
    assert decoder.describe() == {"decoder": "sums", "options": {}}


def test_it_has_no_options():
    with pytest.raises(UserError, match="--n_best_size is no option of --decoder=sums"):
        masked_lm.make_decoder("sums", {"n_best_size": 3})
