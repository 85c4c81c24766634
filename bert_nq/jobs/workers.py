"""Work spread over processes: tasks handed out one by one, counters added up, deaths noticed.

Workers are spawned, not forked: nothing of this process, neither its threads nor its connections,
goes along. A worker whose parent is gone ends within a moment, also where the parent was killed.
"""
import collections
import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
import time
import traceback
from multiprocessing import connection
from typing import (
    Any,
    Callable,
    Counter,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Tuple,
)

from bert_nq.base.errors import UserError

# Told of the work done on a task since it was last told: counts by name.
Counts = Counter[str]
Report = Callable[[Any], None]
# Does one task and returns its result, which must be small and picklable, as tasks must be.
Work = Callable[[Any, Report], Any]

_TICK_SECONDS = 0.25  # how often a worker reports, and how often the caller is asked to show it
_WATCH_SECONDS = 0.5
_NO_TASK = object()


class _Message(NamedTuple):
    """From a worker: "progress" with a Counter, "done" with a result, "failed" with a UserError, or
    "defect" with a traceback."""
    kind: str
    content: Any


class _Worker:
    """A process and the task that it works on."""

    def __init__(self, context, make_work: Callable[[], Work]):
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(make_work, theirs), daemon=True)
        with _signals_ignored():
            self.process.start()
        theirs.close()  # Or the end of the process would not end the connection.
        self.task: Any = None

    def give(self, task: Any) -> None:
        self.task = task
        with contextlib.suppress(BrokenPipeError):  # It died, and `receive` will say so.
            self.connection.send(task)

    def receive(self) -> _Message:
        """The next message.

        Raises:
          UserError: the process is gone.
        """
        try:
            return self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            raise UserError("a worker process has ended (%s) while it worked on %s"
                            % (_cause(self.process.exitcode), self.task)) from None

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


@contextlib.contextmanager
def _signals_ignored() -> Iterator[None]:
    """Children that start in this block ignore Ctrl-C from the start: their parent ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _cause(exit_code: Optional[int]) -> str:
    if exit_code == -signal.SIGKILL:
        return "killed, perhaps for want of memory: try fewer --num_workers"
    if exit_code is not None and exit_code < 0:
        return "signal %d" % -exit_code
    return "exit code %s" % exit_code


def run_tasks(make_work: Callable[[], Work], tasks: Iterable[Any], num_workers: int,
              on_progress: Report = lambda counts: None
              ) -> Iterator[Tuple[Any, Any]]:
    """Does `tasks` in processes and yields (task, result) of each as it is done.

    Args:
      make_work: called once in every process; what it makes lives as long as the process. It is
        picklable, such as a partial of a function of a module.
      tasks: handed out in their order, each drawn when a process is free for it.
      num_workers: how many processes there are at most.
      on_progress: told four times a second what was done since, counts that may be empty.

    Raises:
      UserError: a task failed with it, or a process has died. The other processes are stopped.
      RuntimeError: a task failed with anything else; the traceback is in the message.
    """
    waiting = iter(tasks)
    context = multiprocessing.get_context("spawn")
    workers: List[_Worker] = []
    try:
        for task in itertools.islice(waiting, num_workers):
            workers.append(_Worker(context, make_work))
            workers[-1].give(task)
        while workers:
            counts = collections.Counter()
            ready = connection.wait([w.connection for w in workers], _TICK_SECONDS)
            for worker in [w for w in workers if w.connection in ready]:
                message = worker.receive()
                if message.kind == "progress":
                    counts.update(message.content)
                elif message.kind == "done":
                    task = worker.task
                    following = next(waiting, _NO_TASK)
                    if following is _NO_TASK:
                        worker.stop()
                        workers.remove(worker)
                    else:
                        worker.give(following)
                    yield task, message.content
                elif message.kind == "failed":
                    raise message.content
                else:
                    raise RuntimeError("while working on %s:\n%s" % (worker.task, message.content))
            on_progress(counts)
    finally:
        for worker in workers:
            worker.stop()


class Shared:
    """An iterator over a generator that one thread draws from and another may close.

    A generator itself cannot be closed while it is at work: here `close` waits for the item.
    """

    def __init__(self, generator: Iterator[Any]):
        self._generator: Any = generator
        self._lock = threading.Lock()

    def __iter__(self) -> "Shared":
        return self

    def __next__(self) -> Any:
        with self._lock:
            return next(self._generator)

    def close(self) -> None:
        """Ends it: nothing more is drawn."""
        with self._lock:
            self._generator.close()


def _serve(make_work: Callable[[], Work], pipe: connection.Connection) -> None:
    """The life of a worker process."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    try:
        work = make_work()
        while True:
            report = _Reporter(pipe)
            result = work(pipe.recv(), report)
            report.flush()
            pipe.send(_Message("done", result))
    except (EOFError, BrokenPipeError):
        pass  # Nobody listens any more.
    except UserError as e:
        pipe.send(_Message("failed", e))
    except Exception:  # noqa: B902 - raised again on the other side
        pipe.send(_Message("defect", traceback.format_exc()))


def _end_with(parent: int) -> None:
    """Ends this process when `parent` is no longer its parent."""
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(1)


class _Reporter:
    """Adds counts up and sends them now and then."""

    def __init__(self, pipe: connection.Connection):
        self._pipe = pipe
        self._counts = collections.Counter()
        self._next = time.monotonic() + _TICK_SECONDS

    def __call__(self, counts: Dict[str, float]) -> None:
        self._counts.update(counts)
        if time.monotonic() >= self._next:
            self.flush()

    def flush(self) -> None:
        self._pipe.send(_Message("progress", self._counts))
        self._counts = collections.Counter()
        self._next = time.monotonic() + _TICK_SECONDS
