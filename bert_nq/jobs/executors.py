"""Executors of this machine: where the pieces of a job are done, see jobs.job.

    in_processes   processes that do pieces, whole
    on_device      processes that prepare pieces for what this process alone can compute, because
                   it has the device (a GPU, a TPU)
"""
import collections
import contextlib
import functools
from typing import Any, Callable, ContextManager, Iterator, Tuple

from bert_nq.jobs import job, workers
from bert_nq.jobs.job import Executor, Result, Run
from bert_nq.jobs.work_folder import WorkFolder

# Made once in a process: does a piece and gives its result.
MakeWork = Callable[[WorkFolder], Callable[[Any, workers.Report], Result]]


def in_processes(make_work: MakeWork, num_workers: int) -> Executor:
    """Does pieces in `num_workers` processes; `make_work` is picklable."""
    def executor(run: Run, pieces: Iterator[Any]) -> Iterator[Tuple[Any, Result]]:
        return workers.run_tasks(functools.partial(noting, make_work, run.folder), pieces,
                                 num_workers, run.report)

    return executor


def noting(make_work: MakeWork, folder: WorkFolder) -> workers.Work:
    """A worker's function that does a piece and notes its result in the work folder.

    What it returns is without the content, which need not go from process to process.
    """
    work = make_work(folder)
    return lambda piece, report: job.store(folder, piece, work(piece, report))


def on_device(open_model: Callable[[], ContextManager[Any]],
              make_preparer: Callable[[], workers.Work],
              compute: Callable[[Any, Iterator[Any], workers.Report], Iterator[Result]],
              num_workers: int) -> Executor:
    """Computes results in this process of what `num_workers` processes prepare.

    Args:
      open_model: opens what computes in this process.
      make_preparer: called once in every process, picklable: prepares a piece.
      compute: given the opened model, what was made of the pieces, and what to tell of progress,
        yields the result of each in their order. It may draw them in another thread.
      num_workers: how many processes there are.
    """
    def executor(run: Run, pieces: Iterator[Any]) -> Iterator[Tuple[Any, Result]]:
        under_way = collections.deque()
        with open_model() as model:
            prepared = workers.Shared(workers.run_tasks(make_preparer, pieces, num_workers))

            def contents() -> Iterator[Any]:
                for piece, content in prepared:
                    under_way.append(piece)
                    yield content

            with contextlib.closing(prepared):
                for result in compute(model, contents(), run.report):
                    piece = under_way.popleft()
                    yield piece, run.store(piece, result)

    return executor
