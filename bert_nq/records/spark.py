"""Preparation by Apache Spark: from many machines, the record files that records.job makes.

    parts ──prepare──► (key, record) …, and of each part a summary; kept on the workers' disks
             │
             ▼ the summaries: counts, and where records in order are to be divided
    (key, record) ──shuffle, sort──► output shards ──write──► record files, manifest

Parts, examples and keys are those of records.job, the writing is that of records.gathering; so the
bytes are the same. A machine that is lost costs the work that it had done: Spark has it done again
by the others. Nothing counts twice then, since whatever a task tells replaces what it told before.
"""
import bisect
import collections
import contextlib
import functools
import itertools
import os
import pickle
from concurrent import futures
from typing import Any, Callable, Dict, Iterable, Iterator, List, Sequence, Tuple

from bert_nq.base import files
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.jobs import job, spark_context
from bert_nq.jobs.job import Result, Run, Status
from bert_nq.jobs.parts import Part
from bert_nq.records import gathering, runs
from bert_nq.records.gathering import Gathering
from bert_nq.records.job import Engine, Job, Prepared, make_preparer, prepared_pages, run_with
from bert_nq.records.manifest import OutputFile
from bert_nq.records.preparation import PagePreparer

# In place of the key of a record: what follows is the summary of a part.
_SUMMARY = -1
_KEY_BITS = 64

_TICK_SECONDS = 0.25


def run_job(context, work: Job, num_tasks: int = 0,
            on_status: job.OnStatus = lambda status: None,
            note: job.Note = lambda text: None) -> Prepared:
    """Makes the record files and their manifest.

    Args:
      context: a pyspark.SparkContext, see `spark_context.started`.
      work: the files to prepare. All machines must see inputs and outputs under the same names; the
        vocabulary is read here and sent to them.
      num_tasks: where there are fewer inputs, divide them into so many parts.
      on_status: told how far it is, a few times a second: `done` of `total` tasks. The counts of a
        task are told when it is finished.
      note: told, in a line each, what a person should know.

    Raises:
      UserError: an input is unusable, an output cannot be written, another run is under way, or the
        cluster has failed. Outputs that were there are left as they were (remote ones may have been
        replaced).
    """
    with contextlib.closing(_Preparation(context, work, on_status, note)) as preparation:
        engine = Engine(preparation.prepare, preparation.write, num_tasks or 1, can_resume=False)
        return run_with(engine, work, lambda status: None, note)


class _Preparation:
    """A job on Spark. The prepared records are kept on the workers until `close`."""

    def __init__(self, context, work: Job, on_status: job.OnStatus, note: job.Note):
        self._context, self._job = context, work
        self._on_status, self._note = on_status, note
        self._prepared: Any = None  # the RDD of (key, record), and of summaries among them
        self._ranges: List[Tuple[int, int]] = []  # of records in order, see `boundaries`

    def close(self) -> None:
        """Frees the workers' disks."""
        if self._prepared is not None:
            self._prepared.unpersist()

    def prepare(self, run: Run, parts: Iterator[Part]) -> Iterator[Tuple[Part, Result]]:
        """The executor: has all parts prepared, and yields them when all are."""
        from pyspark import StorageLevel
        vocabulary = spark_context.send_file(self._context, self._job.options.text.vocab_file,
                                             run.folder.path)
        groups = {name: (number, part) for number, names in enumerate(run.plan.kept["names"])
                  for part, name in enumerate(names)}
        ordered = sorted(parts, key=lambda part: groups[part.name])
        numbered = [(tuple(part), groups[part.name][0]) for part in ordered]
        told = self._context.accumulator({}, _Told())
        prepare = functools.partial(_prepare, pickle.dumps(self._job._replace(inputs=[])),
                                    vocabulary, told)
        self._prepared = self._context.parallelize(
            list(enumerate(numbered)), len(numbered)).mapPartitions(prepare).persist(
                StorageLevel.DISK_ONLY)
        summaries = self._run(told, Status("preparing", None, 0, len(ordered)),
                              self._prepared.filter(_is_summary).values().collect)
        for part, summary in zip(ordered, summaries):
            self._ranges += map(tuple, summary["pages"])
            yield part, Result(summary["counts"], summary["notes"])

    def write(self, what: Gathering, run: Run) -> None:
        """Has all records written, each output by one task."""
        num_outputs = len(what.output_paths)
        paths = list(map(what.staged_path, range(num_outputs)))
        told = self._context.accumulator({}, _Told())
        written = self._prepared.mapPartitions(_sortable).repartitionAndSortWithinPartitions(
            num_outputs, _shard_of(self._job, self._ranges)).mapPartitionsWithIndex(
                functools.partial(_write, paths, what.compression, told))
        outputs = [OutputFile(*output["written"]) for output in self._run(
            told, Status("writing", None, 0, num_outputs), written.collect)]
        check_written(paths, outputs, what.num_records)
        for shard, output in enumerate(outputs):
            what.note(shard, output)

    def _run(self, told, status: Status, action: Callable[[], List[Dict[str, Any]]]
             ) -> List[Dict[str, Any]]:
        """`action()`, a job of Spark, watched: when a task has told of a failure, the others end.

        Raises:
          UserError: a task has failed, or the cluster.
        """
        with futures.ThreadPoolExecutor(1) as pool:
            future = pool.submit(action)
            watch = spark_context.Watch(self._context, self._note)
            try:
                while not futures.wait([future], _TICK_SECONDS).done:
                    self._on_status(status_told(status, told.value))
                    watch.look()
            finally:
                if not future.done():
                    self._context.cancelAllJobs()
        try:
            results = future.result()
        except spark_context.spark_errors() as e:
            raise spark_context.explained(e) from e
        for result in results:
            if result["failure"]:
                raise UserError(result["failure"])
        self._on_status(status_told(status, told.value))
        return results


