"""Compact records: what of a window does not follow from the rest, unpadded.

They are tf.train.Examples of int64 lists, as the full ones of records/examples.py, with unique_ids
and the labels under the same names, but instead of padded sequences they have

    piece_ids     [L]  input_ids without the padding
    window_shape  [2]  the pieces up to the first [SEP], which is included, and S
    piece_tokens  [L - window_shape[0] - 1]  token_map of the document's pieces, plus 1

for a window of L pieces that is padded to S: input_mask is 1 for its L pieces, segment_ids from
window_shape[0] on. The tokens are plus 1 since -1, of pieces that are no token, takes ten bytes.
"""
from typing import Dict, Iterator, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.features.windows import Windows
from bert_nq.records.examples import TRAINING_LABELS, example, int_feature

COMPACT = "compact"
FULL = "full"

PIECE_IDS = "piece_ids"
WINDOW_SHAPE = "window_shape"
PIECE_TOKENS = "piece_tokens"
_COMPACT = (PIECE_IDS, WINDOW_SHAPE, PIECE_TOKENS)

# Longer than any model's windows; a damaged length shall not become an array of that many zeros.
MAX_SEQ_LENGTH = 1 << 20


def serialize_compact(windows: Windows) -> Iterator[bytes]:
    """Yields each window as a serialized Example in the compact format, in order."""
    query, seq_length = windows.query_length, windows.input_ids.shape[1]
    shape = int_feature(WINDOW_SHAPE, np.array([query, seq_length]))
    for row, length in enumerate(windows.lengths.tolist()):
        features = [int_feature("unique_ids", windows.unique_ids[row:row + 1]),
                    int_feature(PIECE_IDS, windows.input_ids[row, :length]), shape]
        for name, values in zip(TRAINING_LABELS, windows.labels or ()):
            features.append(int_feature(name, values[row:row + 1]))
        if windows.token_map is not None:
            tokens = windows.token_map[row, query:length - 1] + 1
            features.append(int_feature(PIECE_TOKENS, tokens))
        yield example(features)


def record_format(features: Dict[str, np.ndarray]) -> str:
    """COMPACT or FULL: the format of a parsed record."""
    return COMPACT if any(name in features for name in _COMPACT) else FULL


def expand(features: Dict[str, np.ndarray], source: str) -> Dict[str, np.ndarray]:
    """The features that the full format has for the same window.

    Args:
      features: of a compact record, parsed; int64.
      source: names the record in messages.

    Raises:
      UserError: they do not describe a window.
    """
    ids, (query, seq_length) = _feature(features, PIECE_IDS, source), _shape(features, source)
    length = len(ids)
    if not 0 < query < length <= seq_length <= MAX_SEQ_LENGTH:
        raise UserError("%s: a window of %d wordpieces, padded to %d, cannot have a question of %d:"
                        " prepare the records again" % (source, length, seq_length, query))
    columns = np.arange(seq_length)
    full = {name: values for name, values in features.items() if name not in _COMPACT}
    full["input_ids"] = _padded(ids, 0, seq_length, 0)
    full["input_mask"] = (columns < length).astype(np.int64)
    full["segment_ids"] = ((columns >= query) & (columns < length)).astype(np.int64)
    if PIECE_TOKENS in features:
        tokens = features[PIECE_TOKENS]
        if len(tokens) != length - query - 1:
            raise UserError("%s: %s has %d values, the window %d wordpieces of the document: "
                            "prepare the records again"
                            % (source, PIECE_TOKENS, len(tokens), length - query - 1))
        full["token_map"] = _padded(tokens - 1, query, seq_length, -1)
    return full


def _feature(features: Dict[str, np.ndarray], name: str, source: str) -> np.ndarray:
    if name not in features:
        raise UserError("%s is a compact record without %s: prepare the records again"
                        % (source, name))
    return features[name]


def _shape(features: Dict[str, np.ndarray], source: str) -> Tuple[int, int]:
    shape = _feature(features, WINDOW_SHAPE, source).tolist()
    if len(shape) != 2:
        raise UserError("%s: %s has %d values, not two: prepare the records again"
                        % (source, WINDOW_SHAPE, len(shape)))
    return shape[0], shape[1]


def _padded(values: np.ndarray, start: int, size: int, padding: int) -> np.ndarray:
    """int64 [size]: `values` from `start` on, and `padding` around them."""
    row = np.full([size], padding, np.int64)
    row[start:start + len(values)] = values
    return row
