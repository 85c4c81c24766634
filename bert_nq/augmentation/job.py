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
import gzip
import io
import json
import os
from typing import IO, Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

import orjson

import bert_nq
from bert_nq.augmentation.augmenter import Augmenter, Copy
from bert_nq.augmentation.options import AugmentationOptions
from bert_nq.base import files, lines
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


class _Page(NamedTuple):
    """A page of a chunk, as its result has it."""
    example_id: int
    line: int  # its number in the shard
    copies: Sequence[Sequence[int]]  # (id, number) of each
    sizes: Sequence[int]  # bytes of its lines in the chunk's two parts, see `_augment`
    is_left_out: bool = False


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
      UserError: a copy would have another page's id; see also `jobs.job.run_job`.
      BadExampleError: a page that has copies occurs twice, unless bad input is skipped.
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
    pages = {name: [_Page(*page) for page in results[name].facts["pages"]]
             for names in by_shard for name in names}
    counts = run.counts.copy()
    for page in _leave_out_repeated(work, by_shard, pages, run.bad_input):
        counts.subtract(pages=1, copies=len(page.copies), written=int(work.keep_originals))
        counts.update(skipped=1)
    with contextlib.ExitStack() as stack:
        table = stack.enter_context(files.replacing(sources_path(work.output)))
        table.write(b"example_id\tsource_example_id\tcopy\n")
        for output, names in zip(work.outputs(), by_shard):
            out = stack.enter_context(files.replacing(output))
            # The parts of all chunks, one kind of part after the other.
            for part in range(2):
                for name in names:
                    _append(work, run.folder.run_path(name), results[name].facts["sizes"], part,
                            pages[name], out)
            for name in names:
                table.writelines(b"%d\t%d\t%d\n" % (copy_id, page.example_id, number)
                                 for page in pages[name] if not page.is_left_out
                                 for copy_id, number in page.copies)
    return Augmented(counts, run.resumed["pages"])


def _append(work: Job, path: str, sizes: List[int], part: int, pages: Sequence[_Page],
            out: IO[bytes]) -> None:
    """Copies a part of a chunk to an output, without the pages that are left out."""
    with files.open_binary(path) as f:
        f.seek(sum(sizes[:part]))
        content = f.read(sizes[part])
    if any(page.is_left_out for page in pages):
        is_packed = work.output.endswith(".gz")
        stream = io.BytesIO(gzip.decompress(content) if is_packed and content else content)
        read = [(stream.read(page.sizes[part]), page.is_left_out) for page in pages]
        content = _packed([text for text, is_left_out in read if text and not is_left_out],
                          is_packed)
    out.write(content)


def _leave_out_repeated(work: Job, by_shard: Sequence[Sequence[str]],
                        pages: Dict[str, List[_Page]], bad_input: BadInput) -> List[_Page]:
    """Marks the pages whose copies would have the ids of an earlier page's copies, its equal.

    Args:
      work: the job.
      by_shard: the names of the chunks of each input.
      pages: those of each chunk; changed here.
      bad_input: told of each page that is left out.

    Returns:
      The pages that are left out.

    Raises:
      UserError: a copy would have the id of another page.
    """
    ids = {page.example_id for of_chunk in pages.values() for page in of_chunk}
    places: Dict[int, str] = {}  # of the pages that have copies
    left_out = []
    for path, names in zip(work.inputs, by_shard):
        for of_chunk in (pages[name] for name in names):
            for i, page in enumerate(of_chunk):
                source = lines.source_of(path, page.line)
                if page.copies and page.example_id in places:
                    bad_input.handle(BadExampleError(
                        "%s: example_id %d was already in %s, and copies of both would have one "
                        "id" % (source, page.example_id, places[page.example_id])))
                    of_chunk[i] = page._replace(is_left_out=True)
                    left_out.append(page)
                elif page.copies:
                    places[page.example_id] = source
                    if any(copy_id in ids for copy_id, _ in page.copies):
                        raise UserError("%s: a copy of example_id %d would have the id of another "
                                        "page: choose another --seed" % (source, page.example_id))
    return left_out


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
    follow, the copies. "pages" are the fields of each _Page.
    """
    notes: List[str] = []
    bad_input = BadInput(work.skip_bad_input, notes.append)
    parts: Tuple[List[bytes], List[bytes]] = ([], [])
    counts = collections.Counter(pages=0, written=0, copies=0, skipped=0)
    pages = []
    for source, line in zip(chunk.sources(), chunk.items):
        try:
            example, made = _copies(augmenter, line, source)
        except BadExampleError as e:
            bad_input.handle(e)
            continue
        texts: Tuple[List[bytes], List[bytes]] = ([], [])
        if work.keep_originals or not made:
            texts[0].append(line if line.endswith(b"\n") else line + b"\n")
            counts["written"] += 1
        texts[work.order == "followed"].extend(text for _, text in made)
        for part, added in zip(parts, texts):
            part.extend(added)
        pages.append(_Page(
            example.example_id, lines.number_of(source),
            [(copy.example.example_id, copy.number) for copy, _ in made],
            [sum(map(len, added)) for added in texts]))
        counts.update(pages=1, copies=len(made))
    counts["skipped"] = bad_input.skipped
    packed = [_packed(part, work.output.endswith(".gz")) for part in parts]
    with files.replacing(folder.run_path(chunk.name)) as out:
        out.writelines(packed)
    return Result(dict(counts), notes,
                  {"pages": pages, "sizes": list(map(len, packed))})


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


def _packed(texts: List[bytes], compressed: bool) -> bytes:
    """Lines as they stand in the output: a gzip member, if there are any."""
    if not compressed or not texts:
        return b"".join(texts)
    out = io.BytesIO()
    with deflating(out) as stream:
        stream.writelines(texts)
    return out.getvalue()


def check_outputs(work: Job) -> None:
    """Refuses outputs that would do harm, before anything is done; see `writing.check_outputs`."""
    writing.check_outputs(work.output, len(work.inputs), work.inputs)
    files.check_output(sources_path(work.output), work.inputs)
    if os.path.basename(work.output).startswith("."):
        raise UserError("the output %r must not be a hidden file" % work.output)
