"""Gathers the runs of all parts of the work into record files."""
import contextlib
import functools
import os
from typing import IO, Dict, Iterator, List, NamedTuple, Sequence

import google_crc32c

from bert_nq.base import files
from bert_nq.base.deflating import deflating
from bert_nq.base.errors import UserError
from bert_nq.jobs import workers
from bert_nq.jobs.work_folder import WorkFolder
from bert_nq.records import runs
from bert_nq.records.manifest import OutputFile

# The beginning of the names that the work folder's notes of outputs have; those of parts differ.
_OUTPUT_PREFIX = "output-"

_WRITE_SIZE = 1 << 20


def _output_name(shard: int) -> str:
    return "%s%05d" % (_OUTPUT_PREFIX, shard)


def is_output(name: str) -> bool:
    """Whether a name of the work folder is of an output."""
    return name.startswith(_OUTPUT_PREFIX)


class Output(NamedTuple):
    """Record files that are written together."""
    shards: List[int]  # their numbers among all

    @property
    def names(self) -> List[str]:
        """The names of the work folder's notes, one for each file."""
        return [_output_name(shard) for shard in self.shards]

    def __str__(self) -> str:
        return "output %s" % ", ".join(map(str, self.shards))


class Gathering(NamedTuple):
    """The runs to gather, and the record files that they become."""
    work_path: str
    output_paths: List[str]
    compression: str  # "" or "gzip"
    shuffled: bool
    groups: List[List[str]]  # names of parts; those of one group are of the same input
    num_records: int

    def outputs(self) -> List[Output]:
        """The outputs, each of which can be written independently of the rest."""
        numbers = list(range(len(self.output_paths)))
        return [Output([i]) for i in numbers] if self.shuffled else [Output(numbers)]

    def staged_path(self, shard: int) -> str:
        """The path of an output until all are complete: in the work folder, unless it is remote."""
        final = self.output_paths[shard]
        if files.is_remote(final):
            return final
        return os.path.join(os.path.abspath(self.work_path), _output_name(shard) + ".records")

    def note(self, shard: int, written: OutputFile) -> None:
        """Notes in the work folder that an output is complete where it is staged."""
        name = os.path.basename(self.output_paths[shard])
        WorkFolder(self.work_path).finish(_output_name(shard),
                                          dict(written._replace(name=name)._asdict()))


def make_gatherer(gathering: Gathering) -> workers.Work:
    """A worker's function that writes an `Output` and notes its file in the work folder."""
    return functools.partial(_gather, gathering)


def _gather(gathering: Gathering, output: Output, report: workers.Report) -> None:
    folder = WorkFolder(gathering.work_path)
    groups = [[runs.Run(folder.run_path(name)) for name in names] for names in gathering.groups]
    num_shards = len(gathering.output_paths)
    ordered = None if gathering.shuffled else runs.merge_ordered(groups)
    for shard in output.shards:
        if ordered is None:
            first, end = runs.buckets_of(shard, num_shards)
            records = runs.merge_shuffled([run for group in groups for run in group], first, end)
        else:
            first, end = (i * gathering.num_records // num_shards for i in (shard, shard + 1))
            records = _take(ordered, end - first)
        written = write_records(gathering.staged_path(shard), records, gathering.compression,
                                report)
        gathering.note(shard, written)


def _take(items: Iterator[bytes], n: int) -> Iterator[bytes]:
    for _ in range(n):
        yield next(items)


def publish(gathering: Gathering) -> List[OutputFile]:
    """Gives complete outputs their names; those that have them already stay."""
    folder = WorkFolder(gathering.work_path)
    written = []
    for shard, path in enumerate(gathering.output_paths):
        written.append(OutputFile(**folder.result(_output_name(shard))))
        staged = gathering.staged_path(shard)
        if staged != path and os.path.exists(staged):
            os.replace(staged, path)
    return written


def write_records(path: str, records: Iterator[bytes], compression: str = "",
                  report: workers.Report = lambda counts: None) -> OutputFile:
    """Writes a record file that appears when it is complete.

    Args:
      path: the file.
      records: framed, see tfrecord.frame.
      compression: "" or "gzip".
      report: told of "records_written".
    """
    count = 0
    with files.replacing(path) as raw:
        checked = _Checksum(raw)
        with _compressed(checked, compression) as out:
            for batch in _batches(records):
                out.write(b"".join(batch))
                count += len(batch)
                report({"records_written": len(batch)})
    return OutputFile(os.path.basename(path), count, checked.size, "%08x" % checked.crc)


def _batches(records: Iterator[bytes]) -> Iterator[Sequence[bytes]]:
    batch, size = [], 0
    for record in records:
        batch.append(record)
        size += len(record)
        if size >= _WRITE_SIZE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Checksum:
    """A file; its bytes are counted and their checksum is taken as they are written."""

    def __init__(self, out: IO[bytes]):
        self._out = out
        self.crc = self.size = 0

    def write(self, data: bytes) -> int:
        data = bytes(data)
        self.crc = google_crc32c.extend(self.crc, data)
        self.size += len(data)
        return self._out.write(data)

    def flush(self) -> None:
        self._out.flush()


def _compressed(out: _Checksum, compression: str):
    if not compression:
        return contextlib.nullcontext(out)
    return deflating(out)


def finished(gathering: Gathering) -> Dict[str, bool]:
    """Says of each output, by its name in the work folder, whether its file is complete."""
    folder = WorkFolder(gathering.work_path)
    found = {}
    for shard, path in enumerate(gathering.output_paths):
        name = _output_name(shard)
        try:
            result = folder.result(name)
        except UserError:  # It is damaged: the output is written again.
            result = None
        found[name] = result is not None and any(
            os.path.exists(p) and files.crc32c(p) == result["crc32c"]
            for p in (gathering.staged_path(shard), path))
    return found
