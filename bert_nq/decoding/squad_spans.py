"""The possible answers of a question: pairs of the best starts and ends of all its windows.

Notation: N windows, P best starts or ends of each.
"""
from typing import Iterator, NamedTuple, Optional, Tuple

import numpy as np

from bert_nq.decoding.context_windows import ContextWindows
from bert_nq.modeling.heads.position_outputs import PositionOutputs


class SpanOptions(NamedTuple):
    """The options of the search, named as run_squad's flags are, with their defaults."""
    n_best_size: int = 20  # P, and answers of the n-best list
    max_answer_length: int = 30  # wordpieces, both ends counted
    version_2_with_negative: bool = False  # whether a question may have no answer
    null_score_diff_threshold: float = 0.0  # no answer if it scores so much more than the best one
    sees_padding: bool = False  # whether padding counts among the P best positions


class PieceSpans(NamedTuple):
    """M spans of wordpieces in windows, as arrays [M]."""
    window: np.ndarray
    first: np.ndarray  # positions in the window
    last: np.ndarray
    start_logit: np.ndarray  # float64
    end_logit: np.ndarray

    def part(self, start: int, stop: int) -> "PieceSpans":
        """The spans [start, stop)."""
        return PieceSpans(*(values[start:stop] for values in self))

    def parts(self, size: int) -> Iterator["PieceSpans"]:
        """Yields `size` spans at a time, in their order; the last part may have fewer."""
        for start in range(0, len(self.window), size):
            yield self.part(start, start + size)

    def where(self, mask: np.ndarray) -> "PieceSpans":
        """The spans at which a mask, bool [M], is true."""
        return PieceSpans(*(values[mask] for values in self))

    def ends_in_context(self, windows: ContextWindows) -> Tuple[np.ndarray, np.ndarray]:
        """The first and the last piece of each span, counted from the context's first: int [M]."""
        before = windows.starts[self.window] - windows.query_length
        return before + self.first, before + self.last


class Null(NamedTuple):
    """No answer: the logits of [CLS] in the window where they are lowest together."""
    start_logit: float
    end_logit: float

    def score(self) -> float:
        """Both logits added up."""
        return self.start_logit + self.end_logit


def null_of(outputs: PositionOutputs) -> Null:
    """The Null of a question; of equal windows the first. Without windows its logits are 0."""
    if not len(outputs.null_start_logits):
        return Null(0.0, 0.0)
    starts, ends = (values.astype(np.float64) for values in (outputs.null_start_logits,
                                                             outputs.null_end_logits))
    lowest = int(np.argmin(starts + ends))
    return Null(float(starts[lowest]), float(ends[lowest]))


def best_first(outputs: PositionOutputs, word_map: np.ndarray, may_start: Optional[np.ndarray],
               max_answer_length: int) -> PieceSpans:
    """The possible spans by falling sum of their logits.

    Both ends are pieces of the context, the last one not before the first. Of equal sums, the
    first window comes first, then the better start, then the better end.

    Args:
      outputs: of the N windows.
      word_map: int [N, S], -1 where a piece is not of the context.
      may_start: bool [N, S]; None: everywhere.
      max_answer_length: in pieces, both ends counted.
    """
    if not len(word_map):
        nothing = np.zeros([0], np.int64)
        return PieceSpans(nothing, nothing, nothing, *np.zeros([2, 0]))
    firsts, lasts = outputs.start_positions, outputs.end_positions
    windows = np.arange(len(word_map))[:, None]
    first_is_right = word_map[windows, firsts] >= 0  # [N, P]
    if may_start is not None:
        first_is_right &= may_start[windows, firsts]
    last_is_right = word_map[windows, lasts] >= 0
    steps = lasts[:, None, :] - firsts[:, :, None]  # [N, P, P]
    possible = ((steps >= 0) & (steps < max_answer_length)
                & first_is_right[:, :, None] & last_is_right[:, None, :])
    start_logits, end_logits = (logits.astype(np.float64)
                                for logits in (outputs.start_logits, outputs.end_logits))
    found = possible.ravel().nonzero()[0]
    scores = (start_logits[:, :, None] + end_logits[:, None, :]).ravel()[found]
    found = found[(-scores).argsort(kind="stable")]
    # A pair's number is (window * P + start) * P + end, an end's is window * P + end.
    num_ends = lasts.shape[1]
    start = found // num_ends
    window = start // firsts.shape[1]
    end = found - start * num_ends + window * num_ends
    return PieceSpans(window, firsts.ravel()[start], lasts.ravel()[end],
                      start_logits.ravel()[start], end_logits.ravel()[end])
