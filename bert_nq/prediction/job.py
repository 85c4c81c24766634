"""Prediction of many files, to be killed and carried on at any moment.

    inputs ──(items, by chunks)──► processes with a model each ──► entries, by chunks ──► the file

or, where one process has the device (a GPU, a TPU), processes that make its windows:

    inputs ──(items, by chunks)──► processes ──(windows)──► the model in this process ──► ...

or other machines, see prediction.spark.

Each finished chunk is noted in a work folder beside the output, see jobs.job. A chunk is a stretch
of one file, whoever computes it, so the bytes of the output depend on settings and inputs alone.
"""
import collections
import contextlib
import functools
import json
from typing import Any, Callable, ContextManager, Dict, Iterator, List, NamedTuple, Optional, Tuple

from bert_nq.base.errors import BadExampleError
from bert_nq.jobs import chunks, executors, job
from bert_nq.jobs.chunks import Chunk
from bert_nq.jobs.job import Result, Run
from bert_nq.prediction import chunk_work
from bert_nq.prediction.chunk_work import Job

# An example's place among all: its file's number, then that of its item in this many bits.
_ITEM_BITS = 40


class Predicted(NamedTuple):
    """The result of a job."""
    counts: job.Counts  # pages, windows, skipped, and answers by kind
    num_resumed: int  # pages that an earlier run had done


def run_job(work: Job, num_workers: int,
            open_model: Optional[Callable[[], ContextManager[Any]]] = None,
            on_status: job.OnStatus = lambda status: None,
            note: job.Note = lambda text: None,
            in_worker: Callable[[], None] = lambda: None) -> Predicted:
    """Writes the prediction file, and the n-best file if it is wanted.

    Args:
      work: the files to predict, and with what.
      num_workers: processes.
      open_model: makes the model, a context manager, where it is to run in this process; None: each
        worker process has a model.
      on_status, note: see `jobs.job.run_job`, which says what is raised as well.
      in_worker: called first in each worker process that has a model; picklable.

    Raises:
      UserError: the model or the thresholds cannot be used.
    """
    if open_model is None:
        executor = executors.in_processes(
            functools.partial(chunk_work.make_work, in_worker, work), num_workers)
    else:
        executor = executors.on_device(
            open_model, functools.partial(chunk_work.make_preparer, work),
            functools.partial(chunk_work.compute, work), num_workers)
    return run_with(executor, work, on_status, note)


def run_with(executor: job.Executor, work: Job, on_status: job.OnStatus = lambda status: None,
             note: job.Note = lambda text: None) -> Predicted:
    """`run_job` with any executor."""
    thresholds = None
    if work.thresholds:
        thresholds = work.answers.thresholds(work.thresholds)
        thresholds.check_predictor(work.predictor())
    return job.run_job(
        job.Job("predicting", "predicted anew", work.inputs, work.output, work.settings(),
                work.skip_bad_input, functools.partial(chunks.plan, work.inputs, work.reading),
                functools.partial(_publish, work, thresholds), take=_Ids(work).take,
                needed="pages"),
        executor, on_status, note)


class _Ids:
    """The ids of all examples, to notice one that comes twice."""

    def __init__(self, work: Job):
        self._inputs, self._reading = work.inputs, work.reading
        self._may_repeat = work.skip_bad_input
        self._places: Dict[int, int] = {}  # of the item of the example with an id: see `_ITEM_BITS`

    def take(self, chunk: Chunk, result: Result) -> None:
        """Takes note of a chunk's examples.

        Raises:
          BadExampleError: an id was there before, and may not be.
        """
        file = self._inputs.index(chunk.path)
        for example_id, number in result.facts:
            place = file << _ITEM_BITS | number
            other = self._places.setdefault(example_id, place)
            if other != place and not self._may_repeat:
                again = self._where(max(place, other))
                raise BadExampleError("%s has the id of %s, %s, again "
                                      "(--on_bad_input=skip takes the first)" % (
                                          self._reading.source_of(*again),
                                          self._reading.source_of(*self._where(min(place, other))),
                                          self._reading.id_at(*again, example_id)))

    def _where(self, place: int) -> Tuple[str, int]:
        return self._inputs[place >> _ITEM_BITS], place & (1 << _ITEM_BITS) - 1


def _publish(work: Job, thresholds: Any, run: Run) -> Predicted:
    """Writes the outputs from the answers to the chunks."""
    header, counts = work.predictor(), collections.Counter(run.counts)
    with contextlib.ExitStack() as stack:
        write_nbest = None
        if work.nbest_output:
            write_nbest = stack.enter_context(work.answers.nbest_file(work.nbest_output)(header))
        if thresholds is not None:
            header = dict(header, thresholds=thresholds.describe())
        write = stack.enter_context(work.answers.open(work.output, header))
        seen = set()
        for entry, nbest in _answers(run):
            if entry["example_id"] in seen:
                counts.update(pages=-1, skipped=1)
                continue
            seen.add(entry["example_id"])
            if thresholds is not None:
                entry = thresholds.apply(entry)
            counts.update(work.answers.count(entry))
            write(entry)
            if write_nbest:
                write_nbest(json.loads(nbest))
    return Predicted(counts, run.resumed["pages"])


def _answers(run: Run) -> Iterator[Tuple[Dict[str, Any], str]]:
    """Yields the entry of each example, and that of the n-best file as text, in their order."""
    names: List[str] = sum(chunks.by_file(run.inputs, run.names), [])
    for name in names:
        for entry, nbest in run.result(name).content:
            yield json.loads(entry), nbest
