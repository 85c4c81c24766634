"""The joint head's outputs: of each window the few logits that can win, not all of them.

Notation: N windows, S wordpieces of a window, K spans of a window that are looked at, P positions.
"""
from typing import NamedTuple

import numpy as np

from bert_nq.modeling.heads import outputs
from bert_nq.modeling.heads.outputs import NO_SPAN


class OutputOptions(NamedTuple):
    """The amount of what leaves the model."""
    num_spans: int = 20  # K, for the page decoder
    num_positions: int = 10  # P, for bert_joint's
    max_answer_length: int = 30  # wordpieces of a span, both ends counted
    sees_padding: bool = False  # whether the best positions may be padding, as in bert_joint


class WindowOutputs(NamedTuple):
    """Outputs of N windows.

    Positions count the wordpieces of a window, [CLS] being 0; all inclusive.

    Spans are of document pieces (the second segment, without its [SEP]); the best come first, of
    equal ones that which starts, then that which ends first. Best starts and ends are those of all
    positions but 0, padding included, as bert_joint takes them.
    """
    span_scores: np.ndarray  # float32 [N, K]: start logit + end logit, NO_SPAN where there is none
    span_starts: np.ndarray  # int32 [N, K]
    span_ends: np.ndarray  # int32 [N, K]
    null_scores: np.ndarray  # float32 [N]: start logit + end logit of [CLS]
    start_log_z: np.ndarray  # float32 [N]: log of the sum of exp(start logit) over all pieces
    end_log_z: np.ndarray  # float32 [N]
    type_logits: np.ndarray  # float32 [N, 5], see joint.NUM_TYPES
    start_logits: np.ndarray  # float32 [N, P], the largest
    start_positions: np.ndarray  # int32 [N, P]
    end_logits: np.ndarray  # float32 [N, P]
    end_positions: np.ndarray  # int32 [N, P]

    positions = {"span_starts": "span_scores", "span_ends": "span_scores",
                 "start_positions": "start_logits", "end_positions": "end_logits"}
    rows = outputs.rows
    check_finite = outputs.check_finite


def from_logits(start_logits: np.ndarray, end_logits: np.ndarray, type_logits: np.ndarray,
                input_mask: np.ndarray, segment_ids: np.ndarray,
                options: OutputOptions) -> WindowOutputs:
    """The outputs of windows in plain numpy: the definition of what the graph computes.

    Args:
      start_logits, end_logits: [N, S].
      type_logits: [N, 5].
      input_mask, segment_ids: [N, S], as the model takes them.
      options: see OutputOptions.
    """
    rows = [_window(*row, options) for row in zip(start_logits, end_logits, input_mask,
                                                  segment_ids)]
    spans = [np.array(column) for column in zip(*(row for row in rows))]
    scores, starts, ends, start_z, end_z = spans
    start_top = _largest(start_logits, options.num_positions)
    end_top = _largest(end_logits, options.num_positions)
    return WindowOutputs(
        scores.astype(np.float32), starts.astype(np.int32), ends.astype(np.int32),
        (start_logits[:, 0] + end_logits[:, 0]).astype(np.float32),
        start_z.astype(np.float32), end_z.astype(np.float32), type_logits.astype(np.float32),
        np.take_along_axis(start_logits, start_top, 1).astype(np.float32),
        start_top.astype(np.int32),
        np.take_along_axis(end_logits, end_top, 1).astype(np.float32), end_top.astype(np.int32))


def _window(start_logits, end_logits, mask, segments, options):
    pieces = np.flatnonzero(mask)
    document = np.flatnonzero(segments)[:-1]  # The last one is [SEP].
    spans = [(-(start_logits[s] + end_logits[e]), s, e) for s in document for e in document
             if s <= e < s + options.max_answer_length]
    best = sorted(spans)[:options.num_spans]
    best += [(-NO_SPAN, 0, 0)] * (options.num_spans - len(best))
    scores, starts, ends = zip(*best)
    return (-np.array(scores), starts, ends, _log_sum_exp(start_logits[pieces]),
            _log_sum_exp(end_logits[pieces]))


def _log_sum_exp(x):
    top = x.max()
    return top + np.log(np.exp(x - top).sum())


def _largest(logits, n):
    """[N, P] positions of the n largest logits of each row but position 0; of ties the first."""
    return np.argsort(-logits[:, 1:], axis=1, kind="stable")[:, :n] + 1
