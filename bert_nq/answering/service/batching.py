"""Requests that arrive together, read together."""
import queue
import threading
import time
from concurrent.futures import Future
from typing import Callable, List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.answering.answer import Answer
from bert_nq.base.errors import UserError
from bert_nq.datasets.html_pages.page import Page

Pair = Tuple[str, Page]  # a question and a page


class ClosedError(Exception):
    """The service is stopping and takes no more questions."""


class _Job(NamedTuple):
    pairs: Sequence[Pair]
    answers: "Future[List[Answer]]"


class Batcher:
    """A thread that gathers what waits and reads it in one call.

    A model reads the windows of eight pages together faster than one page after the other. While it
    reads, the next requests gather by themselves; one that comes to an idle model waits a few
    milliseconds for others.
    """

    def __init__(self, ask_many: Callable[[Sequence[Pair]], Sequence[Answer]], max_pages: int,
                 milliseconds: float):
        """
        Args:
          ask_many: reads pairs and returns their answers in order.
          max_pages: read at once; a request with more pages is read alone.
          milliseconds: for which the first of a batch waits for company.
        """
        self._ask_many, self._max_pages = ask_many, max_pages
        self._seconds = milliseconds / 1000
        self._jobs: queue.Queue[Optional[_Job]] = queue.Queue()
        self._left_over: Optional[_Job] = None  # taken from the queue, too large for the batch
        self._turn = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="batching", daemon=True)
        self._thread.start()

    def submit(self, pairs: Sequence[Pair]) -> "Future[List[Answer]]":
        """Answers to come. A future that is cancelled before its turn is not read.

        Raises:
          ClosedError: `close` was called.
        """
        job = _Job(pairs, Future())
        with self._turn:
            if self._is_closed:
                raise ClosedError
            self._jobs.put(job)
        return job.answers

    def close(self) -> None:
        """Reads what was submitted, and ends the thread."""
        with self._turn:
            if not self._is_closed:
                self._is_closed = True
                self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            batch, goes_on = self._gather()
            batch = [job for job in batch if job.answers.set_running_or_notify_cancel()]
            if batch:
                self._read(batch)

    def _gather(self) -> Tuple[List[_Job], bool]:
        """(the jobs of a batch, whether more will come)."""
        first = self._left_over or self._jobs.get()
        self._left_over = None
        if first is None:
            return [], False
        batch, num_pages = [first], len(first.pairs)
        until = time.monotonic() + self._seconds
        while num_pages < self._max_pages:
            try:
                job = self._jobs.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if job is None:
                return batch, False
            if num_pages + len(job.pairs) > self._max_pages:
                self._left_over = job
                break
            batch.append(job)
            num_pages += len(job.pairs)
        return batch, True

    def _read(self, batch: List[_Job]) -> None:
        try:
            answers = list(self._ask_many([pair for job in batch for pair in job.pairs]))
        except UserError as e:
            if len(batch) == 1:
                batch[0].answers.set_exception(e)
                return
            # One of them cannot be read; the others can.
            for job in batch:
                self._read([job])
        except BaseException as e:  # noqa: B902 - whoever waits must hear of it, whatever it is
            for job in batch:
                job.answers.set_exception(e)
        else:
            for job in batch:
                job.answers.set_result(answers[:len(job.pairs)])
                del answers[:len(job.pairs)]

