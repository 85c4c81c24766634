"""Preparation by Apache Spark: from many machines, the record files that records.job makes.

    tasks ──prepare──► (key, record) …, and of each task a summary; kept on the workers' disks
             │
             ▼ the summaries: counts, and where records in order are to be divided
    (key, record) ──shuffle, sort──► output shards ──write──► record files, manifest

Tasks, pages and keys are those of records.job, the writing is that of records.gathering; so the
bytes are the same. A machine that is lost costs what it had done: Spark has it done again by the
others. Nothing counts twice then, since whatever a task tells replaces what it told before.
"""
import bisect
import collections
import functools
import itertools
import os
from concurrent import futures
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Sequence, Tuple

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.datasets.nq import shards
from bert_nq.jobs import spark_context, work_folder
from bert_nq.records import gathering, manifest, runs
from bert_nq.records.job import Job, JobResult, Task, num_parts, plan_tasks, prepared_pages
from bert_nq.records.manifest import Manifest, OutputFile
from bert_nq.records.preparation import Counts, PagePreparer, PreparationOptions

# In place of the key of a record: what follows is the summary of a task.
_SUMMARY = -1
_KEY_BITS = 64

_TICK_SECONDS = 0.25


class Status(NamedTuple):
    """How far a job is. What a task has done counts when the task is finished."""
    stage: str  # "preparing" or "writing"
    tasks_done: int
    num_tasks: int
    counts: Counts  # see records.preparation; when writing, "records_written"


def run_job(context, job: Job, num_tasks: int = 0,
            on_status: Callable[[Status], None] = lambda status: None,
            note: Callable[[str], None] = lambda text: None) -> JobResult:
    """Makes the record files and their manifest.

    Args:
      context: a pyspark.SparkContext, see `spark_context.started`.
      job: what to make. All machines must see inputs and outputs under the same names; the
        vocabulary is read here and sent to them.
      num_tasks: where there are fewer inputs, divide them into so many tasks.
      on_status: told how far it is, a few times a second.
      note: told, in a line each, what a person should know.

    Raises:
      UserError: an input is unusable, an output cannot be written, another run is under way, or the
        cluster has failed. Outputs that were there are left as they were (remote ones may have been
        replaced).
    """
    settings = job.settings()
    inputs = work_folder.inputs_of(job.inputs)
    parts = {i.path: num_parts(files.size(i.path), len(inputs), num_tasks or 1) for i in inputs}
    tasks = plan_tasks(inputs, parts, job.max_examples)
    paths = manifest.output_paths(job.output, job.num_outputs)
    with work_folder.opened(work_folder.work_path(job.output)) as folder:
        folder.remove_contents()
        staged = [path if files.is_remote(path) else
                  os.path.join(os.path.abspath(folder.path), os.path.basename(path))
                  for path in paths]
        vocabulary = spark_context.send_file(context, job.options.text.vocab_file, folder.path)
        counts, outputs = _prepare_and_write(context, job, vocabulary, tasks, staged, on_status,
                                             note)
        outputs = [output._replace(name=os.path.basename(path))
                   for output, path in zip(outputs, paths)]
        _check_written(staged, outputs, counts["records"])
        for staged_path, path in zip(staged, paths):
            if staged_path != path:
                os.replace(staged_path, path)
        made = Manifest(settings, inputs, counts, outputs)
        manifest.write_manifest(manifest.manifest_path(job.output), made)
    return JobResult(made, len(tasks), 0)


def _check_written(staged: List[str], outputs: List[OutputFile], num_records: int) -> None:
    for path, output in zip(staged, outputs):
        if not (files.is_remote(path) or os.path.exists(path)) or files.size(path) != output.bytes:
            raise UserError("%s was written by a worker and is not here: inputs and outputs must "
                            "be on storage that all machines see, this one too" % path)
    written = sum(output.records for output in outputs)
    if written != num_records:
        raise UserError("%d records were prepared and %d written: an input has changed while it "
                        "was read; start again" % (num_records, written))


def _prepare_and_write(context, job: Job, vocabulary: str, tasks: List[Task], paths: List[str],
                       on_status: Callable[[Status], None],
                       note: Callable[[str], None]) -> Tuple[Counts, List[OutputFile]]:
    from pyspark import StorageLevel
    groups = [list(group) for _, group in itertools.groupby(tasks, key=lambda task: task.paths)]
    numbered = [(task, group) for group, same in enumerate(groups) for task in same]
    told = context.accumulator({}, _Told())
    prepared = context.parallelize(list(enumerate(numbered)), len(tasks)).mapPartitions(
        functools.partial(_prepare, job, vocabulary, told)).persist(StorageLevel.DISK_ONLY)
    try:
        summaries = _run(context, told, Status("preparing", 0, len(tasks), None), on_status, note,
                         prepared.filter(_is_summary).values().collect)
        counts = collections.Counter()
        for summary in summaries:
            counts.update(summary["counts"])
            for text in summary["notes"]:
                note(text)
        shard_of = _shard_of(job, itertools.chain.from_iterable(s["pages"] for s in summaries))
        told = context.accumulator({}, _Told())
        written = prepared.mapPartitions(_sortable).repartitionAndSortWithinPartitions(
            len(paths), shard_of).mapPartitionsWithIndex(
                functools.partial(_write, paths, job.compression, told))
        outputs = _run(context, told, Status("writing", 0, len(paths), None), on_status, note,
                       written.collect)
    finally:
        prepared.unpersist()
    return counts, [OutputFile(*output["written"]) for output in outputs]


class _Told:
    """For an accumulator: {number of a task: (its counts, why it failed or "")}.

    By number, so that a task that is done twice does not count twice.
    """

    def zero(self, value):
        return {}

    def addInPlace(self, told, more):  # noqa: N802 - Spark's name
        return {**told, **more}


