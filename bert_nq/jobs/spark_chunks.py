"""The executor of Apache Spark: the chunks of a job are done on many machines.

    driver ──(part of a file)──► tasks ──(results, by chunks)──► driver: work folder

A task reads its file by itself, and does the chunks of its part. Chunks are those of jobs.chunks,
so that a run here carries on with what a run on one machine has left, and the other way round. A
machine that is lost costs the tasks that it was at: Spark has them done again by others.
"""
import contextlib
import functools
import itertools
import json
import zlib
from concurrent import futures
from typing import (
    Any,
    Callable,
    ContextManager,
    Dict,
    Generator,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Set,
    Tuple,
)

from bert_nq.base import files
from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.reading import Reading
from bert_nq.jobs import chunks, spark_context
from bert_nq.jobs.chunks import Chunk
from bert_nq.jobs.job import Executor, Note, Result, Run
from bert_nq.jobs.parts import num_parts
from bert_nq.jobs.workers import Report

_TICK_SECONDS = 0.25
# Tasks for each core: so many that a lost one costs little, and the last one is soon done.
_TASKS_PER_CORE = 4
# Tasks that Spark knows of at a time, each with a thread here that waits for it.
_UNDER_WAY = 256

# Makes of what was sent to all workers a function that does a chunk; called once in a process.
MakeWork = Callable[[Tuple], Callable[[Chunk, Report], Result]]


class Task(NamedTuple):
    """A part of a file: its chunks number part, part + num_parts, and so on."""
    path: str
    stem: str  # the beginning of the names of its chunks
    part: int
    num_parts: int
    done: List[str]  # names of its file's chunks that need not be done


def on_spark(context: Any, reading: Reading, sending: Callable[[], ContextManager[Tuple]],
             make_work: MakeWork, num_tasks: int = 0) -> Executor:
    """Does chunks on Spark.

    Args:
      context: a pyspark.SparkContext, see `spark_context.started`.
      reading: takes the files apart; its functions are of modules.
      sending: sends what all tasks need while its block lasts, and gives a tuple of values that
        name it; it can be hashed.
      make_work: a function of a module.
      num_tasks: where there are fewer files, divide them into so many tasks; 0: 4 for each core.
    """
    def executor(run: Run, pieces: Iterator[Chunk]) -> Iterator[Tuple[Chunk, Result]]:
        def finished(tasks: List[Task]
                     ) -> Generator[Tuple[Task, Dict[str, Any]], None, None]:
            with sending() as sent:
                work = functools.partial(do_tasks, tuple(reading), make_work, sent)
                yield from _run_tasks(context, work, tasks, lambda: run.report({}), run.note)

        wanted = num_tasks or _TASKS_PER_CORE * context.defaultParallelism
        return by_tasks(run, lambda inputs, done: plan_tasks(inputs, done, wanted), finished)

    return executor


def by_tasks(run: Run, plan: Callable[[List[Tuple[str, str]], Iterable[str]], List[Task]],
             finished: Callable[[List[Task]], Generator[Tuple[Task, Dict[str, Any]], None, None]]
             ) -> Iterator[Tuple[Chunk, Result]]:
    """An executor's chunks, done by tasks that read the files themselves.

    Args:
      run: of the job.
      plan: given path and stem of each file, and the names of the chunks that are done.
      finished: yields each task with what `do_tasks` made of it, in any order.
    """
    found = {name: run.done_before(name) for name in run.folder.finished()}
    before = {name: result for name, result in found.items() if result is not None}
    stems = chunks.stems_of(run.inputs)
    tasks = plan(list(zip(run.job.inputs, stems)), before)
    with contextlib.closing(finished(tasks)) as results:
        for task, result in results:
            for chunk, made in chunks_of(task, result, run.bad_input):
                if made is None:
                    run.resume(chunk, before[chunk.name])
                else:
                    yield chunk, run.store(chunk, made)


