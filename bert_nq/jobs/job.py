"""A job: from input files to outputs by pieces, to be killed and carried on at any moment.

    inputs ──plan──► pieces ──executor──► results in a work folder ──gather, publish──► outputs

A piece is a part of the inputs that is done as a whole. It has a `name`, which no other piece of
the job has, `num_bytes`, how much of the inputs it is, and a str() for messages. Its result is
noted in a work folder beside the output; what is noted is not done again by the next run with the
same settings. A plan is how the inputs are divided into pieces, see jobs.chunks and jobs.parts. An
executor is where the pieces are done, see jobs.executors and jobs.spark_chunks.
"""
import collections
import contextlib
import os
import threading
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Tuple,
)

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import UserError
from bert_nq.jobs import work_folder
from bert_nq.jobs.work_folder import Input, WorkFolder
from bert_nq.jobs.workers import Counts

# Shows a line to a person.
Note = Callable[[str], None]

# The format of results. A work folder that holds results of another one is not carried on with.
_FORMAT = 4


class Result(NamedTuple):
    """The result of a piece, as JSON in the work folder. Large files may lie beside it."""
    counts: Dict[str, int]  # what is added up over all pieces; "skipped" is one of them
    notes: List[str]  # lines for a person
    facts: Any = None  # a few values more, which the job may keep in memory
    content: Any = None  # all else: it stays on the disk until the outputs are written


class Plan(NamedTuple):
    """The division of a job's inputs into pieces."""
    # Gives the pieces in order; told of input files that end early.
    pieces: Callable[[BadInput], Iterable[Any]]
    is_wanted: Callable[[str], bool]  # whether what the work folder holds under a name may stay
    total_bytes: int  # of all pieces
    is_listed: bool = False  # whether pieces are known at once, and not when inputs are read
    kept: Optional[Dict[str, Any]] = None  # what the plan of the next run is told of this one


class Status(NamedTuple):
    """How far a run is."""
    stage: str  # "preparing" or the like
    counts: Counts  # of what this run has done itself
    done: float  # of `total`
    total: float  # what this run has to do, in any unit

    @property
    def share(self) -> float:
        """The share of the work that is done, in [0, 1]."""
        return min(1.0, self.done / self.total) if self.total else 1.0


OnStatus = Callable[[Status], None]


class Job(NamedTuple):
    """The inputs and outputs of a job, and the functions that lead from one to the other."""
    stage: str  # "predicting": what is shown while pieces are done
    done_again: str  # "predicted anew": what is said of a piece whose result is damaged
    inputs: List[str]
    output: str  # the work folder lies beside it
    settings: Dict[str, Any]  # all that decides the results besides the inputs, by name
    skip_bad_input: bool
    # Divides the inputs, given `Plan.kept` of the run before if it had the same settings.
    plan: Callable[[List[Input], Optional[Dict[str, Any]]], Plan]
    publish: Callable[["Run"], Any]  # writes the outputs from the results; gives the job's result
    gather: Callable[["Run"], None] = lambda run: None  # goes before; where it fails, results stay
    take: Callable[[Any, Result], None] = lambda piece, result: None  # told of each piece's result
    # Gives the job's result where the outputs are there already, else None.
    found: Callable[[List[Input], Note], Any] = lambda inputs, note: None
    # What the inputs must have at least one of that can be used, as `Result.counts` calls it.
    needed: str = ""


# Does pieces of a run: draws them from the iterator, sees to it that their results are in the work
# folder, and yields each with its result, of which the content may be left out, in any order.
Executor = Callable[["Run", Iterator[Any]], Iterator[Tuple[Any, Result]]]


def run_job(job: Job, executor: Executor, on_status: OnStatus = lambda status: None,
            note: Note = lambda text: None) -> Any:
    """Makes the outputs of a job, or carries on with a run that was broken off.

    Args:
      job: what to make.
      executor: where the pieces are done.
      on_status: told how far it is, a few times a second.
      note: told, in a line each, what a person should know: lines that are skipped, what has
        changed since the run before.

    Returns:
      What `job.publish` gives, or `job.found`.

    Raises:
      UserError: an input is unusable, there is nothing in any, a worker died, the disk is full,
        another run is under way. What was finished is kept for the next run.
    """
    with work_folder.opened(work_folder.work_path(job.output)) as folder:
        inputs = work_folder.inputs_of(job.inputs)
        made = job.found(inputs, note)
        if made is None:
            run = Run(job, folder, inputs, on_status, note)
            with folder.telling_what_is_kept():
                run.do(executor)
                run.check_needed()
                job.gather(run)
            made = job.publish(run)
        folder.remove_contents()
    return made


