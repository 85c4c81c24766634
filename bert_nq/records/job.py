"""Preparation of many shards by many processes, to be killed and carried on at any moment.

    shards ──(spreading: a task for each shard)──► runs ──(gathering)──► record files, manifest

Each finished task and output is noted in a work folder beside the output; what is noted is not done
again by the next run with the same settings. The bytes of the outputs depend on settings and inputs
alone: records are ordered by keys that are hashes, or by their place in the inputs.
"""
import collections
import contextlib
import functools
import hashlib
import itertools
import os
import unicodedata
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

import bert_nq
from bert_nq.base import files
from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.nq import shards
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.jobs import work_folder, workers
from bert_nq.jobs.work_folder import Input
from bert_nq.records import gathering, manifest, runs
from bert_nq.records.manifest import Manifest
from bert_nq.records.preparation import (
    Counts,
    PagePreparer,
    PreparationOptions,
    PreparedPage,
)
from bert_nq.text.vocabulary import Vocabulary

# Of the key of a record in order: the place of its page's line, then its window.
_WINDOW_BITS = 20
# Where shards are fewer than workers, a task is a part of one. Each of its parts unzips all of it,
# so there are not many, and none of small shards.
_MAX_PARTS = 16
_MIN_PART_BYTES = 1 << 20


class Job(NamedTuple):
    """What to make of what."""
    options: PreparationOptions
    inputs: List[str]
    output: str
    num_outputs: int = 1
    compression: str = ""  # or "gzip"
    max_examples: int = 0  # if positive, stop after this many pages
    skip_bad_input: bool = False

    def settings(self) -> Dict[str, Any]:
        """All that decides the outputs besides the inputs, by name."""
        text, augmentation = self.options.text, self.options.augmentation
        settings = dict(
            self.options.windows._asdict(), is_training=self.options.is_training,
            do_lower_case=text.do_lower_case, tokenizer=text.tokenizer,
            vocabulary=Vocabulary.load(text.vocab_file).fingerprint()[:16],
            max_examples=self.max_examples, num_output_shards=self.num_outputs,
            compression=self.compression, unicode=unicodedata.unidata_version,
            bert_nq=bert_nq.__version__)
        if augmentation is not None:
            settings["augmentation"] = augmentation.settings()
        return settings


class Task(NamedTuple):
    """The lines of `paths` whose place, modulo `num_parts`, is `part`."""
    name: str
    paths: Tuple[str, ...]
    part: int
    num_parts: int
    max_examples: int

    def __str__(self) -> str:
        return self.paths[0] + (" and others" if len(self.paths) > 1 else "")


class Status(NamedTuple):
    """How far a job is."""
    counts: Counts  # of this run, see records.preparation; "records_written" and "bytes_read" too
    total_bytes: int  # of the inputs that this run reads
    total_records: int  # 0 until all inputs are read


class JobResult(NamedTuple):
    """What came of a job."""
    manifest: Manifest
    num_tasks: int
    num_resumed: int  # tasks that an earlier run had done


def run_job(job: Job, num_workers: int, on_status: Callable[[Status], None] = lambda status: None,
            note: Callable[[str], None] = lambda text: None) -> JobResult:
    """Makes the record files and their manifest, or finds them made.

    Args:
      job: what to make.
      num_workers: processes.
      on_status: told how far it is, a few times a second.
      note: told, in a line each, what a person should know: lines that are skipped, what is found
        finished, what has changed.

    Raises:
      UserError: an input is unusable, a worker died, the disk is full, another run is under way.
        What was finished is kept for the next run.
    """
    settings = job.settings()
    inputs = work_folder.inputs_of(job.inputs)
    path = manifest.manifest_path(job.output)
    with work_folder.opened(work_folder.work_path(job.output)) as folder:
        made = _already_made(path, job, settings, inputs, note)
        if made:
            folder.remove_contents()
            return JobResult(made, 0, 0)
        tasks = _plan(folder, job, settings, inputs, num_workers, note)
        with folder.telling_what_is_kept():
            counts, num_resumed = _spread(folder, job, tasks, num_workers, on_status, note)
            outputs = _gather(folder, job, tasks, counts, num_workers, on_status)
        made = Manifest(settings, inputs, counts, outputs)
        manifest.write_manifest(path, made)
        folder.remove_contents()
    return JobResult(made, len(tasks), num_resumed)


