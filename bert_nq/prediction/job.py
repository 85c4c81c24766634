"""Prediction of many shards, to be killed and carried on at any moment.

    shards ──(lines, by chunks)──► processes with a model each ──► entries, by chunks ──► the file

or, where one process has the device (a GPU, a TPU), processes that make its windows:

    shards ──(lines, by chunks)──► processes ──(windows)──► the model in this process ──► ...

or other machines, see prediction.spark.

Each finished chunk is noted in a work folder beside the output; what is noted is not done again by
the next run with the same settings. A chunk is a stretch of one shard, whoever computes it, so the
bytes of the output depend on settings and inputs alone.
"""
import collections
import contextlib
import functools
import json
import os
import threading
from typing import (
    Any,
    Callable,
    Dict,
    Generator,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Set,
    Tuple,
)

from bert_nq.base import files
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq import chunks, shards
from bert_nq.datasets.nq.chunks import Lines, read_chunks
from bert_nq.jobs import work_folder, workers
from bert_nq.prediction import output, predictor
from bert_nq.prediction.chunk_work import (
    Job,
    make_page_predictor,
    make_preparer,
    make_worker,
    result_of,
)
from bert_nq.scoring.nq.tuned import Tuned

# A page's place among all: its shard's number, then that of its line in this many bits.
_LINE_BITS = 40


class Status(NamedTuple):
    """How far a job is."""
    pages: int  # of this run
    windows: int
    share: float  # of the inputs that are done


class JobResult(NamedTuple):
    """What came of a job."""
    counts: "collections.Counter[str]"  # pages, windows, skipped, and answers by kind
    num_resumed: int  # pages that an earlier run had done


# Given shards with their stems, the names of the chunks that are done, what to tell of windows done
# meanwhile, and what to do with shards that end early: yields each chunk, without its text, in any
# order, with what `result_of` made of it, or None if it was done.
Elsewhere = Callable[[List[Tuple[str, str]], Set[str], workers.Report, shards.BadInput],
                     Generator[Tuple[Lines, Optional[Dict[str, Any]]], None, None]]


def run_job(job: Job, num_workers: int, open_model: Optional[Callable] = None,
            on_status: Callable[[Status], None] = lambda status: None,
            note: Callable[[str], None] = lambda text: None,
            in_worker: Callable[[], None] = lambda: None,
            elsewhere: Optional[Elsewhere] = None) -> JobResult:
    """Writes the prediction file, and the n-best file if it is wanted.

    Args:
      job: what to predict with what.
      num_workers: processes.
      open_model: makes the model, a context manager, where it is to run in this process; None: each
        worker process has a model.
      on_status: told how far it is, a few times a second.
      note: told, in a line each, what a person should know.
      in_worker: called first in each worker process that has a model; picklable.
      elsewhere: does the work in place of processes.

    Raises:
      UserError: an input or the model is unusable, a worker died, the disk is full, another run is
        under way. What was finished is kept for the next run.
    """
    with work_folder.opened(work_folder.work_path(job.output)) as folder:
        tuned = _thresholds(job)
        run = _Run(job, folder, on_status, note)
        with folder.telling_what_is_kept():
            if elsewhere is not None:
                run.gather(elsewhere)
            elif open_model is None:
                run.spread(num_workers, in_worker)
            else:
                with open_model() as model:
                    run.feed(model, num_workers)
        run.publish(tuned)
        folder.remove_contents()
    return JobResult(run.counts, run.num_resumed)


def _thresholds(job: Job) -> Optional[Tuned]:
    if not job.thresholds:
        return None
    tuned = Tuned.load(job.thresholds)
    tuned.check_predictor(job.predictor())
    return tuned


