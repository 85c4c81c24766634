"""The packing of two texts into one sequence: the orders that encoders take, and their rules.

    bert    [CLS] question [SEP] document [SEP] [PAD] …
            segments: 0 for [CLS], the question and its [SEP], 1 for the rest, 0 for padding
    xlnet   document <sep> question <sep> <cls> <pad> …
            segments: 0 for the document and its <sep>, 1 for the question and its <sep>, 2 for
            <cls>, 3 for padding

A text by itself is [CLS] text [SEP] in segment 0, or text <sep> <cls>, with <cls> in segment 2.

In all, input_mask is 1 for pieces and 0 for padding, and the padding has the id 0. A record's
segments tell its packing: BERT's have no 2. The graph's side of it is modeling.packings.

Notation: N records, S their sequence length. Rows that break a rule may hold any numbers.
"""
from typing import Callable, Iterator, List, NamedTuple, Tuple

import numpy as np

from bert_nq.features.featurizer import Columns, Pieces, Rule
from bert_nq.features.spec import INPUT, SEGMENTS, SEQUENCE, VOCABULARY, Feature

INPUT_IDS, INPUT_MASK, SEGMENT_IDS = "input_ids", "input_mask", "segment_ids"

INPUTS: Tuple[Feature, ...] = (
    Feature(INPUT_IDS, SEQUENCE, INPUT, VOCABULARY),
    Feature(INPUT_MASK, SEQUENCE, INPUT, 2),
    Feature(SEGMENT_IDS, SEQUENCE, INPUT, SEGMENTS),
)

_CLS_OF_XLNET = 2  # its segment


class Frame(NamedTuple):
    """The ids of a window around the pieces of its document."""
    before: List[int]
    after: List[int]


class Packing(NamedTuple):
    """An order of the parts of a window; functions of N windows."""
    name: str
    num_segments: int
    frame: Callable[[List[int], int, int], Frame]  # (question, cls, sep) -> ids
    # (lengths [N] without padding, pieces before the document, behind it, S) -> [N, S], bool or int
    segment_ids: Callable[[np.ndarray, int, int, int], np.ndarray]
    cls_positions: Callable[[np.ndarray], np.ndarray]  # lengths [N] -> [N], where "no answer" is
    text_frame: Callable[[int, int], Frame]  # (cls, sep) -> ids around a text by itself
    text_segments: Callable[[np.ndarray, int], np.ndarray]  # (lengths [N], S) -> [N, S] of these


def is_piece(lengths: np.ndarray, seq_length: int) -> np.ndarray:
    """bool [N, S]: the places before the padding."""
    return np.arange(seq_length, dtype=np.int32) < lengths[:, None]


def _frame_of_bert(question, cls, sep):
    return Frame([cls] + question + [sep], [sep])


def _segments_of_bert(lengths, num_before, num_after, seq_length):
    del num_after
    segments = is_piece(lengths, seq_length)
    segments[:, :num_before] = False
    return segments


def _text_frame_of_bert(cls, sep):
    return Frame([cls], [sep])


def _text_segments_of_bert(lengths, seq_length):
    return np.zeros([len(lengths), seq_length], bool)


def _frame_of_xlnet(question, cls, sep):
    return Frame([], [sep] + question + [sep, cls])


def _segments_of_xlnet(lengths, num_before, num_after, seq_length):
    del num_before
    return _xlnet_segments(lengths, lengths - num_after + 1, seq_length)


def _xlnet_segments(lengths, questions, seq_length):
    """int64 [N, S], given where the questions begin, [N]."""
    places = np.arange(seq_length)
    # One more where the question begins, one at <cls>, one at the padding.
    return ((places >= questions[:, None]).astype(np.int64) + (places >= lengths[:, None] - 1)
            + (places >= lengths[:, None]))


def _last(lengths):
    return lengths - 1


def _text_frame_of_xlnet(cls, sep):
    return Frame([], [sep, cls])


