"""The beam head's outputs: of each window its best starts, and of each of these the best ends.

Free of TensorFlow. Notation: N windows, S pieces of a window, K starts, E ends of each start.
"""
from typing import NamedTuple

import numpy as np

from bert_nq.modeling.heads import outputs
from bert_nq.modeling.heads.outputs import NO_SPAN


class BeamOptions(NamedTuple):
    """The amount of what leaves the model."""
    start_n_top: int = 5  # K
    end_n_top: int = 5  # E
    sees_padding: bool = False  # padding is never an end of an answer


class BeamOutputs(NamedTuple):
    """Outputs of N windows. Positions count the pieces of a window.

    The best starts come first; of each, in the same order, the best ends: end j of start i is
    number i * E + j. Where a window has fewer, the rest have NO_SPAN and position 0.
    """
    start_log_probs: np.ndarray  # float32 [N, K]: log-probability of a start
    start_positions: np.ndarray  # int32 [N, K]
    end_log_probs: np.ndarray  # float32 [N, K * E]: of an end, given its start
    end_positions: np.ndarray  # int32 [N, K * E]
    class_logits: np.ndarray  # float32 [N]: log-odds that the window has no answer

    positions = {"start_positions": "start_log_probs", "end_positions": "end_log_probs"}
    rows = outputs.rows
    check_finite = outputs.check_finite


def from_logits(start_logits: np.ndarray, end_logits: np.ndarray, class_logits: np.ndarray,
                allowed: np.ndarray, options: BeamOptions) -> BeamOutputs:
    """The outputs in plain numpy: the definition of what the graph computes.

    Args:
      start_logits: [N, S].
      end_logits: [N, S, S], row i of a window given the start i.
      class_logits: [N].
      allowed: bool [N, S], where an answer may begin and end.
      options: see BeamOptions.
    """
    num_ends = options.end_n_top
    start_log_probs, starts = _best(start_logits, allowed, options.start_n_top)
    end_log_probs, ends = (np.stack(part, axis=1) for part in zip(*(
        _best(np.take_along_axis(end_logits, starts[:, i, None, None], 1)[:, 0], allowed, num_ends)
        for i in range(options.start_n_top))))
    is_start = (start_log_probs > NO_SPAN)[:, :, None]
    flat = [len(starts), -1]
    return BeamOutputs(
        start_log_probs.astype(np.float32), starts.astype(np.int32),
        np.where(is_start, end_log_probs, NO_SPAN).reshape(flat).astype(np.float32),
        np.where(is_start, ends, 0).reshape(flat).astype(np.int32),
        class_logits.astype(np.float32))


def _best(logits, allowed, n):
    """The n largest log-probabilities [N, n] of each row, and their positions."""
    logits = np.where(allowed, logits, -np.inf).astype(np.float64)
    top = logits.max(axis=1, keepdims=True)
    log_probs = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    log_probs = np.pad(log_probs, [(0, 0), (0, n)], "constant", constant_values=-np.inf)
    places = np.argsort(-log_probs, axis=1, kind="stable")[:, :n]
    log_probs = np.take_along_axis(log_probs, places, 1)
    is_one = np.isfinite(log_probs)
    return np.where(is_one, log_probs, NO_SPAN), np.where(is_one, places, 0)
