"""Whether records are as prepare_nq_data.py writes them, in either format.

`check_record` says what is wrong with one. `check_records` is for many: what is right is seen in
columns of numbers, and only what is not is looked at by `check_record`.
"""
import collections
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import AnswerType
from bert_nq.records import compact, examples
from bert_nq.records.columns import Columns, read_columns

_SEQUENCES = ("input_ids", "input_mask", "segment_ids")
_LABELS = examples.TRAINING_LABELS
# The features of (format, purpose).
_NAMES = {
    (compact.FULL, "training"): {"unique_ids", *_SEQUENCES, *_LABELS},
    (compact.FULL, "prediction"): {"unique_ids", *_SEQUENCES, "token_map"},
    (compact.COMPACT, "training"): {"unique_ids", compact.PIECE_IDS, compact.WINDOW_SHAPE,
                                    *_LABELS},
    (compact.COMPACT, "prediction"): {"unique_ids", compact.PIECE_IDS, compact.WINDOW_SHAPE,
                                      compact.PIECE_TOKENS}}
_KINDS = {frozenset(names): kind for kind, names in _NAMES.items()}


class Kind(NamedTuple):
    """What records must have in common to be used together."""
    format: str  # compact.FULL or COMPACT
    purpose: str  # "training" or "prediction"
    seq_length: int

    def __str__(self) -> str:
        return "%s %s record of %d wordpieces" % self


class Pieces(NamedTuple):
    """What a vocabulary says of wordpieces; without one, nothing."""
    vocab_size: int = 2 ** 31  # ids are below it; the model's are int32
    cls: Optional[int] = None  # the id of [CLS]
    sep: Optional[int] = None  # the id of [SEP]


class Checked(NamedTuple):
    """What was found in some records."""
    kinds: Dict[Kind, List[int]]  # which records are right and of this kind
    answer_types: "collections.Counter[AnswerType]"  # of those of training
    faults: List[Tuple[int, str]]  # which record is wrong, and a line that names it


def check_record(payload: bytes, source: str, pieces: Pieces) -> Tuple[Kind, Optional[AnswerType]]:
    """What a record is, and its type of answer if it has one.

    Args:
      payload: a serialized Example.
      source: names the record in messages.
      pieces: what is known of the vocabulary.

    Raises:
      UserError: it is not as prepare_nq_data.py writes it; says the first thing that is wrong.
    """
    features = examples.parse(payload, source)
    kind = _KINDS.get(frozenset(features))
    if kind is None:
        raise UserError("%s has the features %s: this is no record of prepare_nq_data.py"
                        % (source, ", ".join(sorted(features)) or "none"))
    if kind[0] == compact.COMPACT:
        features = compact.expand(features, source)
    try:
        answer_type = _check_features(features, pieces)
    except ValueError as e:
        raise UserError("%s: %s" % (source, e)) from None
    return Kind(*kind, seq_length=len(features["input_ids"])), answer_type


def _check_features(features: Dict[str, np.ndarray], pieces: Pieces) -> Optional[AnswerType]:
    """The type of answer, if there is one; ValueError says what is wrong."""
    ids, mask, segments = (features[name] for name in _SEQUENCES)
    sizes = {name: len(features[name]) for name in features}
    for name, size in sizes.items():
        if name in _SEQUENCES + ("token_map",):
            if size != len(ids):
                raise ValueError("%s has %d values, input_ids %d" % (name, size, len(ids)))
        elif size != 1:
            raise ValueError("%s has %d values, not one" % (name, size))
    columns = np.arange(len(ids))
    is_piece = columns < np.count_nonzero(mask)
    if not is_piece.any() or (mask != is_piece).any():
        raise ValueError("input_mask is not ones for wordpieces, then zeros for padding")
    length = int(mask.sum())
    query = length - np.count_nonzero(segments)
    if not 0 < query < length or (segments != (is_piece & (columns >= query))).any():
        raise ValueError("segment_ids are not zeros for the question, then ones for the document, "
                         "then zeros for padding")
    _check_pieces(ids, length, query, pieces)
    if "token_map" in features:
        _check_token_map(features["token_map"], length, query)
        return None
    return _check_labels(*(int(features[name][0]) for name in _LABELS), length=length, query=query)