def plan_tasks(inputs: List[Tuple[str, str]], done: Iterable[str], num_tasks: int) -> List[Task]:
    """So many tasks or a few more, unless the files are small; at least one for each.

    Args:
      inputs: path and stem of each file.
      done: names of chunks that need not be done.
      num_tasks: how many there should be.
    """
    tasks = []
    for path, stem in inputs:
        parts = num_parts(files.size(path), len(inputs), num_tasks)
        of_file = sorted(name for name in done if name.startswith(stem))
        tasks += [Task(path, stem, part, parts, of_file) for part in range(parts)]
    return tasks


def _run_tasks(context: Any, work: Callable, tasks: List[Task], on_tick: Callable[[], None],
               note: Note) -> Iterator[Tuple[Task, Dict[str, Any]]]:
    """Has Spark do tasks; yields the result of each when it is done.

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
                on_tick()
                watch.look()
                while done:
                    yield done.pop().result()
        finally:
            while under_way:  # Again and again: one may be about to begin.
                context.cancelAllJobs()
                under_way = futures.wait(under_way, _TICK_SECONDS).not_done


def _run_task(context: Any, work: Callable, task: Task) -> Tuple[Task, Dict[str, Any]]:
    try:
        result, = context.runJob(context.parallelize([tuple(task)], 1), work)
    except spark_context.spark_errors() as e:
        raise spark_context.explained(e) from e
    return task, result


def chunks_of(task: Task, result: Dict[str, Any], bad_input: BadInput
              ) -> Iterator[Tuple[Chunk, Optional[Result]]]:
    """The chunks of a task, without their items; no result of those that need not be done.

    Raises:
      UserError: the task has failed after these.
    """
    for name, num_bytes, packed in result["chunks"]:
        made = None
        if packed is not None:
            made = Result(**json.loads(zlib.decompress(packed).decode("ascii")))
        yield Chunk(name, task.path, [], [], num_bytes), made
    if result["bad_example"]:
        raise BadExampleError(result["bad_example"])
    if result["failure"]:
        raise UserError(result["failure"])
    if result["ends_early"] and task.part == 0:  # All parts of the file say it.
        bad_input.handle(BadExampleError(result["ends_early"]))


# The rest runs on the workers. It sends the driver plain tuples and dicts only: on Python 3.7,
# named tuples lose their class on the way.


@functools.lru_cache(maxsize=1)
def _made(make_work: MakeWork, sent: Tuple) -> Callable[[Chunk, Report], Result]:
    """One for all tasks of a process."""
    return make_work(sent)


class _EndOfFile(BadInput):
    """Keeps the message of a file that ends early: the driver decides what is done about it."""
    message = ""

    def handle(self, error: BadExampleError) -> None:
        self.message = str(error)


def do_tasks(reading: Tuple, make_work: MakeWork, sent: Tuple, tasks: Iterable[Tuple]
             ) -> Iterator[Dict[str, Any]]:
    """Does tasks; a fault of the input ends one without an exception: Spark would repeat it."""
    for fields in tasks:
        task, end = Task(*fields), _EndOfFile()
        result: Dict[str, Any] = {"chunks": [], "failure": "", "bad_example": ""}
        try:
            for chunk in _task_chunks(Reading(*reading), make_work, sent, task, end):
                result["chunks"].append(chunk)
        except BadExampleError as e:
            result["bad_example"] = str(e)
        except UserError as e:
            result["failure"] = spark_context.failure(e, "the inputs")
        yield dict(result, ends_early=end.message)


def _task_chunks(reading: Reading, make_work: MakeWork, sent: Tuple, task: Task, end: Any
                 ) -> Iterator[Tuple[str, int, Optional[bytes]]]:
    """Yields name, bytes read and packed result, if it had to be done, of each chunk of a task."""
    done = set(task.done)
    for index, chunk in enumerate(chunks.read_chunks(task.path, reading, task.stem, end)):
        if index % task.num_parts != task.part:
            continue
        if chunk.name in done:
            yield chunk.name, chunk.num_bytes, None
            continue
        result = _made(make_work, sent)(chunk, lambda counts: None)
        packed = json.dumps(dict(result._asdict())).encode("ascii")
        yield chunk.name, chunk.num_bytes, zlib.compress(packed, 1)