def _text_segments_of_xlnet(lengths, seq_length):
    places = np.arange(seq_length)
    return 2 * (places >= lengths[:, None] - 1) + (places >= lengths[:, None])


BERT = Packing("bert", 2, _frame_of_bert, _segments_of_bert, np.zeros_like, _text_frame_of_bert,
               _text_segments_of_bert)
XLNET = Packing("xlnet", 4, _frame_of_xlnet, _segments_of_xlnet, _last, _text_frame_of_xlnet,
                _text_segments_of_xlnet)
PACKINGS = {packing.name: packing for packing in (BERT, XLNET)}


def packing_of(columns: Columns) -> Packing:
    """The packing of records: XLNet's if one of them is of it."""
    return XLNET if (columns[SEGMENT_IDS] == _CLS_OF_XLNET).any() else BERT


def num_segments(columns: Columns) -> int:
    """The kinds of segments that records of their packing have."""
    return packing_of(columns).num_segments


def order_rules(columns: Columns, num_segments: int) -> Iterator[Rule]:
    """The rule that records are in the order of XLNet, where the model has its kinds of segments.

    Those of XLNet for another model have segments that it has not, which is another rule.
    """
    if num_segments == XLNET.num_segments:
        yield Rule(~(columns[SEGMENT_IDS] == _CLS_OF_XLNET).any(axis=1),
                   lambda row: "the window is in BERT's order, and the model takes XLNet's",
                   "prepare the records with --packing=xlnet")


class Layout(NamedTuple):
    """The places of the texts of N records, by mask and segments alone."""
    lengths: np.ndarray  # int64 [N] pieces before the padding
    is_piece: np.ndarray  # bool [N, S] no padding
    document_starts: np.ndarray  # int64 [N] first piece of the document
    document_ends: np.ndarray  # int64 [N] one behind its last piece: its separator
    query_ends: np.ndarray  # int64 [N] the question's separator
    cls: np.ndarray  # int64 [N] the token that stands for "no answer"
    is_of_xlnet: np.ndarray  # bool [N]
    segments: np.ndarray  # [N, S] as they should be

    def in_document(self) -> np.ndarray:
        """bool [N, S]: the document without its separator."""
        columns = np.arange(self.is_piece.shape[1], dtype=np.int32)
        return ((columns >= self.document_starts[:, None])
                & (columns < self.document_ends[:, None]))


def layout_of(columns: Columns) -> Layout:
    """The layout of N records, each in the packing that its segments tell."""
    mask, segments = columns[INPUT_MASK], columns[SEGMENT_IDS]
    lengths = np.count_nonzero(mask, axis=1)
    pieces = is_piece(lengths, mask.shape[1])
    layout = _layout_of_bert(segments, lengths, pieces)
    if packing_of(columns) is BERT:
        return layout
    is_of_xlnet = (segments == _CLS_OF_XLNET).any(axis=1)
    other = _layout_of_xlnet(segments, lengths, pieces)
    return Layout(*(np.where(is_of_xlnet.reshape([-1] + [1] * (a.ndim - 1)), b, a)
                    for a, b in zip(layout, other)))


def _layout_of_bert(segments, lengths, pieces):
    starts = lengths - np.count_nonzero(segments, axis=1)
    places = np.arange(pieces.shape[1], dtype=np.int32)
    return Layout(lengths, pieces, starts, lengths - 1, starts - 1, np.zeros_like(lengths),
                  np.zeros(lengths.shape, bool), pieces & (places >= starts[:, None]))


def _layout_of_xlnet(segments, lengths, pieces):
    questions = np.count_nonzero(segments == 0, axis=1)
    return Layout(lengths, pieces, np.zeros_like(lengths), questions - 1, lengths - 2, lengths - 1,
                  np.ones(lengths.shape, bool),
                  _xlnet_segments(lengths, questions, pieces.shape[1]))


