"""Runs: the records of one part of the work, on disk in the order of their keys, to be merged.

Merging the runs of all parts in the order of uniformly random 64-bit keys gives a uniform shuffle
of all records, however the work was divided. It is an external sort: a run is made of spills, each
sorted in memory; an index says where in a spill each of 4,096 equal ranges of keys (buckets)
begins, so that a merge reads a few buckets of all runs at a time.

File: for each record its key, its length (little-endian uint64, uint32) and its bytes; then the
index, uint64 [spills, BUCKETS + 1]; then the number of spills, uint64.
"""
import heapq
import os
import struct
from typing import IO, Iterable, Iterator, List, Sequence, Tuple

import numpy as np

from bert_nq.base import files

BUCKET_BITS = 12
BUCKETS = 1 << BUCKET_BITS
_SHIFT = 64 - BUCKET_BITS

_ENTRY = struct.Struct("<QI")
_COUNT = struct.Struct("<Q")
_INDEX_TYPE = np.dtype("<u8")

Entry = Tuple[int, bytes]


def shard_of(key: int, num_shards: int) -> int:
    """The number of the range, of `num_shards` equal ranges of buckets, that a key is in."""
    return (key >> _SHIFT) * num_shards >> BUCKET_BITS


def buckets_of(shard: int, num_shards: int) -> Tuple[int, int]:
    """The buckets [first, end) whose keys `shard_of` puts into `shard`.

    Of 4,096 buckets, shard 1 of 3 has those from ceil(4096 / 3) = 1366 to before ceil(8192 / 3) =
    2731.
    """
    first, end = (-(-i * BUCKETS // num_shards) for i in (shard, shard + 1))
    return first, end


class RunWriter:
    """Writes one run. It holds `memory_bytes` of records, and some 100 bytes more for each."""

    def __init__(self, out: IO[bytes], memory_bytes: int = 64 << 20):
        self._out = out
        self._memory_bytes = memory_bytes
        self._pending: List[Entry] = []
        self._pending_bytes = 0
        self._position = 0
        self._index: List[np.ndarray] = []

    def add(self, key: int, record: bytes) -> None:
        """Takes one record; `key` is an unsigned 64-bit integer."""
        self._pending.append((key, record))
        self._pending_bytes += len(record)
        if self._pending_bytes > self._memory_bytes:
            self._spill()

    def finish(self) -> None:
        """Writes what is left and the index. Nothing can be added from then on."""
        if self._pending:
            self._spill()
        for offsets in self._index:
            self._out.write(offsets.tobytes())
        self._out.write(_COUNT.pack(len(self._index)))

    def _spill(self) -> None:
        self._pending.sort()
        keys = np.array([key for key, _ in self._pending], np.uint64)
        ends = np.cumsum([_ENTRY.size + len(record) for _, record in self._pending])
        offsets = self._position + np.concatenate([[0], ends])
        firsts = np.searchsorted(keys >> np.uint64(_SHIFT), np.arange(BUCKETS + 1, dtype=np.uint64))
        self._index.append(offsets[firsts].astype(_INDEX_TYPE))
        for key, record in self._pending:
            self._out.write(_ENTRY.pack(key, len(record)))
            self._out.write(record)
        self._position = int(offsets[-1])
        self._pending, self._pending_bytes = [], 0


class Run:
    """A run to read. Files are open only while something is read from them."""

    def __init__(self, path: str):
        self._path = path
        with files.open_binary(path) as f:
            f.seek(-_COUNT.size, os.SEEK_END)
            spills, = _COUNT.unpack(f.read(_COUNT.size))
            f.seek(-_COUNT.size - spills * (BUCKETS + 1) * _INDEX_TYPE.itemsize, os.SEEK_END)
            self._end = f.tell()
            index = np.frombuffer(f.read(), _INDEX_TYPE, spills * (BUCKETS + 1))
        self._index = index.reshape([spills, BUCKETS + 1])

    def bucket_sizes(self) -> np.ndarray:
        """int64 [BUCKETS]: bytes of each bucket, keys included."""
        return np.diff(self._index.astype(np.int64), axis=1).sum(axis=0)

    def read(self, first_bucket: int, end_bucket: int) -> List[Entry]:
        """The entries of buckets [first_bucket, end_bucket), sorted within each spill only."""
        entries: List[Entry] = []
        with files.open_binary(self._path) as f:
            for offsets in self._index:
                start, end = int(offsets[first_bucket]), int(offsets[end_bucket])
                if start < end:
                    f.seek(start)
                    entries.extend(_entries(f.read(end - start)))
        return entries

    def stream(self) -> Iterator[Entry]:
        """All entries, spill after spill: the order of their keys if they were added in it."""
        with files.open_binary(self._path) as f:
            while f.tell() < self._end:
                key, length = _ENTRY.unpack(f.read(_ENTRY.size))
                yield key, f.read(length)


def _entries(data: bytes) -> Iterator[Entry]:
    at = 0
    while at < len(data):
        key, length = _ENTRY.unpack_from(data, at)
        at += _ENTRY.size + length
        yield key, data[at - length:at]


def merge_shuffled(runs: Sequence[Run], first_bucket: int, end_bucket: int,
                   memory_bytes: int = 64 << 20) -> Iterator[bytes]:
    """The records of all runs in buckets [first_bucket, end_bucket), by (key, record).

    In memory are as many buckets as `memory_bytes` hold, one at least.
    """
    sizes = sum((run.bucket_sizes() for run in runs), np.zeros([BUCKETS], np.int64))
    while first_bucket < end_bucket:
        held = np.cumsum(sizes[first_bucket:end_bucket])
        end = first_bucket + max(1, int(np.searchsorted(held, memory_bytes, side="right")))
        for _, record in sorted(entry for run in runs for entry in run.read(first_bucket, end)):
            yield record
        first_bucket = end


def merge_ordered(groups: Iterable[Sequence[Run]]) -> Iterator[bytes]:
    """The records of groups one after the other; within a group, by key.

    The entries of each run were added in the order of their keys.
    """
    for runs in groups:
        for _, record in heapq.merge(*(run.stream() for run in runs)):
            yield record
