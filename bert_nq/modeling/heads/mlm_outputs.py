"""The outputs of masked language models: of each block, how well its hidden pieces are told.

Free of TensorFlow. Notation: N blocks, S sequence in wordpieces.
"""
from typing import NamedTuple

import numpy as np

from bert_nq.modeling.heads import outputs

# Features, named as in Google's pretraining records, but of all S positions: the pieces that were
# there, and whether they are to be told.
IDS, WEIGHTS = "masked_lm_ids", "masked_lm_weights"


class MaskedOptions(NamedTuple):
    """The amount of what leaves the model: all of it."""
    sees_padding: bool = False  # see PositionOptions


class MaskedOutputs(NamedTuple):
    """Outputs of N blocks."""
    loss_sum: np.ndarray  # float32 [N], the sum of the cross entropies of the hidden pieces
    num_right: np.ndarray  # float32 [N] of them, those whose likeliest piece is the one that was
    num_masked: np.ndarray  # float32 [N] hidden pieces

    positions = {}
    rows = outputs.rows
    check_finite = outputs.check_finite
