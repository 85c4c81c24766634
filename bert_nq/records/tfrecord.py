"""The TFRecord container, without TensorFlow: length, CRC, payload, CRC.

Format: tensorflow/core/lib/io/record_writer.h. Lengths are little-endian uint64, CRCs are CRC-32C,
rotated and shifted ("masked").
"""
import struct
from typing import IO, Iterator

import google_crc32c

from bert_nq import files
from bert_nq.errors import UserError

_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")
HEADER_SIZE = _LENGTH.size + _CRC.size
# Longer than any record of ours: a larger length means that this is not a TFRecord file.
_MAX_LENGTH = 1 << 28


def masked_crc(data: bytes) -> int:
    """CRC-32C of `data`, masked as TensorFlow does."""
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def frame(payload: bytes) -> bytes:
    """One record as it stands in a file."""
    length = _LENGTH.pack(len(payload))
    return b"".join((length, _CRC.pack(masked_crc(length)), payload,
                     _CRC.pack(masked_crc(payload))))


def read_records(path: str) -> Iterator[bytes]:
    """Yields the payloads of a file, checking both CRCs of each.

    Raises:
      UserError: the file is not TFRecords, is cut off, or a record is damaged; says which one.
    """
    with files.open_binary(path) as f:
        index = 0
        while True:
            payload = _read_record(f, path, index)
            if payload is None:
                return
            yield payload
            index += 1


def _read_record(f: IO[bytes], path: str, index: int):
    header = f.read(HEADER_SIZE)
    if not header:
        return None
    length = _checked_length(header, path, index)
    payload = f.read(length)
    footer = f.read(_CRC.size)
    if len(footer) < _CRC.size:
        raise UserError("%s, record %d: the file is cut off; write it again" % (path, index))
    if _CRC.unpack(footer)[0] != masked_crc(payload):
        raise UserError("%s, record %d: the checksum is wrong, the file is damaged; write it again"
                        % (path, index))
    return payload


def _checked_length(header: bytes, path: str, index: int) -> int:
    if len(header) < HEADER_SIZE:
        raise UserError("%s, record %d: the file is cut off; write it again" % (path, index))
    length = _LENGTH.unpack_from(header)[0]
    if length > _MAX_LENGTH or _CRC.unpack_from(header, _LENGTH.size)[0] != masked_crc(
            header[:_LENGTH.size]):
        raise UserError("%s, record %d: not a TFRecord file, or damaged" % (path, index))
    return length


def count_records(path: str) -> int:
    """How many records a file has, by its record headers alone.

    Raises:
      UserError: as `read_records`, but payloads are not looked at.
    """
    with files.open_binary(path) as f:
        size = f.seek(0, 2)
        at = count = 0
        while at < size:
            f.seek(at)
            at += HEADER_SIZE + _checked_length(f.read(HEADER_SIZE), path, count) + _CRC.size
            count += 1
        if at != size:
            raise UserError("%s, record %d: the file is cut off; write it again"
                            % (path, count - 1))
    return count
