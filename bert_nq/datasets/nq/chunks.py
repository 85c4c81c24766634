"""Shards cut into stretches of lines, which are the work of one process at a time.

Where they are cut depends on the shard alone, so what is made of each is the same whoever makes it.
"""
import hashlib
import os
import re
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.nq import shards
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.datasets.nq.example import Example
from bert_nq.jobs import work_folder
from bert_nq.jobs.work_folder import Input, WorkFolder

# Enough for batches of windows of equal length.
CHUNK_PAGES = 32
# Of a chunk's lines: a page of NQ has half a megabyte. They go from process to process.
_CHUNK_BYTES = 1 << 22


class Lines(NamedTuple):
    """The lines of a chunk: a stretch of a shard."""
    name: str  # in the work folder
    path: str
    numbers: List[int]  # of the lines, from 1; blank lines count and are left out
    lines: List[bytes]
    bytes_read: int  # of the shard as it lies on disk, while these lines were read

    def __str__(self) -> str:
        return "%s, lines %d to %d" % (self.path, self.numbers[0], self.numbers[-1])

    def examples(self, bad_input: shards.BadInput) -> Iterator[Example]:
        """Yields the pages; `bad_input` is told of lines that are unusable."""
        for number, line in zip(self.numbers, self.lines):
            try:
                yield decode_example(line, "%s, line %d" % (self.path, number))
            except BadExampleError as e:
                bad_input.handle(e)


def line_number(source: str) -> int:
    """Of "PATH, line N"."""
    return int(source.rpartition(" ")[2])


def begin(folder: WorkFolder, paths: Sequence[str], settings: Dict[str, Any],
          note: Callable[[str], None]) -> List[str]:
    """Makes a work folder ready for a run whose tasks are chunks.

    What a run before has finished stays, if it is of the same settings and shards.

    Args:
      folder: of the run.
      paths: the shards.
      settings: all that decides what is made of them.
      note: told what has changed since the run before.

    Returns:
      What the names of each shard's chunks begin with.
    """
    inputs = work_folder.inputs_of(paths)
    folder.resume(settings, inputs, note)
    stems = list(map(_stem_of, inputs))
    known = set(stems)
    folder.start({"settings": settings, "inputs": inputs},
                 lambda name: re.sub(r"-\d+$", "", name) in known)
    return stems


def _stem_of(shard: Input) -> str:
    """What the names of a shard's chunks begin with."""
    text = "%s\t%s" % shard
    return "%s-%s" % (os.path.basename(shard.path)[:100],
                      hashlib.sha256(text.encode("utf8", "surrogateescape")).hexdigest()[:12])


def read_chunks(path: str, stem: str, bad_input: shards.BadInput) -> Iterator[Lines]:
    """Yields the lines of a shard, by chunks; see `Lines`."""
    read = [0]

    def on_read(num_bytes: int) -> None:
        read[0] += num_bytes

    numbers: List[int] = []
    lines: List[bytes] = []
    size = index = 0
    for source, line in shards.checked_lines(path, bad_input, on_read):
        numbers.append(line_number(source))
        lines.append(line)
        size += len(line)
        if len(lines) == CHUNK_PAGES or size >= _CHUNK_BYTES:
            yield Lines("%s-%06d" % (stem, index), path, numbers, lines, read[0])
            numbers, lines, size, index, read[0] = [], [], 0, index + 1, 0
    if lines:
        yield Lines("%s-%06d" % (stem, index), path, numbers, lines, read[0])
