"""The possible answers of a question: pairs of the best starts and ends of all its windows.

Notation: N windows, P best starts or ends of each.
"""
from typing import Iterator, NamedTuple

import numpy as np

from bert_nq.modeling.heads.position_outputs import PositionOutputs


class SpanOptions(NamedTuple):
    """The options of the search, named as run_squad's flags are, with their defaults."""
    n_best_size: int = 20  # P, and answers of the n-best list
    max_answer_length: int = 30  # wordpieces, both ends counted
    version_2_with_negative: bool = False  # whether a question may have no answer
    null_score_diff_threshold: float = 0.0  # no answer if it scores so much more than the best one
    sees_padding: bool = False  # whether padding counts among the P best positions


class PieceSpan(NamedTuple):
    """A span of wordpieces in a window."""
    window: int
    first: int  # positions in the window
    last: int
    start_logit: float
    end_logit: float


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


def best_first(outputs: PositionOutputs, word_map: np.ndarray, may_start: np.ndarray,
               max_answer_length: int) -> Iterator[PieceSpan]:
    """Yields the possible spans by falling sum of their logits.

    Both ends are pieces of the context, the last one not before the first. Of equal sums, the
    first window comes first, then the better start, then the better end.

    Args:
      outputs: of the N windows.
      word_map: int [N, S], -1 where a piece is not of the context.
      may_start: bool [N, S].
      max_answer_length: in pieces, both ends counted.
    """
    if not len(word_map):
        return
    windows = np.arange(len(word_map))[:, None]
    firsts, lasts = outputs.start_positions, outputs.end_positions
    first_is_right = (word_map[windows, firsts] >= 0) & may_start[windows, firsts]  # [N, P]
    last_is_right = word_map[windows, lasts] >= 0
    lengths = lasts[:, None, :] - firsts[:, :, None] + 1  # [N, P, P]
    possible = ((lengths >= 1) & (lengths <= max_answer_length)
                & first_is_right[:, :, None] & last_is_right[:, None, :])
    window, start, end = np.nonzero(possible)
    start_logits = outputs.start_logits[window, start].astype(np.float64)
    end_logits = outputs.end_logits[window, end].astype(np.float64)
    order = np.argsort(-(start_logits + end_logits), kind="stable")
    found = (window, firsts[window, start], lasts[window, end], start_logits, end_logits)
    yield from map(PieceSpan, *(values[order].tolist() for values in found))
