"""Shards to shards with changed copies in them, to be killed and carried on at any moment.

    shards ──(lines, by chunks)──► processes ──► lines of pages and copies, by chunks ──► shards

Each finished chunk is noted in a work folder beside the output. A chunk is a stretch of one shard
and is compressed by itself, so the bytes of the outputs depend on settings and inputs alone.
"""
import collections
import contextlib
import functools
import gc
import io
import json
import os
from typing import IO, Any, Callable, Dict, Iterator, List, NamedTuple, Set, Tuple

import orjson

import bert_nq
from bert_nq.augmentation.augmenter import Augmenter
from bert_nq.augmentation.options import AugmentationOptions
from bert_nq.base import files
from bert_nq.base.deflating import deflating
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq import chunks, shards, writing
from bert_nq.datasets.nq.chunks import Lines, read_chunks
from bert_nq.datasets.nq.decoding import decode_example, load_json
from bert_nq.jobs import work_folder, workers


class Job(NamedTuple):
    """What to make of what. There is an output shard for each input."""
    options: AugmentationOptions
    inputs: List[str]
    output: str
    # "interleaved": each page before its copies; "followed": all of a shard's before all copies
    order: str = "interleaved"
    keep_originals: bool = True  # False: a page stands only where it has no copy
    skip_bad_input: bool = False

    def outputs(self) -> List[str]:
        """The files that are written: see `writing.shard_paths`."""
        return writing.shard_paths(self.output, len(self.inputs))

    def settings(self) -> Dict[str, Any]:
        """All that decides the outputs besides the inputs, by name."""
        return dict(self.options.settings(), order=self.order, keep_originals=self.keep_originals,
                    compressed=self.output.endswith(".gz"), bert_nq=bert_nq.__version__)


class Status(NamedTuple):
    """How far a job is."""
    counts: "collections.Counter[str]"  # of this run: pages, copies
    share: float  # of the inputs that are done


class JobResult(NamedTuple):
    """What came of a job."""
    counts: "collections.Counter[str]"  # pages read, written, copies, skipped
    num_resumed: int  # pages that an earlier run had done


def sources_path(output: str) -> str:
    """The table of copies: id of the copy, of its page, number of the copy, tabs between them."""
    return writing.beside(output, ".sources.tsv")


def run_job(job: Job, num_workers: int, on_status: Callable[[Status], None] = lambda status: None,
            note: Callable[[str], None] = lambda text: None) -> JobResult:
    """Writes the shards and the table of copies, all of them or none.

    Args:
      job: what to make.
      num_workers: processes.
      on_status: told how far it is, a few times a second.
      note: told, in a line each, what a person should know.

    Raises:
      UserError: an input is unusable, two pages would have one id, a worker died, the disk is full,
        another run is under way. What was finished is kept for the next run.
    """
    with work_folder.opened(work_folder.work_path(job.output)) as folder:
        run = _Run(job, folder, on_status, note)
        with folder.telling_what_is_kept():
            run.spread(num_workers)
        run.publish()
        folder.remove_contents()
    return JobResult(run.counts, run.num_resumed)


class _Run:
    """A run of a job in its work folder."""

    def __init__(self, job: Job, folder: work_folder.WorkFolder,
                 on_status: Callable[[Status], None], note: Callable[[str], None]):
        self._job, self._folder, self._on_status, self._note = job, folder, on_status, note
        self._total_bytes = sum(map(files.size, job.inputs))
        self._bytes_done = 0
        self._names: List[List[str]] = [[] for _ in job.inputs]  # of the chunks of each shard
        self._results: Dict[str, Dict[str, Any]] = {}  # of the chunks by their names, see `_work`
        self.counts = collections.Counter()
        self.num_resumed = 0
        self._stems = chunks.begin(folder, job.inputs, job.settings(), note)

    def spread(self, num_workers: int) -> None:
        """Does the chunks that no earlier run has done."""
        work = functools.partial(make_worker, self._job, self._folder.path)
        finished = workers.run_tasks(work, self._chunks_left(), num_workers,
                                     lambda counts: self._show())
        with contextlib.closing(finished):
            for lines, result in finished:
                self._finished(lines, result)

    def _chunks_left(self) -> Iterator[Lines]:
        bad_input = shards.BadInput(self._job.skip_bad_input, self._note)
        for path, stem, names in zip(self._job.inputs, self._stems, self._names):
            for lines in read_chunks(path, stem, bad_input):
                names.append(lines.name)
                done = self._folder.result(lines.name)
                if done and (self._job.skip_bad_input or not done["counts"]["skipped"]):
                    self.num_resumed += done["counts"]["pages"]
                    self._finished(lines, done)
                else:
                    yield lines
        self.counts["skipped"] += bad_input.skipped

    def _finished(self, lines: Lines, result: Dict[str, Any]) -> None:
        self._results[lines.name] = result
        self._bytes_done += lines.bytes_read
        self.counts.update(result["counts"])
        for text in result["notes"]:
            self._note(text)
        self._show()

    def _show(self) -> None:
        self._on_status(Status(self.counts, self._bytes_done / max(self._total_bytes, 1)))

    def publish(self) -> None:
        """Puts the chunks together."""
        _check_ids([self._results[name] for names in self._names for name in names])
        with contextlib.ExitStack() as stack:
            table = stack.enter_context(files.replacing(sources_path(self._job.output)))
            table.write(b"example_id\tsource_example_id\tcopy\n")
            for output, names in zip(self._job.outputs(), self._names):
                out = stack.enter_context(files.replacing(output))
                # The parts of all chunks, one kind of part after the other.
                for part in range(2):
                    for name in names:
                        self._append(name, part, out)
                for name in names:
                    table.writelines(b"%d\t%d\t%d\n" % tuple(copy)
                                     for copy in self._results[name]["copies"])

    def _append(self, name: str, part: int, out: IO[bytes]) -> None:
        sizes = self._results[name]["sizes"]
        with files.open_binary(self._folder.run_path(name)) as f:
            f.seek(sum(sizes[:part]))
            out.write(f.read(sizes[part]))