class _Run:
    """A run of a job in its work folder."""

    def __init__(self, job: Job, folder: work_folder.WorkFolder,
                 on_status: Callable[[Status], None], note: Callable[[str], None]):
        self._job = job
        self._folder = folder
        self._on_status = on_status
        self._note = note
        self._total_bytes = sum(map(files.size, job.inputs))
        self._bytes_done = self._windows_shown = 0
        self._names: List[str] = []  # of all chunks, in order
        self._places: Dict[int, int] = {}  # of each page's line, by its id: shard, then line
        self.counts = collections.Counter()
        self.num_resumed = 0
        # A TPU's thread counts what was done before, while this one counts what is done now.
        self._counting = threading.RLock()
        self._stems = chunks.begin(folder, job.inputs, job.settings(), note)

    def spread(self, num_workers: int, in_worker: Callable[[], None]) -> None:
        """Each process has a model."""
        work = functools.partial(make_worker, self._job, self._folder.path, in_worker)
        finished = workers.run_tasks(work, self._chunks_left(), num_workers, self._progress)
        with contextlib.closing(finished):
            for lines, result in finished:
                self._finished(lines, result)

    def feed(self, model, num_workers: int) -> None:
        """The model is in this process, and others make windows for it."""
        page_predictor = make_page_predictor(self._job)
        work = functools.partial(make_preparer, self._job)
        # A TPU's thread draws from it.
        prepared = workers.Shared(workers.run_tasks(work, self._chunks_left(), num_workers))
        under_way = collections.deque()

        def prepared_chunks():
            for lines, (chunk, skipped, notes) in prepared:
                under_way.append((lines, skipped, notes))
                yield chunk

        with contextlib.closing(prepared):
            for chunk, outputs in predictor.stream(model, page_predictor, prepared_chunks()):
                lines, skipped, notes = under_way.popleft()
                self._progress({"windows": chunk.num_windows()})
                result = result_of(page_predictor, chunk, outputs, skipped, notes)
                self._folder.finish(lines.name, result)
                self._finished(lines, result["summary"])

    def gather(self, elsewhere: Elsewhere) -> None:
        """Others read the shards and have models."""
        bad_input = shards.BadInput(self._job.skip_bad_input, self._note)
        found = {name: self._done_before(name) for name in self._folder.finished()}
        before = {name: summary for name, summary in found.items() if summary}
        names: List[Tuple[str, str]] = []
        shards_and_stems = list(zip(self._job.inputs, self._stems))
        with contextlib.closing(elsewhere(shards_and_stems, set(before), self._progress,
                                          bad_input)) as finished:
            for lines, result in finished:
                names.append((lines.path, lines.name))
                if result is None:
                    summary = before[lines.name]
                    self.num_resumed += summary["counts"]["pages"]
                else:
                    summary = result["summary"]
                    self._folder.finish(lines.name, result)
                self._finished(lines, summary)
        place = {path: i for i, path in enumerate(self._job.inputs)}
        self._names += [name for _, name in sorted(names, key=lambda n: (place[n[0]], n[1]))]
        self.counts["skipped"] += bad_input.skipped

    def _chunks_left(self) -> Iterator[Lines]:
        """Yields the chunks that no earlier run has done, and takes note of those that are."""
        bad_input = shards.BadInput(self._job.skip_bad_input, self._note)
        for path, stem in zip(self._job.inputs, self._stems):
            for lines in read_chunks(path, stem, bad_input):
                self._names.append(lines.name)
                done = self._done_before(lines.name)
                if done:
                    self.num_resumed += done["counts"]["pages"]
                    self._finished(lines, done)
                else:
                    yield lines
        self.counts["skipped"] += bad_input.skipped

    def _done_before(self, name: str) -> Optional[Dict[str, Any]]:
        """The summary of a chunk that need not be done again, or None."""
        try:
            done = self._folder.result(name)
        except UserError:  # It is no JSON any more.
            self._note("%s.json is damaged: predicted anew" % os.path.join(self._folder.path, name))
            return None
        if done and (self._job.skip_bad_input or not done["summary"]["counts"]["skipped"]):
            return done["summary"]
        return None

    def _finished(self, lines: Lines, summary: Dict[str, Any]) -> None:
        with self._counting:
            self._bytes_done += lines.bytes_read
            self.counts.update(summary["counts"])
        for text in summary["notes"]:
            self._note(text)
        shard = self._job.inputs.index(lines.path)
        for example_id, line in summary["ids"]:
            place = shard << _LINE_BITS | line
            other = self._places.setdefault(example_id, place)
            if other != place and not self._job.skip_bad_input:
                raise BadExampleError("%s: a second page with example_id %d, after that of %s "
                                      "(--on_bad_input=skip takes the first)"
                                      % (self._source(max(place, other)), example_id,
                                         self._source(min(place, other))))
        self._progress({})

    def _source(self, place: int) -> str:
        return "%s, line %d" % (self._job.inputs[place >> _LINE_BITS],
                                place & (1 << _LINE_BITS) - 1)

    def _progress(self, counts: Dict[str, int]) -> None:
        with self._counting:
            self._windows_shown += counts.get("windows", 0)
            self._on_status(Status(self.counts["pages"] - self.num_resumed, self._windows_shown,
                                   self._bytes_done / max(self._total_bytes, 1)))

    def publish(self, tuned: Optional[Tuned]) -> None:
        """Writes the outputs from what the chunks have left."""
        job, header, seen = self._job, self._job.predictor(), set()
        with contextlib.ExitStack() as stack:
            write_nbest = None
            if job.nbest_output:
                write_nbest = stack.enter_context(output.prediction_file(job.nbest_output, header))
            if tuned is not None:
                header = dict(header, thresholds=tuned.describe())
            write = stack.enter_context(output.prediction_file(job.output, header))
            for name in self._names:
                for line, nbest in self._folder.result(name)["answers"]:
                    entry = json.loads(line)
                    if entry["example_id"] in seen:
                        self.counts["pages"] -= 1
                        self.counts["skipped"] += 1
                        continue
                    seen.add(entry["example_id"])
                    if tuned is not None:
                        entry = tuned.apply(entry)
                    self._count(entry)
                    write(entry)
                    if write_nbest:
                        write_nbest(json.loads(nbest))

    def _count(self, entry: Dict[str, Any]) -> None:
        self.counts["long"] += entry["long_answer"]["start_token"] >= 0
        self.counts["short"] += bool(entry["short_answers"])
        self.counts["yes_no"] += entry["yes_no_answer"] != "NONE"
