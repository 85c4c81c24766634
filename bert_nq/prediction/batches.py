"""Windows of many pages as batches of about equal length. Free of TensorFlow.

Notation: N windows, B windows of a batch, L wordpieces of its longest one, rounded up.
"""
from typing import Dict, Iterator, List, NamedTuple, Sequence

import numpy as np

from bert_nq.features.windows import Windows

# So that there are few lengths: kernels are made for each, and are fastest for round ones.
_MULTIPLE = 32


class Batch(NamedTuple):
    """Windows as the model takes them; int32."""
    rows: np.ndarray  # [B] which windows these are
    input_ids: np.ndarray  # [B, L]
    input_mask: np.ndarray  # [B, L] 1 for pieces, 0 for padding
    segment_ids: np.ndarray  # [B, L] 1 for the document and its [SEP]

    def features(self) -> Dict[str, np.ndarray]:
        """What is fed, by name."""
        return {name: getattr(self, name) for name in self._fields[1:]}


def make_batches(windows: Sequence[Windows], batch_size: int, full_length: bool) -> Iterator[Batch]:
    """Yields the windows of some pages, the longest first.

    They depend on these windows alone, so that a page's logits do not depend on who computes them.

    Args:
      windows: of each page.
      batch_size: B, of all batches but the last.
      full_length: whether the padding to max_seq_length is kept.
    """
    if not windows:
        return
    lengths = np.concatenate([w.lengths for w in windows])
    pages = np.repeat(np.arange(len(windows)), [len(w.lengths) for w in windows])
    firsts = np.cumsum([0] + [len(w.lengths) for w in windows])
    order = np.argsort(-lengths, kind="stable")
    for start in range(0, len(order), batch_size):
        rows = order[start:start + batch_size]
        places = [(windows[page], row - firsts[page])
                  for page, row in zip(pages[rows].tolist(), rows.tolist())]
        width = places[0][0].input_ids.shape[1]
        if not full_length:
            width = min(width, -(-int(lengths[rows[0]]) // _MULTIPLE) * _MULTIPLE)
        yield _batch(rows, places, lengths[rows], width)


def _batch(rows: np.ndarray, places: List, lengths: np.ndarray, width: int) -> Batch:
    columns = np.arange(width)[None, :]
    input_ids = np.stack([windows.input_ids[i, :width] for windows, i in places])
    query_lengths = np.array([windows.query_length for windows, _ in places])
    mask = columns < lengths[:, None]
    segments = mask & (columns >= query_lengths[:, None])
    return Batch(rows, input_ids.astype(np.int32), mask.astype(np.int32), segments.astype(np.int32))
