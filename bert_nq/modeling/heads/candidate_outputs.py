"""The candidate head's outputs: log-probabilities of classes, and of starts and ends.

Free of TensorFlow. Notation: N rows, S pieces of a row.
"""
from typing import NamedTuple

import numpy as np

from bert_nq.modeling.heads import outputs
from bert_nq.modeling.heads.outputs import NO_SPAN


class CandidateOptions(NamedTuple):
    """The amount of what leaves the model."""
    spans: bool = True  # or classes alone, which is less to compute and to copy
    sees_padding: bool = False  # padding is never a start or an end


class CandidateOutputs(NamedTuple):
    """Outputs of N rows. Words are what starts and ends are compared by between models of different
    vocabularies, so that all pieces' log-probabilities are there; S is 0 where no spans are wanted.
    """
    class_log_probs: np.ndarray  # float32 [N, 5], see candidate.NUM_CLASSES
    start_log_probs: np.ndarray  # float32 [N, S] of the first piece of the answer's first word
    end_log_probs: np.ndarray  # float32 [N, S] of the first piece of the word behind the answer

    positions = {}
    rows = outputs.rows
    check_finite = outputs.check_finite


def from_logits(start_logits: np.ndarray, end_logits: np.ndarray, class_logits: np.ndarray,
                input_mask: np.ndarray, options: CandidateOptions) -> CandidateOutputs:
    """The outputs in plain numpy: the definition of what the graph computes.

    Args:
      start_logits, end_logits: [N, S].
      class_logits: [N, 5].
      input_mask: [N, S], 1 for pieces and 0 for padding.
      options: see CandidateOptions.
    """
    is_piece = input_mask.astype(bool)
    spans = [np.where(is_piece, _log_softmax(np.where(is_piece, logits, NO_SPAN)), NO_SPAN)
             if options.spans else np.zeros([len(logits), 0])
             for logits in (start_logits, end_logits)]
    return CandidateOutputs(*(array.astype(np.float32)
                              for array in [_log_softmax(class_logits)] + spans))


def _log_softmax(logits):
    logits = logits - logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