class Run:
    """A run of a job in its work folder.

    Attributes:
      job, folder, inputs: as they were given; `folder` is locked.
      plan: the division into pieces.
      note: shows a line to a person.
      bad_input: told of input files that end early.
      counts: of all pieces, whichever run has done them.
      resumed: the counts of the pieces that a run before had done.
      num_done, num_resumed: how many pieces are done, and how many of them before this run.
      names: the names of the pieces that are done.
    """

    def __init__(self, job: Job, folder: WorkFolder, inputs: List[Input], on_status: OnStatus,
                 note: Note):
        """Plans, and removes from the folder what the plan has no use for."""
        self.job, self.folder, self.inputs, self.note = job, folder, inputs, note
        self.bad_input = BadInput(job.skip_bad_input, note)
        self.counts, self.resumed = collections.Counter(), collections.Counter()
        self.num_done = self.num_resumed = 0
        self.names: List[str] = []
        self._on_status = on_status
        self._finished, self._reported = collections.Counter(), collections.Counter()
        self._bytes_done = 0
        # A TPU's thread counts what was done before, while this one counts what is done now.
        self._counting = threading.RLock()
        settings = dict(job.settings, work_format=_FORMAT)
        before = folder.resume(settings, inputs, note)
        self.plan = job.plan(inputs, before["kept"] if before else None)
        self._bytes_left = self.plan.total_bytes
        folder.start({"settings": settings, "inputs": inputs, "kept": self.plan.kept},
                     self.plan.is_wanted)

    def do(self, executor: Executor) -> None:
        """Has all pieces done that no run before has done."""
        pieces = self._left()
        if self.plan.is_listed:
            listed = list(pieces)
            if self.num_resumed:
                self.note("carrying on: %d of %d parts of the work were done"
                          % (self.num_resumed, self.num_resumed + len(listed)))
            pieces = iter(listed)
        with contextlib.closing(executor(self, pieces)) as finished:
            for piece, result in finished:
                with self._counting:
                    self._bytes_done += piece.num_bytes
                    self._finished.update(result.counts)
                self._take(piece, result)
        self.counts["skipped"] += self.bad_input.skipped

    def check_needed(self) -> None:
        """Raises UserError where the inputs had nothing that could be used, and so no result.

        Nothing is kept then, and outputs stay as they were.
        """
        what = self.job.needed
        if not what or self.counts[what]:
            return
        self.folder.remove_contents()
        skipped = self.counts["skipped"]
        raise UserError("%s: there are no %s in %s%s, and nothing is written" % (
            ", ".join(self.job.inputs[:3]) + (", ..." if len(self.job.inputs) > 3 else ""), what,
            "it" if len(self.job.inputs) == 1 else "them",
            " but %d that cannot be used" % skipped if skipped else ""))

    def _left(self) -> Iterator[Any]:
        """Yields the pieces that are not done, and takes note of those that are."""
        for piece in self.plan.pieces(self.bad_input):
            result = self.done_before(piece.name)
            if result is None:
                yield piece
            else:
                self.resume(piece, result)

    def done_before(self, name: str) -> Optional[Result]:
        """The result, without content, of a piece that need not be done again, or None."""
        try:
            result = self.result(name)
            self.folder.check_large_part(name)
        except (UserError, TypeError):  # It is no JSON any more, or not of a result.
            self.note("%s.json is damaged: %s" % (os.path.join(self.folder.path, name),
                                                  self.job.done_again))
            return None
        # Where no line may be skipped, a piece that has skipped one has failed.
        if result is None or (result.counts["skipped"] and not self.job.skip_bad_input):
            return None
        return result._replace(content=None)

    def result(self, name: str) -> Optional[Result]:
        """The result of a piece as the work folder holds it; None if it is not done."""
        fields = self.folder.result(name)
        return None if fields is None else Result(**fields)

    def resume(self, piece: Any, result: Result) -> None:
        """Takes note of a piece that a run before has done, with the result that is noted."""
        with self._counting:
            self._bytes_left -= piece.num_bytes
            self.resumed.update(result.counts)
            self.num_resumed += 1
        self._take(piece, result)

    def _take(self, piece: Any, result: Result) -> None:
        with self._counting:
            self.counts.update(result.counts)
            self.num_done += 1
            self.names.append(piece.name)
        for text in result.notes:
            self.note(text)
        self.job.take(piece, result)
        self.report({})

    def store(self, piece: Any, result: Result) -> Result:
        """Notes in the work folder that a piece is done; returns the result without content."""
        return store(self.folder, piece, result)

    def report(self, counts: Mapping[str, float]) -> None:
        """Takes note of what was done since the last report, and shows how far the run is.

        What is reported stands in the status for what finished pieces have counted under the same
        name: it is ahead of that. "bytes_read" are of the inputs.
        """
        with self._counting:
            self._reported.update(counts)
            shown = collections.Counter({**self._finished, **self._reported})
            self._on_status(Status(self.job.stage, shown,
                                   self._reported.get("bytes_read", self._bytes_done),
                                   self._bytes_left))

    def show(self, status: Status) -> None:
        """Shows how far the run is in another stage than that of the pieces."""
        self._on_status(status)


def store(folder: WorkFolder, piece: Any, result: Result) -> Result:
    """Notes in a work folder that a piece is done; returns the result without content."""
    folder.finish(piece.name, result._asdict())
    return result._replace(content=None)