class _Told:
    """For an accumulator: {number of a task: (its counts, why it failed or "")}.

    By number, so that a task that is done twice does not count twice.
    """

    def zero(self, value):
        return {}

    def addInPlace(self, told, more):  # noqa: N802 - Spark's name
        return {**told, **more}


def status_told(status: Status, told: Dict[int, Tuple[Dict[str, int], str]]) -> Status:
    """`status` with what the tasks have told.

    Raises:
      UserError: one of them has failed.
    """
    counts = collections.Counter()
    for _, (task_counts, failure) in sorted(told.items()):
        if failure:
            raise UserError(failure)
        counts.update(task_counts)
    return status._replace(done=len(told), counts=counts)


def check_written(staged: List[str], outputs: List[OutputFile], num_records: int) -> None:
    """Raises UserError where an output is not here, or records are missing."""
    for path, output in zip(staged, outputs):
        if not (files.is_remote(path) or os.path.exists(path)) or files.size(path) != output.bytes:
            raise UserError("%s was written by a worker and is not here: inputs and outputs must "
                            "be on storage that all machines see, this one too" % path)
    written = sum(output.records for output in outputs)
    if written != num_records:
        raise UserError("%d records were prepared and %d written: an input has changed while it "
                        "was read; start again" % (num_records, written))


# The rest runs on the workers. It sends the driver plain tuples and dicts only: on Python 3.7,
# named tuples lose their class on the way.


@functools.lru_cache(maxsize=1)
def _preparer(pickled: bytes, vocabulary: str) -> PagePreparer:
    """One for all tasks of a process: its tokenizer knows more words with every page."""
    from pyspark import SparkFiles
    work = pickle.loads(pickled)
    text = work.options.text._replace(vocab_file=SparkFiles.get(vocabulary))
    return make_preparer(work._replace(options=work.options._replace(text=text)))


def _prepare(pickled: bytes, vocabulary: str, told,
             numbered_parts: Iterable[Tuple[int, Tuple[Tuple, int]]]) -> Iterator[Tuple[int, Any]]:
    """(key, record) of all records of parts, and (_SUMMARY, …) after those of each.

    A fault of the input ends the task without an exception: Spark would repeat the task.
    """
    work = pickle.loads(pickled)
    in_order = not work.options.is_training
    for number, (fields, group) in numbered_parts:
        notes: List[str] = []
        bad_input = BadInput(work.skip_bad_input, notes.append)
        counts = collections.Counter()
        pages: List[Tuple[int, int]] = []  # of records in order: the first key, and how many
        failure = ""
        group_key = group << _KEY_BITS if in_order else 0
        try:
            preparer = _preparer(pickled, vocabulary)
            for page in prepared_pages(work, preparer, Part(*fields), bad_input):
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


def _shard_of(work: Job, pages: Iterable[Tuple[int, int]]) -> Callable[[Tuple[int, bytes]], int]:
    """A function from the key of a record to its shard."""
    if work.options.is_training:
        return functools.partial(_shard_of_shuffled, work.num_outputs)
    return functools.partial(_shard_in_order, boundaries(pages, work.num_outputs))


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
