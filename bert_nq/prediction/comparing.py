"""The comparison of two ways to compute the same outputs, on made-up windows. Free of TensorFlow.

Notation: N windows, K scores of each.
"""
from typing import Any, List

import numpy as np

from bert_nq.modeling import models
from bert_nq.prediction.batches import Batch
from bert_nq.prediction.model_settings import ModelSettings


def probe_batches(settings: ModelSettings, max_seq_length: int) -> List[Batch]:
    """Made-up windows of some lengths; the same every time."""
    rng = np.random.RandomState(0)
    vocab_size = settings.members[0].model.config.vocab_size
    names = models.inputs(settings.members[0].model)
    batches = []
    for size, length in ((1, max_seq_length), (3, max_seq_length // 2 + 1), (2, 8)):
        lengths = np.append(length, rng.randint(length // 2, length + 1, size - 1))
        columns = np.arange(length)[None, :]
        mask = columns < lengths[:, None]
        made = {"input_mask": mask, "segment_ids": mask & (columns >= length // 4),
                "input_ids": rng.randint(0, vocab_size, mask.shape) * mask}
        # Features that only some models have are 0.
        batches.append(Batch(np.arange(size), {
            name: np.asarray(made.get(name, np.zeros_like(mask)), np.int32) for name in names}))
    return batches


def largest_difference(a: Any, b: Any, bound: float) -> float:
    """The largest of any score or logit; infinite where shapes differ, or positions told apart.

    Args:
      a, b: outputs of the same windows.
      bound: two scores that are no further apart than twice this may change their places.
    """
    differences = [0.0]
    for name, x, y in zip(a._fields, a, b):
        if x.shape != y.shape:
            return np.inf
        if name in a.positions:
            if np.any((x != y) & _told_apart(getattr(a, a.positions[name]), 2 * bound)):
                return np.inf
        else:
            differences.append(np.abs(x - y).max(initial=0.0))
    return float(np.max(differences))  # Unlike max(), not a number where one is none.


def _told_apart(scores: np.ndarray, distance: float) -> np.ndarray:
    """bool [N, K]: where a score is further than `distance` from those beside it.

    What follows the last one is not known: it may be as good.
    """
    gaps = np.abs(np.diff(scores, axis=1)) > distance
    first, last = np.ones_like(scores[:, :1], bool), np.zeros_like(scores[:, :1], bool)
    return np.concatenate([first, gaps], axis=1) & np.concatenate([gaps, last], axis=1)
