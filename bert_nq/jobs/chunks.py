"""Chunks: files cut into stretches of items, the pieces of jobs whose inputs this process reads.

Where they are cut depends on the file alone, so that what is made of each is the same whoever makes
it.
"""
import collections
import functools
import hashlib
import os
import re
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence

from bert_nq.base import files, lines
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError
from bert_nq.base.reading import Reading
from bert_nq.jobs.job import Plan
from bert_nq.jobs.work_folder import Input

# Enough for batches of windows of equal length.
CHUNK_ITEMS = 32
# Of a chunk's items, which go from process to process: a page may have half a megabyte.
_CHUNK_BYTES = 1 << 22


class Chunk(NamedTuple):
    """A stretch of items of a file, see base.reading."""
    name: str  # in the work folder
    path: str
    numbers: List[int]  # of the items, from 1; blank lines count and are left out
    items: List[bytes]
    num_bytes: int  # of the file as it lies on disk, while these items were read
    unit: str = "line"  # what messages call an item

    def __str__(self) -> str:
        return "%s, %ss %d to %d" % (self.path, self.unit, self.numbers[0], self.numbers[-1])

    def sources(self) -> Iterator[str]:
        """Yields the source of each item."""
        return (lines.source_of(self.path, number, self.unit) for number in self.numbers)

    def examples(self, reading: Reading, bad_input: BadInput) -> Iterator[Any]:
        """Yields the examples; `bad_input` is told of items that are unusable."""
        for source, item in zip(self.sources(), self.items):
            try:
                yield reading.decode(item, source)
            except BadExampleError as e:
                bad_input.handle(e)


def plan(paths: Sequence[str], reading: Reading, inputs: Sequence[Input],
         before: Optional[Dict[str, Any]] = None) -> Plan:
    """The plan of a job whose pieces are the chunks of files.

    Args:
      paths: the files, as messages name them.
      reading: takes them apart.
      inputs: the same files.
      before: not needed: a chunk has the same name in every run.
    """
    stems = stems_of(inputs)
    known = set(stems)
    return Plan(functools.partial(_read_all, paths, reading, stems),
                lambda name: re.sub(r"-\d+$", "", name) in known, sum(map(files.size, paths)))


def stems_of(inputs: Iterable[Input]) -> List[str]:
    """The beginning of the names of each file's chunks."""
    return list(map(_stem_of, inputs))


def _stem_of(file: Input) -> str:
    text = "%s\t%s" % file
    return "%s-%s" % (os.path.basename(file.path)[:100],
                      hashlib.sha256(text.encode("utf8", "surrogateescape")).hexdigest()[:12])


def by_file(inputs: Iterable[Input], names: Iterable[str]) -> List[List[str]]:
    """The names of each file's chunks, in the order of their items.

    Args:
      inputs: the files.
      names: of all chunks, in any order.
    """
    found = collections.defaultdict(list)
    for name in sorted(set(names)):
        found[name.rpartition("-")[0]].append(name)
    return [found[stem] for stem in stems_of(inputs)]


def _read_all(paths: Sequence[str], reading: Reading, stems: Sequence[str],
              bad_input: BadInput) -> Iterator[Chunk]:
    for path, stem in zip(paths, stems):
        yield from read_chunks(path, reading, stem, bad_input)


def read_chunks(path: str, reading: Reading, stem: str, bad_input: BadInput) -> Iterator[Chunk]:
    """Yields the chunks of a file; `bad_input` is told if it ends early."""
    read = [0]

    def on_read(num_bytes: int) -> None:
        read[0] += num_bytes

    numbers: List[int] = []
    held: List[bytes] = []
    size = index = 0
    for number, item in reading.items(path, bad_input, on_read):
        numbers.append(number)
        held.append(item)
        size += len(item)
        if len(held) == CHUNK_ITEMS or size >= _CHUNK_BYTES:
            yield Chunk("%s-%06d" % (stem, index), path, numbers, held, read[0], reading.unit)
            numbers, held, size, index, read[0] = [], [], 0, index + 1, 0
    if held:
        yield Chunk("%s-%06d" % (stem, index), path, numbers, held, read[0], reading.unit)
