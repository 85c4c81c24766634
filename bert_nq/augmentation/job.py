"""Shards to shards with changed copies in them, to be killed and carried on at any moment.

    shards ──(lines, by chunks)──► processes ──► lines of pages and copies, by chunks ──► shards

Each finished chunk is noted in a work folder beside the output, see jobs.job. A chunk is a stretch
of one shard and is compressed by itself, so the bytes of the outputs depend on settings and inputs
alone.
"""
import collections
import contextlib
import functools
import gc
import io
import json
import os
from typing import IO, Any, Callable, Dict, List, NamedTuple, Set, Tuple

import orjson

import bert_nq
from bert_nq.augmentation.augmenter import Augmenter, Copy
from bert_nq.augmentation.options import AugmentationOptions
from bert_nq.base import files
from bert_nq.base.bad_input import BadInput
from bert_nq.base.deflating import deflating
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq import shards, writing
from bert_nq.datasets.nq.decoding import decode_example, load_json
from bert_nq.datasets.nq.example import Example
from bert_nq.jobs import chunks, executors, job, workers
from bert_nq.jobs.chunks import Chunk
from bert_nq.jobs.job import Result, Run
from bert_nq.jobs.work_folder import WorkFolder


class Job(NamedTuple):
    """The shards to augment, and how. There is an output shard for each input."""
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


class Augmented(NamedTuple):
    """The result of a job."""
    counts: job.Counts  # pages read, written, copies, skipped
    num_resumed: int  # pages that an earlier run had done


def sources_path(output: str) -> str:
    """The table of copies: id of the copy, of its page, number of the copy, tabs between them."""
    return writing.beside(output, ".sources.tsv")


def run_job(work: Job, num_workers: int, on_status: job.OnStatus = lambda status: None,
            note: job.Note = lambda text: None) -> Augmented:
    """Writes the shards and the table of copies, all of them or none.

    Args:
      work: the shards to augment.
      num_workers: processes.
      on_status, note: see `jobs.job.run_job`.

    Raises:
      UserError: two pages would have one id; see also `jobs.job.run_job`.
    """
    results: Dict[str, Result] = {}  # of the chunks by their names, see `_augment`

    def take(chunk: Chunk, result: Result) -> None:
        results[chunk.name] = result

    return job.run_job(
        job.Job("augmenting", "augmented anew", work.inputs, work.output, work.settings(),
                work.skip_bad_input, functools.partial(chunks.plan, work.inputs, shards.READING),
                functools.partial(_publish, work, results), take=take, needed="pages"),
        executors.in_processes(functools.partial(make_work, work), num_workers), on_status, note)


def _publish(work: Job, results: Dict[str, Result], run: Run) -> Augmented:
    """Puts the chunks together."""
    by_shard = chunks.by_file(run.inputs, run.names)
    _check_ids([results[name].facts for names in by_shard for name in names])
    with contextlib.ExitStack() as stack:
        table = stack.enter_context(files.replacing(sources_path(work.output)))
        table.write(b"example_id\tsource_example_id\tcopy\n")
        for output, names in zip(work.outputs(), by_shard):
            out = stack.enter_context(files.replacing(output))
            # The parts of all chunks, one kind of part after the other.
            for part in range(2):
                for name in names:
                    _append(run.folder.run_path(name), results[name].facts["sizes"], part, out)
            for name in names:
                table.writelines(b"%d\t%d\t%d\n" % tuple(copy)
                                 for copy in results[name].facts["copies"])
    return Augmented(run.counts, run.resumed["pages"])


def _append(path: str, sizes: List[int], part: int, out: IO[bytes]) -> None:
    with files.open_binary(path) as f:
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


def make_work(work: Job, folder: WorkFolder) -> Callable[[Chunk, workers.Report], Result]:
    """A worker's function that does a chunk."""
    # A page is thousands of objects without cycles. To look for some after each seven hundred, as
    # Python does, takes a seventh of the time.
    gc.set_threshold(1 << 20)
    return functools.partial(_augment, work, folder, work.options.make())


def _augment(work: Job, folder: WorkFolder, augmenter: Augmenter, chunk: Chunk,
             report: workers.Report) -> Result:
    """Writes a chunk's .run file; returns its result.

    The file has two parts of "sizes" bytes: what comes first in the output and, if copies are to
    follow, the copies. "ids" are those of its pages, "copies" are (id, id of the page, number).
    """
    notes: List[str] = []
    bad_input = BadInput(work.skip_bad_input, notes.append)
    parts: Tuple[List[bytes], List[bytes]] = ([], [])
    counts = collections.Counter(pages=0, written=0, copies=0, skipped=0)
    ids, copies = [], []
    for source, line in zip(chunk.sources(), chunk.items):
        try:
            example, made = _copies(augmenter, line, source)
        except BadExampleError as e:
            bad_input.handle(e)
            continue
        if work.keep_originals or not made:
            parts[0].append(line if line.endswith(b"\n") else line + b"\n")
            counts["written"] += 1
        parts[work.order == "followed"].extend(text for _, text in made)
        ids.append(example.example_id)
        copies += [(copy.example.example_id, example.example_id, copy.number) for copy, _ in made]
        counts.update(pages=1, copies=len(made))
    counts["skipped"] = bad_input.skipped
    packed = [_packed(part, work.output.endswith(".gz")) for part in parts]
    with files.replacing(folder.run_path(chunk.name)) as out:
        out.writelines(packed)
    return Result(dict(counts), notes,
                  {"ids": ids, "copies": copies, "sizes": list(map(len, packed))})


def _copies(augmenter: Augmenter, line: bytes, source: str
            ) -> Tuple[Example, List[Tuple[Copy, bytes]]]:
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


def check_outputs(work: Job) -> None:
    """Refuses outputs that would do harm, before anything is done; see `writing.check_outputs`."""
    writing.check_outputs(work.output, len(work.inputs), work.inputs)
    files.check_output(sources_path(work.output), work.inputs)
    if os.path.basename(work.output).startswith("."):
        raise UserError("the output %r must not be a hidden file" % work.output)