def _check_ids(results: List[Dict[str, Any]]) -> None:
    """Raises UserError where a copy's id is that of a page or of another copy."""
    pages = {i for result in results for i in result["ids"]}
    seen: Set[int] = set()
    for result in results:
        for copy_id, source_id, _ in result["copies"]:
            if copy_id in seen:
                raise UserError("example_id %d occurs more than once in the inputs, so its copies "
                                "would have one id: leave the repeated page out" % source_id)
            if copy_id in pages:
                raise UserError("a copy of example_id %d would have the id %d of another page: "
                                "choose another --seed" % (source_id, copy_id))
            seen.add(copy_id)


def make_worker(job: Job, folder_path: str) -> workers.Work:
    """A worker's function that does a `Lines`: its result goes to the work folder."""
    # A page is thousands of objects without cycles. To look for some after each seven hundred, as
    # Python does, takes a seventh of the time.
    gc.set_threshold(1 << 20)
    return functools.partial(_work, job, work_folder.WorkFolder(folder_path), job.options.make())


def _work(job: Job, folder: work_folder.WorkFolder, augmenter: Augmenter, lines: Lines,
          report: workers.Report) -> Dict[str, Any]:
    """What the work folder holds of a chunk.

    Its .run file has two parts of "sizes" bytes: what comes first in the output and, if copies are
    to follow, the copies. "ids" are those of its pages, "copies" are (id, id of the page, number).
    """
    notes: List[str] = []
    bad_input = shards.BadInput(job.skip_bad_input, notes.append)
    parts: Tuple[List[bytes], List[bytes]] = ([], [])
    counts = collections.Counter(pages=0, written=0, copies=0, skipped=0)
    ids, copies = [], []
    for number, line in zip(lines.numbers, lines.lines):
        source = "%s, line %d" % (lines.path, number)
        try:
            example, made = _copies(augmenter, line, source)
        except BadExampleError as e:
            bad_input.handle(e)
            continue
        if job.keep_originals or not made:
            parts[0].append(line if line.endswith(b"\n") else line + b"\n")
            counts["written"] += 1
        parts[job.order == "followed"].extend(text for _, text in made)
        ids.append(example.example_id)
        copies += [(copy.example.example_id, example.example_id, copy.number) for copy, _ in made]
        counts.update(pages=1, copies=len(made))
    counts["skipped"] = bad_input.skipped
    packed = [_packed(part, job.output.endswith(".gz")) for part in parts]
    with files.replacing(folder.run_path(lines.name)) as out:
        out.writelines(packed)
    result = {"counts": dict(counts), "notes": notes, "ids": ids, "copies": copies,
              "sizes": list(map(len, packed))}
    folder.finish(lines.name, result)
    return result


def _copies(augmenter: Augmenter, line: bytes, source: str):
    """The example of a line, and its copies as (Copy, line)."""
    example = decode_example(line, source)
    copies = list(augmenter.copies(example))
    record = load_json(line, source) if copies else None
    return example, [(copy, _line(augmenter.record(record, copy, source))) for copy in copies]


def _line(record: Dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(record) + b"\n"
    except (TypeError, ValueError):  # What orjson does not write, such as lone surrogates.
        return json.dumps(record).encode("ascii") + b"\n"


def _packed(lines: List[bytes], compressed: bool) -> bytes:
    """The lines as they stand in the output: a gzip member, if there are any."""
    if not compressed or not lines:
        return b"".join(lines)
    out = io.BytesIO()
    with deflating(out) as stream:
        stream.writelines(lines)
    return out.getvalue()


def check_outputs(job: Job) -> None:
    """Refuses outputs that would do harm, before anything is done; see `writing.check_outputs`."""
    writing.check_outputs(job.output, len(job.inputs), job.inputs)
    files.check_output(sources_path(job.output), job.inputs)
    if os.path.basename(job.output).startswith("."):
        raise UserError("the output %r must not be a hidden file" % job.output)
