"""Prediction by Apache Spark: on many machines, the files that prediction.job writes on one.

    driver ──(part of a shard)──► tasks ──(answers, by chunks)──► driver: work folder, file

A task reads its shard by itself, and does the chunks of its part with the model that its process
has loaded. Chunks are those of prediction.job, so the bytes are the same, and a run of either kind
carries on with what the other has left. A machine that is lost costs the tasks that it was at:
Spark has them done again by others.
"""
import contextlib
import functools
import itertools
import json
import os
import pickle
import tempfile
import zlib
from concurrent import futures
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

from bert_nq.base import files
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq import shards
from bert_nq.datasets.nq.chunks import Lines, read_chunks
from bert_nq.jobs import spark_context, workers
from bert_nq.modeling import checkpoints
from bert_nq.prediction import job as prediction_job
from bert_nq.prediction.chunk_work import Job, make_answerer
from bert_nq.records.job import num_parts

_TICK_SECONDS = 0.25
# Tasks for each core: what a lost one costs, and what the last one takes alone, is small.
_TASKS_PER_CORE = 4
# Tasks that Spark knows of at a time, each with a thread here that waits for it.
_UNDER_WAY = 256


class Task(NamedTuple):
    """A part of a shard: its chunks number part, part + num_parts, and so on."""
    path: str
    stem: str  # what the names of its chunks begin with
    part: int
    num_parts: int
    done: List[str]  # names of its shard's chunks that need not be done


class _Sent(NamedTuple):
    """What all tasks need; the names are for pyspark.SparkFiles."""
    job: bytes  # pickled
    vocabulary: str
    checkpoints: Tuple[str, ...]


def run_job(context, job: Job, num_tasks: int = 0,
            on_status: Callable[[prediction_job.Status], None] = lambda status: None,
            note: Callable[[str], None] = lambda text: None) -> prediction_job.JobResult:
    """Writes the prediction file, and the n-best file if it is wanted.

    Args:
      context: a pyspark.SparkContext, see `spark_context.started`.
      job: what to predict with what. All machines must see the inputs under the same names; the
        vocabulary and the models' weights are read here and sent to them.
      num_tasks: where there are fewer shards, divide them into so many tasks; 0: 4 for each core.
      on_status: told how far it is, a few times a second.
      note: told, in a line each, what a person should know.

    Raises:
      UserError: an input or the model is unusable, the cluster has failed, another run is under
        way. What was finished is kept for the next run.
    """
    def elsewhere(inputs, done, report, bad_input):
        tasks = plan_tasks(inputs, done, num_tasks or _TASKS_PER_CORE * context.defaultParallelism)
        with _sending(context, job) as sent:
            work = functools.partial(_work, tuple(sent))
            yield from _finished(context, work, tasks, report, bad_input, note)

    return prediction_job.run_job(job, 0, on_status=on_status, note=note, elsewhere=elsewhere)


def plan_tasks(inputs: List[Tuple[str, str]], done: Iterable[str], num_tasks: int) -> List[Task]:
    """So many tasks or a few more, unless the shards are small; at least one for each.

    Args:
      inputs: path and stem of each shard.
      done: names of chunks that need not be done.
      num_tasks: how many there should be.
    """
    tasks = []
    for path, stem in inputs:
        parts = num_parts(files.size(path), len(inputs), num_tasks)
        of_shard = sorted(name for name in done if name.startswith(stem))
        tasks += [Task(path, stem, part, parts, of_shard) for part in range(parts)]
    return tasks


