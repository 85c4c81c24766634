"""The TFRecord container, without TensorFlow: length, CRC, payload, CRC.

Format: tensorflow/core/lib/io/record_writer.h. Lengths are little-endian uint64, CRCs are CRC-32C,
rotated and shifted ("masked"). The whole file may be gzipped, which its first bytes tell: as a
length they would be that of a record of half a megabyte.
"""
import io
import itertools
import struct
from typing import IO, Iterator, Optional, Tuple

import google_crc32c

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.base.inflating import Inflated, decompressed

_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")
HEADER_SIZE = _LENGTH.size + _CRC.size
# Longer than any record of ours: a larger length means that this is not a TFRecord file.
_MAX_LENGTH = 1 << 28
_BLOCK = 1 << 20
WRONG_CHECKSUM = "the checksum is wrong, the file is damaged; write it again"


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
    """Yields the payloads of a file, gzipped or not, checking both CRCs of each.

    Raises:
      UserError: the file is not TFRecords, is cut off, or a record is damaged; says which one.
    """
    with files.open_binary(path) as raw:
        for index, (payload, is_whole) in enumerate(scan_records(raw, path)):
            if not is_whole:
                raise UserError("%s, record %d: %s" % (path, index, WRONG_CHECKSUM))
            yield payload


def scan_records(raw: IO[bytes], path: str) -> Iterator[Tuple[bytes, bool]]:
    """Yields (payload, whether its checksum is right) of each record of an opened file.

    Raises:
      UserError: as `read_records`, where the next record cannot be found.
    """
    for body in _bodies(*decompressed(raw, path, is_text=False), path=path):
        payload = body[:-_CRC.size]
        yield payload, _CRC.unpack_from(body, len(payload))[0] == masked_crc(payload)


def count_records(path: str) -> int:
    """How many records a file has, gzipped or not, by its record headers alone.

    Raises:
      UserError: as `read_records`, but payloads are not looked at.
    """
    with files.open_binary(path) as raw:
        stream, inflated = decompressed(raw, path, is_text=False)
        if inflated is None:
            return _count_headers(stream, path)
        # In compressed data there is no way to the next header but through the payload.
        return sum(1 for _ in _bodies(stream, inflated, path))


def holds_records(path: str) -> bool:
    """Whether a file, gzipped or not, is of records, as the checksum of its first length tells.

    Raises:
      UserError: it cannot be opened.
    """
    with files.open_binary(path) as raw:
        header = decompressed(raw, path, is_text=False)[0].read(HEADER_SIZE)
    return len(header) == HEADER_SIZE and _CRC.unpack_from(
        header, _LENGTH.size)[0] == masked_crc(header[:_LENGTH.size])


def is_gzipped(path: str) -> bool:
    """Whether a file is compressed: by its first bytes, whatever it is called.

    Raises:
      UserError: it cannot be opened.
    """
    with files.open_binary(path) as raw:
        return decompressed(raw, path, is_text=False)[1] is not None


def count_gzip_members(path: str) -> int:
    """How many whole gzip members a compressed file consists of; all of it is decompressed.

    Raises:
      UserError: it cannot be opened.
    """
    with files.open_binary(path) as raw:
        stream, inflated = decompressed(raw, path, is_text=False)
        while stream.read(_BLOCK):
            pass
        return inflated.members


def _bodies(stream: IO[bytes], inflated: Optional[Inflated], path: str) -> Iterator[bytes]:
    """Yields the payload and, unchecked, the CRC of each record; see inflating.decompressed."""
    for index in itertools.count():
        header = stream.read(HEADER_SIZE)
        if not header and not (inflated and inflated.fault):
            return
        if len(header) < HEADER_SIZE:
            raise _cut_off(path, index, inflated)
        size = _body_size(header, path, index)
        body = stream.read(size)
        if len(body) < size:
            raise _cut_off(path, index, inflated)
        yield body


def _body_size(header: bytes, path: str, index: int) -> int:
    """Bytes of a record behind its header."""
    length = _LENGTH.unpack_from(header)[0]
    if length > _MAX_LENGTH or _CRC.unpack_from(header, _LENGTH.size)[0] != masked_crc(
            header[:_LENGTH.size]):
        raise UserError("%s, record %d: not a TFRecord file, or damaged" % (path, index))
    return length + _CRC.size


def _cut_off(path: str, index: int, inflated: Optional[Inflated] = None) -> UserError:
    what = "the file is cut off"
    if inflated and inflated.fault:
        what = "the gzip data are cut off or damaged (%s)" % inflated.fault
    return UserError("%s, record %d: %s; write it again" % (path, index, what))


def _count_headers(f: IO[bytes], path: str) -> int:
    size = f.seek(0, io.SEEK_END)
    at = count = 0
    while at < size:
        f.seek(at)
        header = f.read(HEADER_SIZE)
        if len(header) < HEADER_SIZE:
            raise _cut_off(path, count)
        at += HEADER_SIZE + _body_size(header, path, count)
        count += 1
    if at != size:
        raise _cut_off(path, count - 1)
    return count