def _already_made(path: str, job: Job, settings: Dict[str, Any], inputs: List[Input],
                  note: Callable[[str], None]):
    """The manifest at `path` if it is of this job and the outputs are as it says, or None."""
    made = manifest.read_manifest(path)
    if made is None:
        return None
    changed = work_folder.changes(made.settings, made.inputs, settings, inputs)
    if changed:
        note("made anew, since it was made otherwise: %s" % changed)
        return None
    if made.counts.get("skipped") and not job.skip_bad_input:
        note("made anew, since lines were skipped when it was made")
        return None
    for output, output_path in zip(made.outputs,
                                   manifest.output_paths(job.output, job.num_outputs)):
        if not (files.is_remote(output_path) or os.path.exists(output_path)):
            note("made anew, since %s is missing" % output_path)
            return None
        if manifest.file_crc32c(output_path) != output.crc32c:
            note("made anew, since %s is not what it was when it was written" % output_path)
            return None
    return made


def _plan(folder: work_folder.WorkFolder, job: Job, settings: Dict[str, Any],
          inputs: List[Input], num_workers: int, note: Callable[[str], None]) -> List[Task]:
    """The tasks of the job; cleans the work folder of all that is not theirs."""
    parts = {i.path: num_parts(files.size(i.path), len(inputs), num_workers) for i in inputs}
    before = folder.resume(settings, inputs, note)
    if before:
        parts.update(before["parts"])  # Its tasks may be finished.
    tasks = plan_tasks(inputs, parts, job.max_examples)
    names = [task.name for task in tasks]
    same_tasks = before is not None and before["tasks"] == names
    folder.start(
        {"settings": settings, "inputs": inputs, "parts": parts, "tasks": names},
        lambda name: name in names or (same_tasks and name.startswith(gathering.OUTPUT_PREFIX)))
    return tasks