@contextlib.contextmanager
def _sending(context, job: Job) -> Iterator[_Sent]:
    """Sends the vocabulary and the weights to all workers that come while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="bert_nq-spark-") as folder:
        vocabulary = spark_context.send_file(context, job.text.vocab_file, folder)
        names = tuple("bert_nq-model-%d" % i for i in range(len(job.model.members)))
        for name, member in zip(names, job.model.members):
            # Without what the optimizer keeps, and in two files.
            prefix = os.path.join(folder, name)
            checkpoints.write_weights(prefix, checkpoints.read_weights(member.checkpoint))
            for path in sorted(os.listdir(folder)):
                if path.startswith(name + "."):
                    context.addFile(os.path.join(folder, path))
        yield _Sent(pickle.dumps(job._replace(inputs=[])), vocabulary, names)


def _finished(context, work: Callable, tasks: List[Task], report: workers.Report,
              bad_input: shards.BadInput, note: Callable[[str], None]
              ) -> Iterator[Tuple[Lines, Optional[Dict[str, Any]]]]:
    """Has Spark do tasks; yields the chunks, those of each task when it is done.

    Each task is a job of Spark's: the answers of one job would come together, at its end, and all
    be in memory then.
    """
    waiting = iter(tasks)
    watch = spark_context.Watch(context, note)
    under_way: Set[futures.Future] = set()
    with futures.ThreadPoolExecutor(_UNDER_WAY) as pool:
        try:
            while True:
                for task in itertools.islice(waiting, _UNDER_WAY - len(under_way)):
                    under_way.add(pool.submit(_run_task, context, work, task))
                if not under_way:
                    return
                done, under_way = futures.wait(under_way, _TICK_SECONDS, futures.FIRST_COMPLETED)
                report({})
                watch.look()
                while done:
                    yield from _chunks(*done.pop().result(), report, bad_input)
        finally:
            while under_way:  # Again and again: one may be about to begin.
                context.cancelAllJobs()
                under_way = futures.wait(under_way, _TICK_SECONDS).not_done


def _run_task(context, work: Callable, task: Task) -> Tuple[Task, Dict[str, Any]]:
    try:
        result, = context.runJob(context.parallelize([tuple(task)], 1), work)
    except spark_context.spark_errors() as e:
        raise spark_context.explained(e) from e
    return task, result


def _chunks(task: Task, result: Dict[str, Any], report: workers.Report, bad_input: shards.BadInput
            ) -> Iterator[Tuple[Lines, Optional[Dict[str, Any]]]]:
    """The chunks of a task's result.

    Raises:
      UserError: the task has failed after these.
    """
    for name, num_bytes, packed in result["chunks"]:
        chunk = None
        if packed is not None:
            chunk = json.loads(zlib.decompress(packed).decode("ascii"))
            report({"windows": chunk["summary"]["counts"]["windows"]})
        yield Lines(name, task.path, [], [], num_bytes), chunk
    if result["bad_example"]:
        raise BadExampleError(result["bad_example"])
    if result["failure"]:
        raise UserError(result["failure"])
    if result["ends_early"] and task.part == 0:  # All parts of the shard say it.
        bad_input.handle(BadExampleError(result["ends_early"]))


# What follows runs on the workers. What is sent to the driver is made of plain tuples and dicts:
# on Python 3.7, Spark robs named tuples of their class.


@functools.lru_cache(maxsize=1)
def _answerer(sent: _Sent) -> workers.Work:
    """One for all tasks of a process: it holds the model."""
    from pyspark import SparkFiles
    job = pickle.loads(sent.job)
    members = tuple(member._replace(checkpoint=SparkFiles.get(name))
                    for member, name in zip(job.model.members, sent.checkpoints))
    return make_answerer(job._replace(
        text=job.text._replace(vocab_file=SparkFiles.get(sent.vocabulary)),
        model=job.model._replace(members=members)))


class _EndOfShard:
    """In the place of shards.BadInput: the driver says what is to be done about it."""
    message = ""

    def handle(self, error: BadExampleError) -> None:
        self.message = str(error)


def _work(sent: Tuple, tasks: Iterable[Tuple]) -> Iterator[Dict[str, Any]]:
    """Does tasks; a fault of the input ends one without an exception: Spark would repeat it."""
    for fields in tasks:
        task, end = Task(*fields), _EndOfShard()
        result = {"chunks": [], "failure": "", "bad_example": ""}
        try:
            for chunk in _task_chunks(_Sent(*sent), task, end):
                result["chunks"].append(chunk)
        except BadExampleError as e:
            result["bad_example"] = str(e)
        except UserError as e:
            result["failure"] = spark_context.failure(e, "the inputs")
        yield dict(result, ends_early=end.message)


def _task_chunks(sent: _Sent, task: Task, end: _EndOfShard
                 ) -> Iterator[Tuple[str, int, Optional[bytes]]]:
    """Yields name, bytes read and packed result, if it had to be done, of each chunk of a task."""
    done = set(task.done)
    for index, lines in enumerate(read_chunks(task.path, task.stem, end)):
        if index % task.num_parts != task.part:
            continue
        if lines.name in done:
            yield lines.name, lines.bytes_read, None
            continue
        result = _answerer(sent)(lines, lambda counts: None)
        yield lines.name, lines.bytes_read, zlib.compress(json.dumps(result).encode("ascii"), 1)