def _check_pieces(ids: np.ndarray, length: int, query: int, pieces: Pieces) -> None:
    outside = ids[(ids < 0) | (ids >= pieces.vocab_size)]
    if len(outside):
        raise ValueError("there is a wordpiece with the id %d, ids are from 0 to %d"
                         % (outside[0], pieces.vocab_size - 1))
    if ids[length:].any():
        raise ValueError("the padding has other ids than 0")
    if pieces.cls is not None and ids[0] != pieces.cls:
        raise ValueError("the first wordpiece is number %d and not [CLS], %d"
                         % (ids[0], pieces.cls))
    ends = ids[query - 1], ids[length - 1]
    if pieces.sep is not None and set(ends) != {pieces.sep}:
        raise ValueError("question and document end with the wordpieces %d and %d and not with "
                         "[SEP], %d" % (ends + (pieces.sep,)))
    if ends[0] != ends[1]:
        raise ValueError("question and document end with the wordpieces %d and %d: one is not "
                         "[SEP]" % ends)


def _check_token_map(token_map: np.ndarray, length: int, query: int) -> None:
    document = token_map[query:length - 1]
    if (document < -1).any():
        raise ValueError("token_map has %d" % document.min())
    if (token_map != -1).sum() != (document != -1).sum():
        raise ValueError("token_map has tokens outside the document")


def _check_labels(start: int, end: int, number: int, length: int, query: int) -> AnswerType:
    if not 0 <= number < len(AnswerType):
        raise ValueError("there is no answer type %d" % number)
    if number == AnswerType.UNKNOWN:
        if (start, end) != (0, 0):
            raise ValueError("without an answer, the labels are %d and %d, not 0" % (start, end))
    elif not query <= start <= end < length - 1:
        raise ValueError("the answer, pieces %d to %d, is not in the document, pieces %d to %d"
                         % (start, end, query, length - 2))
    return AnswerType(number)


def check_records(payloads: Sequence[bytes], sources: Sequence[str], pieces: Pieces) -> Checked:
    """`check_record` of many records, fast where they are right and alike.

    Args:
      payloads: serialized Examples.
      sources: names each of them in messages.
      pieces: what is known of the vocabulary.
    """
    checked = Checked(collections.defaultdict(list), collections.Counter(), [])
    columns, doubtful = read_columns(payloads)
    for some in columns:
        doubtful.extend(_check_columns(some, pieces, checked))
    for row in sorted(doubtful):
        try:
            kind, answer_type = check_record(payloads[row], sources[row], pieces)
        except UserError as e:
            checked.faults.append((row, str(e)))
            continue
        checked.kinds[kind].append(row)
        if answer_type is not None:
            checked.answer_types[answer_type] += 1
    return checked


def _check_columns(columns: Columns, pieces: Pieces, checked: Checked) -> List[int]:
    """Adds records that are right without doubt to `checked`; returns the others."""
    kind = _KINDS.get(frozenset(columns.values))
    windows = None
    if kind is not None:
        windows = (_compact_windows if kind[0] == compact.COMPACT else _full_windows)(
            columns.values, columns.sizes, pieces)
    if windows is None:
        return columns.rows.tolist()
    is_right = windows.is_right
    if kind[1] == "training":
        is_right &= _labels_are_right(columns, windows)
    for seq_length in np.unique(windows.seq_lengths[is_right]).tolist():
        rows = columns.rows[is_right & (windows.seq_lengths == seq_length)]
        checked.kinds[Kind(*kind, seq_length=seq_length)].extend(rows.tolist())
    if kind[1] == "training":
        numbers = np.bincount(columns.values["answer_types"][is_right])
        checked.answer_types.update({AnswerType(i): n for i, n in enumerate(numbers.tolist()) if n})
    return columns.rows[~is_right].tolist()


class _Windows(NamedTuple):
    """What is the same in both formats of N windows; int64 [N] but for the first, a bool [N]."""
    is_right: np.ndarray  # all but the labels
    lengths: np.ndarray
    queries: np.ndarray
    seq_lengths: np.ndarray


