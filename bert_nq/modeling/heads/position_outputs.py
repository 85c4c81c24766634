"""The span head's outputs: of each window its best starts and ends.

Free of TensorFlow. Notation: N windows, P positions of a window that are looked at.
"""
from typing import NamedTuple, Optional

import numpy as np

from bert_nq.modeling.heads import outputs
from bert_nq.modeling.heads.outputs import NO_SPAN


class PositionOptions(NamedTuple):
    """The amount of what leaves the model."""
    num_positions: int = 20  # P
    sees_padding: bool = False  # whether the best positions may be padding, as in run_squad


class PositionOutputs(NamedTuple):
    """Outputs of N windows. Positions count the pieces of a window.

    The best positions come first, of equal ones the earlier; where a window has fewer than P, the
    logits of the rest are NO_SPAN.
    """
    start_logits: np.ndarray  # float32 [N, P]
    start_positions: np.ndarray  # int32 [N, P]
    end_logits: np.ndarray  # float32 [N, P]
    end_positions: np.ndarray  # int32 [N, P]
    null_start_logits: np.ndarray  # float32 [N] of "no answer", the place of [CLS]
    null_end_logits: np.ndarray  # float32 [N]

    positions = {"start_positions": "start_logits", "end_positions": "end_logits"}
    rows = outputs.rows
    check_finite = outputs.check_finite


def from_logits(start_logits: np.ndarray, end_logits: np.ndarray, input_mask: np.ndarray,
                options: PositionOptions, cls: Optional[np.ndarray] = None) -> PositionOutputs:
    """The outputs in plain numpy: the definition of what the graph computes.

    Args:
      start_logits, end_logits: [N, S].
      input_mask: [N, S], 1 for pieces and 0 for padding.
      options: see PositionOptions.
      cls: [N] the places of "no answer"; None for the first, where BERT's windows have it.
    """
    best = []
    for logits in (start_logits, end_logits):
        if not options.sees_padding:
            logits = np.where(input_mask.astype(bool), logits, NO_SPAN)
        places = np.argsort(-logits, axis=1, kind="stable")[:, :options.num_positions]
        best += [np.take_along_axis(logits, places, 1), places.astype(np.int32)]
    rows, cls = np.arange(len(start_logits)), 0 if cls is None else cls
    return PositionOutputs(*best, start_logits[rows, cls], end_logits[rows, cls])
