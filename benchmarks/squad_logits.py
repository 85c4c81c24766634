"""Made-up logits of a reader of SQuAD: noise, and some starts and ends that stand out.

Notation: N windows of all questions, S wordpieces of a window.
"""
from typing import Any, Iterable

import numpy as np

_PEAKS = 5  # spans of a window that stand out, with the pieces around their ends
_LONGEST = 8  # of these spans, in pieces
_AROUND = np.array([-2, -1, 0, 1, 2])
_FALL = 1.5  # of the logit from a peak to the next piece


def of_windows(rows: Any, rng: np.random.RandomState) -> np.ndarray:
    """The logits of a question's windows: float32 [2, N, S] of starts and ends.

    For half of the questions the highest peaks are at the answer.

    Args:
      rows: windows, mostly with labels, see features.squad_maker.Windows.
      rng: draws them.
    """
    num_windows, length = rows.input_ids.shape
    logits = rng.normal(-5, 1.5, [2, num_windows, length]).astype(np.float32)
    shows_answer = rng.random_sample() < 0.5
    for window, size in enumerate(rows.lengths.tolist()):
        context = (rows.query_length, size - 1)
        starts = rng.randint(*context, size=_PEAKS)
        lasts = np.minimum(starts + rng.randint(0, _LONGEST, _PEAKS), size - 2)
        heights = rng.uniform(3, 8, [2, _PEAKS])
        start = int(rows.labels.start_positions[window]) if rows.labels else 0
        if shows_answer and start:
            starts[0], lasts[0] = start, int(rows.labels.end_positions[window])
            heights[:, 0] = rng.uniform(8, 10, 2)
        for side, places in enumerate((starts, lasts)):
            _raise(logits[side, window], places, heights[side], context, rng)
    return logits


def _raise(logits, places, heights, context, rng) -> None:
    """Raises the logits [S] of one side at places, and less of the pieces around these."""
    around = (places[:, None] + _AROUND).ravel()
    values = (heights[:, None] - _FALL * abs(_AROUND)).ravel() + rng.normal(0, 0.5, around.size)
    inside = (around >= context[0]) & (around < context[1])
    np.maximum.at(logits, around[inside], values[inside].astype(np.float32))


def write(path: str, maker: Any, examples: Iterable[Any], seed: int) -> int:
    """Writes the logits [2, N, S] of questions as an array of NumPy; returns N."""
    rng = np.random.RandomState(seed)
    made = np.concatenate([of_windows(_rows(maker, example), rng) for example in examples], axis=1)
    np.save(path, made)
    return made.shape[1]


def _rows(maker: Any, example: Any) -> Any:
    """The windows of a question; without labels where the answer is not found, and none remain."""
    rows = maker.training(example).rows
    return rows if len(rows.lengths) else maker.prediction(example).rows
