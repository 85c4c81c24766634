"""The packing of two texts into one sequence, BERT's, and the rules that it keeps.

    [CLS] question [SEP] document [SEP] [PAD] …
    input_mask      1 for wordpieces, 0 for padding
    segment_ids     0 for [CLS], the question and its [SEP], 1 for the rest, 0 for padding

Notation: N records, S their sequence length. Rows that break a rule may hold any numbers.
"""
from typing import Iterator, NamedTuple, Tuple

import numpy as np

from bert_nq.features.featurizer import Columns, Pieces, Rule
from bert_nq.features.spec import INPUT, SEGMENTS, SEQUENCE, VOCABULARY, Feature

INPUT_IDS, INPUT_MASK, SEGMENT_IDS = "input_ids", "input_mask", "segment_ids"

INPUTS: Tuple[Feature, ...] = (
    Feature(INPUT_IDS, SEQUENCE, INPUT, VOCABULARY),
    Feature(INPUT_MASK, SEQUENCE, INPUT, 2),
    Feature(SEGMENT_IDS, SEQUENCE, INPUT, SEGMENTS),
)


class Layout(NamedTuple):
    """The places of the texts of N records, by mask and segments alone."""
    lengths: np.ndarray  # int64 [N] wordpieces before the padding
    query_lengths: np.ndarray  # int64 [N] wordpieces of the question, [CLS] and [SEP] included
    is_piece: np.ndarray  # bool [N, S] no padding
    in_second: np.ndarray  # bool [N, S] the document and its [SEP]

    def in_document(self) -> np.ndarray:
        """bool [N, S]: the document without its [SEP]."""
        columns = np.arange(self.is_piece.shape[1], dtype=np.int32)
        return self.in_second & (columns < self.lengths[:, None] - 1)


def layout_of(columns: Columns) -> Layout:
    """The layout of N records."""
    mask = columns[INPUT_MASK]
    lengths = np.count_nonzero(mask, axis=1)
    query_lengths = lengths - np.count_nonzero(columns[SEGMENT_IDS], axis=1)
    places = np.arange(mask.shape[1], dtype=np.int32)
    is_piece = places < lengths[:, None]
    return Layout(lengths, query_lengths, is_piece,
                  is_piece & (places >= query_lengths[:, None]))


def rules(columns: Columns, layout: Layout, pieces: Pieces) -> Iterator[Rule]:
    """The rules of the packing."""
    yield Rule((columns[INPUT_MASK] != layout.is_piece).any(axis=1) | (layout.lengths == 0),
               lambda row: "input_mask is not ones for wordpieces, then zeros for padding")
    yield Rule((columns[SEGMENT_IDS] != layout.in_second).any(axis=1)
               | (layout.query_lengths <= 0) | (layout.query_lengths >= layout.lengths),
               lambda row: "segment_ids are not zeros for the question, then ones for the "
                           "document, then zeros for padding")
    yield from _id_rules(columns[INPUT_IDS], layout, pieces)


def _id_rules(ids: np.ndarray, layout: Layout, pieces: Pieces) -> Iterator[Rule]:
    yield Rule(((ids != 0) & ~layout.is_piece).any(axis=1),
               lambda row: "the padding has other ids than 0")
    if pieces.cls is not None:
        yield Rule(ids[:, 0] != pieces.cls,
                   lambda row: "the first wordpiece is number %d and not [CLS], %d"
                               % (ids[row, 0], pieces.cls))
    rows = np.arange(len(ids))
    query_ends = ids[rows, np.maximum(layout.query_lengths, 1) - 1]
    ends = ids[rows, np.maximum(layout.lengths, 1) - 1]
    if pieces.sep is not None:
        yield Rule((query_ends != pieces.sep) | (ends != pieces.sep),
                   lambda row: "question and document end with the wordpieces %d and %d and not "
                               "with [SEP], %d" % (query_ends[row], ends[row], pieces.sep))
    yield Rule(query_ends != ends,
               lambda row: "question and document end with the wordpieces %d and %d: one is not "
                           "[SEP]" % (query_ends[row], ends[row]))
