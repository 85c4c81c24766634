"""Writing records in the order of their keys, with a bounded part of them in memory.

Records with uniformly random 64-bit keys come out as a uniform shuffle of all of them. They are
spread over buckets on disk by their highest bits; then each bucket is sorted in memory.
"""
import contextlib
import os
import struct
import tempfile
from typing import IO, Callable, Iterator, List, Tuple

from bert_nq import files
from bert_nq.records import tfrecord

_ENTRY = struct.Struct("<QI")  # key, length of the record that follows


class SortingWriter:
    """Collects (key, record) and writes the records sorted by (key, record)."""

    def __init__(self, folder: str, memory_bytes: int = 64 << 20, bucket_bits: int = 6):
        """
        Args:
          folder: where the buckets are written, once more than `memory_bytes` have come in.
          memory_bytes: how much is kept in memory before that.
          bucket_bits: there are 2**bucket_bits buckets.
        """
        self._folder = folder
        self._memory_left = memory_bytes
        self._shift = 64 - bucket_bits
        self._pending: List[Tuple[int, bytes]] = []
        self._buckets: List[IO[bytes]] = []
        self._num_buckets = 1 << bucket_bits

    def add(self, key: int, record: bytes) -> None:
        """Takes one record; `key` is an unsigned 64-bit integer."""
        if self._buckets:
            self._spread(key, record)
            return
        self._pending.append((key, record))
        self._memory_left -= len(record)
        if self._memory_left < 0:
            self._buckets = [open(os.path.join(self._folder, "bucket-%03d" % i), "w+b")
                             for i in range(self._num_buckets)]
            for pending in self._pending:
                self._spread(*pending)
            self._pending = []

    def _spread(self, key: int, record: bytes) -> None:
        bucket = self._buckets[key >> self._shift]
        bucket.write(_ENTRY.pack(key, len(record)))
        bucket.write(record)

    def sorted_records(self) -> Iterator[bytes]:
        """Yields all records in order; nothing can be added from then on."""
        for _, record in sorted(self._pending):
            yield record
        for bucket in self._buckets:
            for _, record in sorted(_entries(bucket)):
                yield record

    def __enter__(self) -> "SortingWriter":
        return self

    def __exit__(self, *unused) -> None:
        for bucket in self._buckets:
            bucket.close()


def _entries(bucket: IO[bytes]) -> Iterator[Tuple[int, bytes]]:
    bucket.seek(0)
    while True:
        header = bucket.read(_ENTRY.size)
        if not header:
            return
        key, length = _ENTRY.unpack(header)
        yield key, bucket.read(length)


@contextlib.contextmanager
def shuffled_record_file(path: str) -> Iterator[Callable[[int, bytes], None]]:
    """Gives a function (key, record) whose records become the TFRecord file `path`, key by key.

    The file appears under its name when it is complete; the buckets lie beside it until then.
    """
    folder = "" if files.is_remote(path) else os.path.dirname(os.path.abspath(path))
    files.make_folder(folder)
    with tempfile.TemporaryDirectory(prefix=".shuffle-", dir=folder or None) as buckets:
        with SortingWriter(buckets) as writer:
            yield writer.add
            with files.replacing(path) as out:
                for record in writer.sorted_records():
                    out.write(tfrecord.frame(record))


@contextlib.contextmanager
def ordered_record_file(path: str) -> Iterator[Callable[[int, bytes], None]]:
    """As `shuffled_record_file`, but the records stay in the order in which they come."""
    with files.replacing(path) as out:
        yield lambda _, record: out.write(tfrecord.frame(record))
