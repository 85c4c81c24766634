"""The joint head's outputs: of each window the few logits that can win, not all of them.

Notation: N windows, S wordpieces of a window, K spans of a window that are looked at, P positions.
"""
from typing import NamedTuple, Optional

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

    Positions count the pieces of a window; all inclusive.

    Spans are of document pieces, without the separator behind them; the best come first, of
    equal ones that which starts, then that which ends first. Best starts and ends are those of all
    positions but that of [CLS], padding included, as bert_joint takes them.
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
                input_mask: np.ndarray, segment_ids: np.ndarray, options: OutputOptions,
                cls: Optional[np.ndarray] = None,
                document: Optional[np.ndarray] = None) -> WindowOutputs:
    """The outputs of windows in plain numpy: the definition of what the graph computes.

    Args:
      start_logits, end_logits: [N, S].
      type_logits: [N, 5].
      input_mask, segment_ids: [N, S], as the model takes them.
      options: see OutputOptions.
      cls: [N] the places of "no answer"; None for the first, where BERT's windows have it.
      document: bool [N, S], the document's pieces; None for BERT's windows, whose second segment
        they are, but for the separator at its end.
    """
    if cls is None:
        cls = np.zeros(len(start_logits), int)
    if document is None:
        document = segment_ids.astype(bool) & np.pad(segment_ids[:, 1:], [(0, 0), (0, 1)],
                                                     "constant").astype(bool)
    rows = [_window(*row, options) for row in zip(start_logits, end_logits, input_mask, document)]
    spans = [np.array(column) for column in zip(*(row for row in rows))]
    scores, starts, ends, start_z, end_z = spans
    start_top = _largest_but(cls, start_logits, options.num_positions)
    end_top = _largest_but(cls, end_logits, options.num_positions)
    places = np.arange(len(cls)), cls
    return WindowOutputs(
        scores.astype(np.float32), starts.astype(np.int32), ends.astype(np.int32),
        (start_logits[places] + end_logits[places]).astype(np.float32),
        start_z.astype(np.float32), end_z.astype(np.float32), type_logits.astype(np.float32),
        np.take_along_axis(start_logits, start_top, 1).astype(np.float32),
        start_top.astype(np.int32),
        np.take_along_axis(end_logits, end_top, 1).astype(np.float32), end_top.astype(np.int32))


def _window(start_logits, end_logits, mask, document, options):
    pieces, places = np.flatnonzero(mask), np.flatnonzero(document)
    spans = [(-(start_logits[s] + end_logits[e]), s, e) for s in places for e in places
             if s <= e < s + options.max_answer_length]
    best = sorted(spans)[:options.num_spans]
    best += [(-NO_SPAN, 0, 0)] * (options.num_spans - len(best))
    scores, starts, ends = zip(*best)
    return (-np.array(scores), starts, ends, _log_sum_exp(start_logits[pieces]),
            _log_sum_exp(end_logits[pieces]))


def _log_sum_exp(x):
    top = x.max()
    return top + np.log(np.exp(x - top).sum())


def _largest_but(excluded, logits, n):
    """[N, P] positions of the n largest logits of each row without one; of ties the first."""
    order = np.argsort(-logits, axis=1, kind="stable")
    others = order[order != excluded[:, None]].reshape([len(logits), -1])
    return others[:, :n]