def _full_windows(values: Dict[str, np.ndarray], sizes: Dict[str, np.ndarray],
                  pieces: Pieces) -> Optional[_Windows]:
    seq_length = sizes["input_ids"][0]
    num = len(sizes["input_ids"])
    sequences = [name for name in values if name in _SEQUENCES + ("token_map",)]
    if not (seq_length and all((sizes[name] == (seq_length if name in sequences else 1)).all()
                               for name in values)):
        return None
    by_name = {name: values[name].reshape(num, seq_length) for name in sequences}
    ids, mask, segments = (by_name[name] for name in _SEQUENCES)
    columns = np.arange(seq_length, dtype=np.int32)
    lengths = np.count_nonzero(mask, axis=1)
    queries = lengths - np.count_nonzero(segments, axis=1)
    is_piece = columns < lengths[:, None]
    in_second = is_piece & (columns >= queries[:, None])
    is_right = ((mask == is_piece) & (segments == in_second)).all(axis=1)
    is_right &= (queries > 0) & (queries < lengths)
    is_right &= ((ids >= 0) & (ids < pieces.vocab_size) & (is_piece | (ids == 0))).all(axis=1)
    rows = np.arange(num)
    is_right &= _ends_are_right(ids[:, 0], ids[rows, queries - 1], ids[rows, lengths - 1], pieces)
    if "token_map" in by_name:
        tokens = by_name["token_map"]
        in_document = in_second & (columns < lengths[:, None] - 1)
        is_right &= np.where(in_document, tokens >= -1, tokens == -1).all(axis=1)
    return _Windows(is_right, lengths, queries, np.full([num], seq_length))


def _compact_windows(values: Dict[str, np.ndarray], sizes: Dict[str, np.ndarray],
                     pieces: Pieces) -> Optional[_Windows]:
    lengths = sizes[compact.PIECE_IDS]
    if not (lengths.all() and (sizes[compact.WINDOW_SHAPE] == 2).all()
            and all((sizes[name] == 1).all() for name in ("unique_ids",) + _LABELS
                    if name in values)):
        return None
    shapes = values[compact.WINDOW_SHAPE].astype(np.int64).reshape(-1, 2)
    queries, seq_lengths = shapes[:, 0], shapes[:, 1]
    is_right = ((queries > 0) & (queries < lengths) & (lengths <= seq_lengths)
                & (seq_lengths <= compact.MAX_SEQ_LENGTH))
    ids, stops = values[compact.PIECE_IDS], np.cumsum(lengths)
    starts = stops - lengths
    outside = np.flatnonzero((ids < 0) | (ids >= pieces.vocab_size))
    is_right[np.searchsorted(stops, outside, side="right")] = False
    ends = starts + np.where(is_right, queries, 1) - 1
    is_right &= _ends_are_right(ids[starts], ids[ends], ids[stops - 1], pieces)
    if compact.PIECE_TOKENS in values:
        is_right &= sizes[compact.PIECE_TOKENS] == lengths - queries - 1
        below = np.flatnonzero(values[compact.PIECE_TOKENS] < 0)
        is_right[np.searchsorted(np.cumsum(sizes[compact.PIECE_TOKENS]), below,
                                 side="right")] = False
    return _Windows(is_right, lengths, queries, seq_lengths)


def _ends_are_right(first: np.ndarray, end_of_query: np.ndarray, end: np.ndarray,
                    pieces: Pieces) -> np.ndarray:
    is_right = end_of_query == end
    if pieces.cls is not None:
        is_right &= first == pieces.cls
    if pieces.sep is not None:
        is_right &= end == pieces.sep
    return is_right


def _labels_are_right(columns: Columns, windows: _Windows) -> np.ndarray:
    starts, ends, types = (columns.values[name] for name in _LABELS)
    in_document = ((windows.queries <= starts) & (starts <= ends)
                   & (ends < windows.lengths - 1))
    return (types >= 0) & (types < len(AnswerType)) & np.where(
        types == AnswerType.UNKNOWN, (starts == 0) & (ends == 0), in_document)
