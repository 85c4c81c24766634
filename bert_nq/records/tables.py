"""Many serialized Examples at once, as tables of numbers: five times as fast as one by one.

Only records of the plain form are taken, as ours and TensorFlow's are: int64 lists, packed, with
nothing else around them. The others are left to `examples.parse`.
"""
import collections
import functools
import re
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from bert_nq.records.examples import entry_head

# An entry of Features.feature up to its packed numbers, see examples.py. Lengths are varints of up
# to four bytes; `entry_head` checks that they fit each other.
_LENGTH = rb"[\x80-\xff]{0,3}[\x00-\x7f]"
_LENGTH_ALONE = re.compile(_LENGTH)
_MAX_VARINT = 10  # bytes
_ENTRY_HEAD = re.compile(rb"\n%s\n.([A-Za-z0-9_]+)\x12%s\x1a%s\n(%s)" % ((_LENGTH,) * 4), re.DOTALL)


class Table(NamedTuple):
    """N records that have the same features, by the features' names."""
    rows: np.ndarray  # [N] which of the records these are
    values: Dict[str, np.ndarray]  # integers of all records, one record behind the other
    sizes: Dict[str, np.ndarray]  # [N] how many of the values are each record's


def read_tables(payloads: Sequence[bytes]) -> Tuple[List[Table], List[int]]:
    """Returns the records as tables, and which records are not of the plain form."""
    by_names, others = collections.defaultdict(list), []
    for row, payload in enumerate(payloads):
        split = _split(payload)
        if split is None:
            others.append(row)
        else:
            # TensorFlow writes features in any order.
            by_names[frozenset(split)].append((row, split))
    tables = []
    for records in by_names.values():
        made = _table(records)
        if made is None:
            others.extend(row for row, _ in records)
        else:
            tables.append(made)
    return tables, sorted(others)


def _split(payload: bytes) -> Optional[Dict[bytes, bytes]]:
    """The packed numbers of the features by name; None if the form is another one."""
    # Example.features is field 1.
    length, at = _read_length(payload, 1) if payload[:1] == b"\n" else (-1, 0)
    if at + length != len(payload):
        return None
    features = {}
    while at < len(payload):
        match = _ENTRY_HEAD.match(payload, at)
        if match is None:
            return None
        name, varint = match.groups()
        size = _length(varint)
        if name in features or match.group() != entry_head(name, size):
            return None
        start = match.end()
        at = start + size
        features[name] = payload[start:at]
    return features if at == len(payload) else None


def _read_length(data: bytes, at: int) -> Tuple[int, int]:
    """A varint and where it ends; (-1, at) if there is none."""
    match = _LENGTH_ALONE.match(data, at)
    return (_length(match.group()), match.end()) if match else (-1, at)


@functools.lru_cache(maxsize=1 << 14)
def _length(varint: bytes) -> int:
    return sum((byte & 0x7F) << 7 * i for i, byte in enumerate(varint))


def _table(records: List[Tuple[int, Dict[bytes, bytes]]]) -> Optional[Table]:
    """The table of records that were split; None where numbers are cut off."""
    values, sizes = {}, {}
    for name in records[0][1]:
        packed = [features[name] for _, features in records]
        unpacked = _unpack(b"".join(packed), np.fromiter(map(len, packed), np.int64, len(packed)))
        if unpacked is None:
            return None
        values[name.decode("ascii")], sizes[name.decode("ascii")] = unpacked
    return Table(np.array([row for row, _ in records]), values, sizes)


def _unpack(data: bytes, num_bytes: np.ndarray) -> Optional[Tuple[np.ndarray, np.ndarray]]:
    """Reads the varints of N records, each of `num_bytes` [N] bytes.

    Returns the numbers of all records and how many each record has, [N].
    """
    array = np.frombuffer(data, np.uint8)
    last = np.flatnonzero(array < 0x80)
    if len(last) == len(array):
        return array, num_bytes
    stops = np.cumsum(num_bytes)
    if (array[stops[num_bytes > 0] - 1] >= 0x80).any():
        return None
    lengths = np.diff(last, prepend=-1)
    longest = lengths.max()
    if longest > _MAX_VARINT:
        return None
    # The last byte has the highest bits. Of shorter numbers, what is before them is not taken.
    values = array[last].astype(np.int32 if longest <= 4 else np.int64)
    low_bits = array & 0x7F
    for back in range(1, longest):
        longer = np.flatnonzero(lengths > back)
        values[longer] = values[longer] << 7 | low_bits[last[longer] - back]
    return values, np.diff(np.searchsorted(last, stops - 1, side="right"), prepend=0)