def _run(context, told, status: Status, on_status: Callable[[Status], None],
         note: Callable[[str], None], action: Callable[[], List[Dict[str, Any]]]
         ) -> List[Dict[str, Any]]:
    """`action()`, a job of Spark, watched: when a task has told of a failure, the others end.

    Raises:
      UserError: a task has failed, or the cluster.
    """
    with futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(action)
        watch = spark_context.Watch(context, note)
        try:
            while not futures.wait([future], _TICK_SECONDS).done:
                on_status(_status(status, told.value))
                watch.look()
        finally:
            if not future.done():
                context.cancelAllJobs()
    try:
        results = future.result()
    except spark_context.spark_errors() as e:
        raise spark_context.explained(e) from e
    for result in results:
        if result["failure"]:
            raise UserError(result["failure"])
    on_status(_status(status, told.value))
    return results


def _status(status: Status, told: Dict[int, Tuple[Dict[str, int], str]]) -> Status:
    """`status` with what the tasks have told.

    Raises:
      UserError: one of them has failed.
    """
    counts = collections.Counter()
    for _, (task_counts, failure) in sorted(told.items()):
        if failure:
            raise UserError(failure)
        counts.update(task_counts)
    return status._replace(tasks_done=len(told), counts=counts)


# What follows runs on the workers. What is sent to the driver is made of plain tuples and dicts:
# on Python 3.7, Spark robs named tuples of their class.


@functools.lru_cache(maxsize=1)
def _preparer(options: PreparationOptions) -> PagePreparer:
    """One for all tasks of a process: its tokenizer knows more words with every page."""
    return PagePreparer(options)


def _prepare(job: Job, vocabulary: str, told,
             numbered_tasks: Iterable[Tuple[int, Tuple[Task, int]]]) -> Iterator[Tuple[int, Any]]:
    """(key, record) of all records of tasks, and (_SUMMARY, …) after those of each.

    A fault of the input ends the task without an exception: Spark would repeat the task.
    """
    from pyspark import SparkFiles
    options = job.options._replace(
        text=job.options.text._replace(vocab_file=SparkFiles.get(vocabulary)))
    in_order = not options.is_training
    for number, (task, group) in numbered_tasks:
        notes: List[str] = []
        bad_input = shards.BadInput(job.skip_bad_input, notes.append)
        counts = collections.Counter()
        pages: List[Tuple[int, int]] = []  # of records in order: the first key, and how many
        failure = ""
        group_key = group << _KEY_BITS if in_order else 0
        try:
            for page in prepared_pages(job, _preparer(options), task, bad_input):
                for key, record in zip(page.keys, page.records):
                    yield group_key + key, record
                counts.update(page.counts)
                if in_order and page.keys:
                    pages.append((group_key + page.keys[0], len(page.keys)))
        except UserError as e:
            failure = spark_context.failure(e, "inputs and outputs")
        counts["skipped"] = bad_input.skipped
        told.add({number: (dict(counts), failure)})
        yield _SUMMARY, {"counts": dict(counts), "notes": notes, "pages": pages,
                        "failure": failure}


def _is_summary(entry: Tuple[int, Any]) -> bool:
    return entry[0] == _SUMMARY


def _sortable(entries: Iterable[Tuple[int, Any]]) -> Iterator[Tuple[Tuple[int, bytes], None]]:
    """Records with all that decides their order in the place of the key."""
    return ((entry, None) for entry in entries if not _is_summary(entry))


def _shard_of(job: Job, pages: Iterable[Tuple[int, int]]) -> Callable[[Tuple[int, bytes]], int]:
    """What tells the shard of a record from its key."""
    if job.options.is_training:
        return functools.partial(_shard_of_shuffled, job.num_outputs)
    return functools.partial(_shard_in_order, boundaries(pages, job.num_outputs))


def _shard_of_shuffled(num_shards: int, entry: Tuple[int, bytes]) -> int:
    return runs.shard_of(entry[0], num_shards)


def _shard_in_order(first_keys: Sequence[int], entry: Tuple[int, bytes]) -> int:
    return bisect.bisect_right(first_keys, entry[0])


def boundaries(pages: Iterable[Tuple[int, int]], num_shards: int) -> List[int]:
    """The keys with which all shards but the first begin, so that they are of equal size.

    Of n records, shard i of N has those from i * n // N to before (i + 1) * n // N.

    Args:
      pages: (key, n), the records of a page with the keys from `key` to before `key + n`.
    """
    ordered = sorted(page for page in pages if page[1])
    ends = list(itertools.accumulate(n for _, n in ordered))
    found = []
    for shard in range(1, num_shards) if ordered else ():
        record = shard * ends[-1] // num_shards
        page = bisect.bisect_right(ends, record)
        key, n = ordered[page]
        found.append(key + record - (ends[page] - n))
    return found


def _write(paths: List[str], compression: str, told, shard: int,
           entries: Iterable[Tuple[Tuple[int, bytes], None]]) -> Iterator[Dict[str, Any]]:
    """Writes a shard; yields the fields of its `OutputFile`.

    Spark may do it twice, even at once. That does no harm: the bytes are the same, and each file
    takes its name when it is complete.
    """
    written, failure = OutputFile("", 0, 0, ""), ""
    try:
        written = gathering.write_records(paths[shard], (record for (_, record), _ in entries),
                                          compression)
    except UserError as e:
        failure = spark_context.failure(e, "inputs and outputs")
    told.add({shard: ({"records_written": written.records}, failure)})
    yield {"written": tuple(written), "failure": failure}