def num_parts(size: int, num_inputs: int, num_workers: int) -> int:
    """How many tasks a shard of `size` bytes is, so that there is one for each worker."""
    return max(1, min(-(-num_workers // num_inputs), size // _MIN_PART_BYTES, _MAX_PARTS))


def plan_tasks(inputs: List[Input], parts: Dict[str, int], max_examples: int) -> List[Task]:
    """Tasks in the order of `inputs`, the parts of each input one after the other.

    Args:
      parts: how many tasks the input at each path is.
      max_examples: if positive, all is one task, since it counts pages over all inputs.
    """
    if max_examples > 0:
        return [Task("all-" + _digest(inputs), tuple(i.path for i in inputs), 0, 1, max_examples)]
    return [Task("%s-%s-%d-of-%d" % (os.path.basename(i.path)[:100], _digest([i]), part,
                                     parts[i.path]), (i.path,), part, parts[i.path], 0)
            for i in inputs for part in range(parts[i.path])]


def _digest(inputs: List[Input]) -> str:
    text = "\n".join("%s\t%s" % i for i in inputs)
    return hashlib.sha256(text.encode("utf8", "surrogateescape")).hexdigest()[:12]


def _spread(folder, job: Job, tasks: List[Task], num_workers: int,
            on_status: Callable[[Status], None],
            note: Callable[[str], None]) -> Tuple[Counts, int]:
    """Does the tasks that are not done; returns the counts of all and how many were done before."""
    results = {task.name: folder.result(task.name) for task in tasks}
    if not job.skip_bad_input:  # Then a task that skipped something has failed.
        results = {name: result for name, result in results.items()
                   if result and not result["counts"].get("skipped")}
    left = [task for task in tasks if not results.get(task.name)]
    num_resumed = len(tasks) - len(left)
    if num_resumed:
        note("carrying on: %d of %d parts of the work were done" % (num_resumed, len(tasks)))
    sizes = {task.name: sum(map(files.size, task.paths)) // task.num_parts for task in left}
    left.sort(key=lambda task: -sizes[task.name])  # So that no long one is left for the end.
    shown = collections.Counter()
    total_bytes = sum(sizes.values())

    def on_progress(counts):
        shown.update(counts)
        on_status(Status(shown, total_bytes, 0))

    make_work = functools.partial(make_spreader, job, folder.path)
    with contextlib.closing(
            workers.run_tasks(make_work, left, num_workers, on_progress)) as finished:
        for task, result in finished:
            results[task.name] = result
            for text in result["notes"]:
                note(text)
    counts = collections.Counter()
    for result in results.values():
        counts.update(result["counts"])
    return counts, num_resumed


def make_spreader(job: Job, folder_path: str) -> workers.Work:
    """A worker's function that does a `Task`: lines to a run, and its result to the work folder.

    A result has "counts", see records.preparation, and "notes", lines for a person.
    """
    preparer = PagePreparer(job.options)
    return functools.partial(_spread_task, job, work_folder.WorkFolder(folder_path), preparer)


def _spread_task(job: Job, folder: work_folder.WorkFolder, preparer: PagePreparer, task: Task,
                 report: workers.Report) -> Dict[str, Any]:
    notes: List[str] = []
    bad_input = shards.BadInput(job.skip_bad_input, notes.append)
    counts = collections.Counter()
    with files.replacing(folder.run_path(task.name)) as out:
        writer = runs.RunWriter(out)
        for page in prepared_pages(job, preparer, task, bad_input, report):
            for key, record in zip(page.keys, page.records):
                writer.add(key, record)
            counts.update(page.counts)
            report(page.counts)
        writer.finish()
    counts["skipped"] = bad_input.skipped
    result = {"counts": dict(counts), "notes": notes}
    folder.finish(task.name, result)
    return result


def prepared_pages(job: Job, preparer: PagePreparer, task: Task,
                   bad_input: shards.BadInput,
                   report: workers.Report = lambda counts: None) -> Iterator[PreparedPage]:
    """Yields the usable pages of a task; `report` is told of the "bytes_read".

    Where records are not shuffled, their keys are in the order of the pages in `task.paths`.
    """
    num_pages = 0
    for place, source, line in _lines(task, bad_input, report):
        try:
            page = preparer.prepare(decode_example(line, source))
        except BadExampleError as e:
            bad_input.handle(e)
            continue
        if not job.options.is_training:
            first = place << _WINDOW_BITS
            page = page._replace(keys=list(range(first, first + len(page.records))))
        yield page
        num_pages += 1
        if num_pages == task.max_examples:
            break


def _lines(task: Task, bad_input: shards.BadInput,
           report: workers.Report) -> Iterator[Tuple[int, str, bytes]]:
    """Yields (place among all lines, source, line) of the lines of a task."""
    def on_read(num_bytes: int) -> None:
        if num_bytes:
            report({"bytes_read": num_bytes / task.num_parts})

    if task.part:  # A shard that ends early counts once, not in each of its parts.
        bad_input = shards.BadInput(True, lambda text: None)
    everything = itertools.chain.from_iterable(
        shards.checked_lines(path, bad_input, on_read) for path in task.paths)
    for place, (source, line) in enumerate(everything):
        if place % task.num_parts == task.part:
            yield place, source, line


def _gather(folder, job: Job, tasks: List[Task], counts: Counts, num_workers: int,
            on_status: Callable[[Status], None]) -> List[manifest.OutputFile]:
    paths = manifest.output_paths(job.output, job.num_outputs)
    groups = [[task.name for task in group]
              for _, group in itertools.groupby(tasks, key=lambda task: task.paths)]
    what = gathering.Gathering(folder.path, paths, job.compression, job.options.is_training, groups,
                               counts["records"])
    done = gathering.finished(what)
    left = [output for output in what.outputs() if not all(done[name] for name in output.names)]
    shown = collections.Counter()

    def on_progress(counts_since):
        shown.update(counts_since)
        on_status(Status(shown, 0, counts["records"]))

    for _ in workers.run_tasks(functools.partial(gathering.make_gatherer, what), left, num_workers,
                               on_progress):
        pass
    return gathering.publish(what)
