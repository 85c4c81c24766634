"""Rows of features to serialized tf.train.Example messages and back, without TensorFlow.

An Example is nothing but length-prefixed fields, and all ours are lists of int64, so the bytes are
put together by hand: a table of the varints of all wordpiece ids makes that the cheapest step of
preparation. Names, order and shapes of the features are those of a feature spec.
"""
import functools
from typing import Dict, Iterator, List, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.features.featurizer import Columns
from bert_nq.features.spec import SEQUENCE, FeatureSpec


def _varint(value: int) -> bytes:
    """Protocol-buffer varint of an int64: seven bits a byte; negative numbers take ten bytes."""
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


# Covers the ids of BERT's vocabularies and the token indexes of almost any page; the varint of -1
# is the last entry, where numpy looks for the index -1.
_TABLE_SIZE = 1 << 15
_VARINTS = np.array([_varint(i) for i in range(_TABLE_SIZE)] + [_varint(-1)], object)
_MAX_VARINT = 10  # bytes
_SMALL: List[bytes] = _VARINTS[:512].tolist()  # places in a window, and classes
# Without -1 they have three bytes at most. Four bytes of each number, and which of them are used,
# both as one number, so that a look-up is a copy of it.
_CODES = np.frombuffer(b"".join(varint.ljust(4, b"\0") for varint in _VARINTS[:_TABLE_SIZE]),
                       np.uint32)
_USED = np.frombuffer(b"".join(b"\1" * len(varint) + b"\0" * (4 - len(varint))
                               for varint in _VARINTS[:_TABLE_SIZE]), np.uint32)


def _scalar(value: int) -> bytes:
    return _SMALL[value] if 0 <= value < len(_SMALL) else _varint(value)


def _packed_rows(values: np.ndarray) -> List[bytes]:
    """The varints of each row of `values` [N, S], one behind the other."""
    if values.dtype == bool:  # 0 and 1 are their own varints.
        data, size = values.tobytes(), values.shape[1]
        return [data[i * size:(i + 1) * size] for i in range(len(values))]
    # As unsigned numbers, negative ones are the largest.
    if values.size and values.view(np.uint64).max() < _TABLE_SIZE:
        return [_CODES[row].view(np.uint8)[_USED[row].view(bool)].tobytes() for row in values]
    if values.size and values.min() >= -1 and values.max() < _TABLE_SIZE:
        return list(map(b"".join, _VARINTS[values].tolist()))
    return [b"".join(map(_varint, row)) for row in values.tolist()]


def _field_head(tag: int, num_bytes: int) -> bytes:
    """The tag and length before the bytes of a length-delimited field (wire type 2)."""
    return bytes((tag << 3 | 2,)) + _varint(num_bytes)


def _field(tag: int, payload: bytes) -> bytes:
    return _field_head(tag, len(payload)) + payload


@functools.lru_cache(maxsize=1 << 14)
def entry_head(name: bytes, num_bytes: int) -> bytes:
    """The heads of four nested messages before the `num_bytes` of varints of the feature `name`.

    Cached, since they cost more than the varints.
    """
    # An entry of Features.feature: name -> Feature { int64_list { value: varints } }.
    # From the inside: Int64List.value is field 1, Feature.int64_list 3, the map entry's value 2.
    head = b""
    for tag in (1, 3, 2):
        head = _field_head(tag, num_bytes + len(head)) + head
    head = _field(1, name) + head
    return _field_head(1, num_bytes + len(head)) + head


def serialize(spec: FeatureSpec, columns: Columns) -> Iterator[bytes]:
    """Yields each row as a serialized Example, in order.

    Args:
      spec: the features that the Examples have.
      columns: these features of N rows: [N] of a scalar, [N, S] of a sequence; int64, or bool,
        which is faster.
    """
    for features in zip(*(_entries(feature.name.encode(), feature.shape, columns[feature.name])
                          for feature in spec)):
        yield _field(1, b"".join(features))


def _entries(name: bytes, shape: str, values: np.ndarray) -> List[bytes]:
    """A feature of each row, as it stands in an Example."""
    rows = _packed_rows(values) if shape == SEQUENCE else map(_scalar, values.tolist())
    return [entry_head(name, len(row)) + row for row in rows]


def parse(payload: bytes, source: str) -> Dict[str, np.ndarray]:
    """The int64 features of a serialized Example, by name.

    Args:
      payload: an Example of any writer, with packed or unpacked lists.
      source: names the record in messages.

    Raises:
      UserError: it is not an Example, or has a feature that is not int64.
    """
    features = {}
    try:
        for tag, message in _fields(payload):
            for entry_tag, entry in (_fields(message) if tag == 1 else ()):
                if entry_tag == 1:
                    name, values = _parse_entry(entry, source)
                    features[name] = values
    except (IndexError, UnicodeDecodeError, TypeError, AttributeError) as e:
        raise UserError("%s: not a tf.train.Example" % source) from e
    return features


def _parse_entry(entry: bytes, source: str) -> Tuple[str, np.ndarray]:
    parts = dict(_fields(entry))
    name = parts[1].decode("utf8") if 1 in parts else ""
    kinds = list(_fields(parts.get(2, b"")))
    if any(kind != 3 for kind, _ in kinds):
        raise UserError("%s: the feature %r is not a list of int64" % (source, name))
    # A single value that is not packed has the varint's wire type and comes as an int.
    packed = [_varint(value) if isinstance(value, int) else value
              for _, int64_list in kinds for tag, value in _fields(int64_list) if tag == 1]
    return name, _unpack(b"".join(packed))


def _fields(message: bytes) -> Iterator[Tuple[int, object]]:
    """Yields (field number, bytes or int) of a message; IndexError where it is cut off."""
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        value, at = _read_varint(message, at)
        if key & 7 == 2:
            if at + value > len(message):
                raise IndexError
            yield key >> 3, message[at:at + value]
            at += value
        elif key & 7 == 0:
            yield key >> 3, value
        else:
            raise IndexError


def _unpack(packed: bytes) -> np.ndarray:
    """The int64 values of varints in a row; IndexError where the last one is cut off."""
    data = np.frombuffer(packed, np.uint8)
    if not len(data) or data.max() < 0x80:
        return data.astype(np.int64)
    last = np.flatnonzero(data < 0x80)
    if not len(last) or last[-1] != len(data) - 1:
        raise IndexError
    first = np.concatenate([[0], last[:-1] + 1])
    place = np.arange(len(data)) - np.repeat(first, last - first + 1)
    if place.max() >= _MAX_VARINT:
        raise IndexError
    bits = (data & 0x7F).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.add.reduceat(bits, first).view(np.int64)


def _read_varint(data: bytes, at: int) -> Tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
        if shift == 7 * _MAX_VARINT:
            raise IndexError