def rules(columns: Columns, layout: Layout, pieces: Pieces) -> Iterator[Rule]:
    """The rules of the packings."""
    yield _mask_rule(columns, layout.lengths)
    yield Rule((columns[SEGMENT_IDS] != layout.segments).any(axis=1)
               | (layout.query_ends < 0) | (layout.document_ends < layout.document_starts),
               lambda row: "segment_ids are not zeros for the document, then ones for the "
                           "question, 2 for <cls>, then threes for padding"
               if layout.is_of_xlnet[row] else
               "segment_ids are not zeros for the question, then ones for the "
               "document, then zeros for padding")
    yield from _id_rules(columns[INPUT_IDS], layout, pieces)


def text_rules(columns: Columns, pieces: Pieces) -> Iterator[Rule]:
    """The rules of texts by themselves."""
    lengths = np.count_nonzero(columns[INPUT_MASK], axis=1)
    order, ids = packing_of(columns), columns[INPUT_IDS]
    yield _mask_rule(columns, lengths)
    yield Rule((columns[SEGMENT_IDS] != order.text_segments(lengths, ids.shape[1])).any(axis=1),
               lambda row: "segment_ids are not those of one text in the order of %s" % order.name)
    yield _padding_rule(ids, is_piece(lengths, ids.shape[1]))
    if pieces.cls is not None and pieces.sep is not None:
        frame = order.text_frame(pieces.cls, pieces.sep)
        wanted = frame.before + frame.after
        places = np.concatenate([
            np.tile(np.arange(len(frame.before)), [len(ids), 1]),
            lengths[:, None] + np.arange(-len(frame.after), 0)], axis=1)
        found = np.take_along_axis(ids, np.clip(places, 0, ids.shape[1] - 1), axis=1)
        yield Rule((found != wanted).any(axis=1) | (lengths < len(wanted)),
                   lambda row: "around the text are the wordpieces %s and not %s"
                               % (found[row].tolist(), wanted))


def _mask_rule(columns: Columns, lengths: np.ndarray) -> Rule:
    mask = columns[INPUT_MASK]
    return Rule((mask != is_piece(lengths, mask.shape[1])).any(axis=1) | (lengths == 0),
                lambda row: "input_mask is not ones for wordpieces, then zeros for padding")


def _padding_rule(ids: np.ndarray, pieces: np.ndarray) -> Rule:
    return Rule(((ids != 0) & ~pieces).any(axis=1),
                lambda row: "the padding has other ids than 0")


def _id_rules(ids: np.ndarray, layout: Layout, pieces: Pieces) -> Iterator[Rule]:
    yield _padding_rule(ids, layout.is_piece)
    rows = np.arange(len(ids))

    def at(places):
        return ids[rows, np.clip(places, 0, ids.shape[1] - 1)]

    if pieces.cls is not None:
        first = at(layout.cls)
        yield Rule(first != pieces.cls,
                   lambda row: "the %s wordpiece is number %d and not %s, %d"
                               % ("last" if layout.is_of_xlnet[row] else "first", first[row],
                                  pieces.cls_name, pieces.cls))
    query_ends, ends = at(layout.query_ends), at(layout.document_ends)
    if pieces.sep is not None:
        yield Rule((query_ends != pieces.sep) | (ends != pieces.sep),
                   lambda row: "question and document end with the wordpieces %d and %d and not "
                               "with %s, %d" % (query_ends[row], ends[row], pieces.sep_name,
                                                pieces.sep))
    yield Rule(query_ends != ends,
               lambda row: "question and document end with the wordpieces %d and %d: one is no "
                           "separator" % (query_ends[row], ends[row]))


def outside_document(starts: np.ndarray, ends: np.ndarray, layout: Layout) -> np.ndarray:
    """bool [N]: whether labels, the first and the last piece of an answer, leave the document."""
    return ((starts < layout.document_starts) | (starts > ends) | (ends >= layout.document_ends))


def cls_position(features: Columns) -> int:
    """The place of [CLS] in one record."""
    lengths = np.array([int(features[INPUT_MASK].sum())])
    return int(packing_of(features).cls_positions(lengths)[0])
