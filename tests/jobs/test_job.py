"""The one job, with a toy: the lines of files in capitals, in one output file."""
import contextlib
import functools
import os

import pytest

from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq.shards import READING
from bert_nq.jobs import chunks, executors, work_folder
from bert_nq.jobs.job import Job, Result, Status, run_job


class StoppedError(Exception):
    """Raised in the middle of a run."""


@pytest.fixture
def inputs(tmp_path):
    """Files of 40, 0 and 33 lines: 2, 0 and 2 chunks."""
    paths = []
    for name, num_lines in (("b", 40), ("a", 0), ("c", 33)):
        paths.append(str(tmp_path / name))
        with open(paths[-1], "w") as out:
            out.write("".join("%s%d\n" % (name, i) for i in range(num_lines)))
    return paths


def shout(chunk, report=None):
    """The result of a chunk; a line that is "?" is skipped."""
    if report:
        report({"loud": len(chunk.items)})
    loud = [line.decode().upper() for line in chunk.items if line != b"?\n"]
    skipped = len(chunk.items) - len(loud)
    return Result({"lines": len(loud), "skipped": skipped}, ["skipped: ?"] * skipped,
                  facts=chunk.numbers[0], content=loud)


def make_work(folder):
    return shout


def here(run, pieces):
    """An executor in this process."""
    for piece in pieces:
        yield piece, run.store(piece, shout(piece, run.report))


def publish(path, run):
    with open(path, "w") as out:
        for names in chunks.by_file(run.inputs, run.names):
            for name in names:
                out.writelines(run.result(name).content)
    return dict(run.counts), run.num_done, run.num_resumed


def make_job(inputs, output, skip=False, **changes):
    output = str(output)
    return Job("shouting", "shouted anew", inputs, output, {"how": "loud"}, skip,
               functools.partial(chunks.plan, inputs, READING),
               functools.partial(publish, output))._replace(**changes)


class Run:
    """A job that was run, with all that it said; it may stop when so many lines are done."""

    def __init__(self, some_job, executor=here, stop_at=None):
        self.notes, self.states = [], []

        def on_status(status):
            self.states.append(status)
            if stop_at is not None and status.counts["lines"] >= stop_at:
                raise StoppedError

        with pytest.raises(StoppedError) if stop_at is not None else contextlib.nullcontext():
            self.result = run_job(some_job, executor, on_status, self.notes.append)
            with open(some_job.output) as f:
                self.content = f.read()


WANTED = "".join("B%d\n" % i for i in range(40)) + "".join("C%d\n" % i for i in range(33))


def shouting_device(model, prepared, report):
    assert model == "the model"
    return map(shout, prepared)


def make_preparer():
    return lambda chunk, report: chunk


EXECUTORS = {
    "here": here,
    "processes": executors.in_processes(make_work, 2),
    "device": executors.on_device(lambda: contextlib.nullcontext("the model"), make_preparer,
                                  shouting_device, 2)}


@pytest.mark.parametrize("name", sorted(EXECUTORS))
def test_every_executor_makes_the_same(inputs, tmp_path, name):
    run = Run(make_job(inputs, tmp_path / "out"), EXECUTORS[name])
    assert run.content == WANTED
    assert run.result == ({"lines": 73, "skipped": 0}, 4, 0)
    last = run.states[-1]
    assert (last.stage, last.counts["lines"], last.share) == ("shouting", 73, 1.0)
    assert last.total == sum(map(os.path.getsize, inputs))
    assert not os.path.exists(work_folder.work_path(str(tmp_path / "out")))


@pytest.mark.parametrize("stop_at, num_resumed", [(32, 1), (40, 2), (72, 3), (73, 4)])
def test_stopped_and_carried_on(inputs, tmp_path, stop_at, num_resumed):
    some_job = make_job(inputs, tmp_path / "out")
    Run(some_job, stop_at=stop_at)
    assert not os.path.exists(some_job.output)
    run = Run(some_job)
    assert run.content == WANTED
    assert run.result == ({"lines": 73, "skipped": 0}, 4, num_resumed)
    # Of what this run does itself: nothing, or all of it.
    assert run.states[0].counts["lines"] == 0
    assert run.states[-1].counts["lines"] == 73 - stop_at
    assert run.states[-1].share == 1.0


def test_shares_are_of_the_work_of_this_run():
    assert Status("x", None, 1, 4).share == 0.25
    assert Status("x", None, 5, 4).share == 1.0
    assert Status("x", None, 0, 0).share == 1.0


def test_reports_are_ahead_of_what_is_finished(inputs, tmp_path):
    def counting(chunk, report=None):
        report({"lines": len(chunk.items)})
        return shout(chunk)

    def executor(run, pieces):
        for piece in pieces:
            yield piece, run.store(piece, counting(piece, run.report))

    counts = [state.counts["lines"] for state in Run(make_job(inputs, tmp_path / "out"),
                                                     executor).states]
    assert counts == [32, 32, 40, 40, 72, 72, 73, 73]


def test_a_damaged_result_is_made_anew(inputs, tmp_path):
    some_job = make_job(inputs, tmp_path / "out")
    Run(some_job, stop_at=72)
    folder = work_folder.work_path(some_job.output)
    stem = chunks.stems_of(work_folder.inputs_of(inputs))[0]
    first, second = (os.path.join(folder, "%s-%06d.json" % (stem, i)) for i in range(2))
    for path, content in ((first, b"{"), (second, b'{"number": 3}')):
        with open(path, "wb") as out:
            out.write(content)
    run = Run(some_job)
    assert run.content == WANTED
    assert run.notes == ["%s is damaged: shouted anew" % path for path in (first, second)]


def test_other_settings_and_other_versions_start_anew(inputs, tmp_path):
    some_job = make_job(inputs, tmp_path / "out")
    Run(some_job, stop_at=72)
    run = Run(some_job._replace(settings={"how": "louder"}))
    assert run.notes == ['the unfinished run before this one was different: how was "loud" and is '
                         '"louder"']
    assert run.result[2] == 0
    Run(some_job, stop_at=72)
    folder = work_folder.WorkFolder(work_folder.work_path(some_job.output))
    plan = folder.plan()
    del plan["settings"]["work_format"]  # As versions before this one have left it.
    folder.start(plan, lambda name: True)
    run = Run(some_job)
    assert run.notes == ["the unfinished run before this one was different: work_format was null "
                         "and is 4"]
    assert (run.result[2], run.content) == (0, WANTED)


def test_lines_that_are_skipped(inputs, tmp_path):
    with open(inputs[1], "w") as out:
        out.write("?\na0\n")
    some_job = make_job(inputs, tmp_path / "out", skip=True)
    Run(some_job, stop_at=72)
    run = Run(some_job)
    assert run.notes == ["skipped: ?"]
    assert run.result == ({"lines": 74, "skipped": 1}, 5, 4)
    # Without leave to skip, a chunk that has skipped a line is done again.
    Run(some_job, stop_at=72)
    assert Run(make_job(inputs, tmp_path / "out")).result[2] == 3


def test_a_file_that_ends_early(inputs, tmp_path):
    with open(inputs[1], "wb") as out:
        out.write(b"\x1f\x8b\x08\x00")
    with pytest.raises(BadExampleError, match="a, after line 0: the gzip data are cut off .*; what "
                       "was finished is kept in .*: the same command carries on"):
        Run(make_job(inputs, tmp_path / "out"))
    run = Run(make_job(inputs, tmp_path / "out", skip=True))
    assert run.result == ({"lines": 73, "skipped": 1}, 4, 2)


def test_what_is_taken_gathered_and_found(inputs, tmp_path):
    taken = []
    some_job = make_job(inputs, tmp_path / "out",
                        take=lambda piece, result: taken.append((piece.path, result)))

    def fail(run):
        raise UserError("no space")

    with pytest.raises(UserError, match="no space; what was finished is kept in"):
        Run(some_job._replace(gather=fail))
    # Each piece, in this run and in the next, without its content.
    assert [(path, result.facts, result.content) for path, result in taken] == [
        (inputs[0], 1, None), (inputs[0], 33, None), (inputs[2], 1, None), (inputs[2], 33, None)]
    assert Run(some_job).result[2] == 4
    assert taken[4:] == taken[:4]
    # What is there already is not made again.
    assert run_job(some_job._replace(found=lambda found_in, note: "all there"), None) == "all there"


def test_pieces_that_are_known_at_once_are_counted_first(inputs, tmp_path):
    def plan(files, before):
        found = chunks.plan(inputs, READING, files)
        assert before in (None, {"seen": 1})
        return found._replace(is_listed=True, kept={"seen": 1})

    some_job = make_job(inputs, tmp_path / "out", plan=plan)
    assert Run(some_job, stop_at=40).notes == []
    assert Run(some_job).notes == ["carrying on: 2 of 4 parts of the work were done"]


def test_the_run_holds_the_lock(inputs, tmp_path):
    some_job = make_job(inputs, tmp_path / "out")
    with work_folder.opened(work_folder.work_path(some_job.output)):
        with pytest.raises(UserError, match="^another run holds "):
            run_job(some_job, here)


@pytest.mark.parametrize("content, skipped", [("", ""), ("\n \n", ""),
                                              ("?\n?\n", " but 2 that cannot be used")])
def test_inputs_with_nothing_in_them(inputs, tmp_path, content, skipped):
    for path in inputs:
        with open(path, "w") as out:
            out.write("")
    with open(inputs[0], "w") as out:
        out.write(content)
    (tmp_path / "out").write_text("of a run before")
    some_job = make_job(inputs, tmp_path / "out", skip=True, needed="lines")
    with pytest.raises(UserError) as caught:
        Run(some_job)
    assert str(caught.value) == "%s: there are no lines in them%s, and nothing is written" % (
        ", ".join(inputs), skipped)
    assert (tmp_path / "out").read_text() == "of a run before"
    assert not os.path.exists(work_folder.work_path(some_job.output))
