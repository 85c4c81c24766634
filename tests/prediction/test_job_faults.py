"""A prediction job that is broken off, disturbed, or given bad input."""
import multiprocessing
import os
import queue
import threading
import time

import pytest

from bert_nq.base import locking
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.jobs import workers
from bert_nq.prediction import job
from tests.support import arithmetic_model, prediction_jobs
from tests.support.arithmetic_model import ArithmeticModel, Diverged
from tests.support.nq_pages import make_line, write_shard
from tests.support.prediction_jobs import (
    NUM_PAGES,
    Run,
    StoppedError,
    entries,
    here,
    make_job,
    place,
    read,
    stop_after,
    work_folder,
)

ALL = sum(NUM_PAGES.values())


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return prediction_jobs.write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def undisturbed(corpus, tmp_path_factory):
    """The prediction file of a run in this process."""
    some_job = make_job(corpus, tmp_path_factory.mktemp("undisturbed") / "out.json")
    return Run(some_job, here=here(some_job)).content


# Broken off and carried on.


class Counting(ArithmeticModel):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.windows = 0

    def run(self, batch):
        self.windows += len(batch.rows)
        return super().run(batch)


@pytest.mark.parametrize("num_pages", [1, 33, 65, 71, ALL])
def test_stopped_and_carried_on_it_is_the_same(corpus, undisturbed, tmp_path, num_pages):
    output = tmp_path / "out.json"
    some_job = make_job(corpus, output)
    with pytest.raises(StoppedError):
        Run(some_job, here=here(some_job), on_status=stop_after(num_pages))
    assert not output.exists()
    num_chunks = len([n for n in os.listdir(str(work_folder(output))) if ".jsonl" in n])
    assert num_chunks >= 1
    model = here(some_job, Counting)
    run = Run(some_job, here=model)
    assert run.content == undisturbed
    assert num_pages <= run.result.num_resumed <= ALL
    assert run.states[-1].counts["pages"] == ALL - run.result.num_resumed
    assert run.states[-1].share == 1.0
    assert run.result.counts["pages"] == ALL
    # What was done is not done again.
    assert model.windows < run.result.counts["windows"]
    assert (model.windows == 0) == (run.result.num_resumed == ALL)
    assert os.listdir(str(tmp_path)) == ["out.json"]


def test_workers_carry_on_where_one_process_stopped_and_again(corpus, undisturbed, tmp_path):
    some_job = make_job(corpus, tmp_path / "out.json")
    with pytest.raises(StoppedError):
        Run(some_job, here=here(some_job), on_status=stop_after(1))
    with pytest.raises(StoppedError):
        Run(some_job, 2, on_status=stop_after(1))
    run = Run(some_job, 3)
    assert run.content == undisturbed
    assert run.result.num_resumed > 32


def test_a_worker_that_is_killed(corpus, undisturbed, tmp_path):
    output = tmp_path / "out.json"
    output.write_bytes(b"old")
    some_job = make_job(corpus, output)

    def kill(status):
        if status.counts["pages"]:
            for child in multiprocessing.active_children():
                child.kill()

    with pytest.raises(UserError) as failed:
        Run(some_job, 2, on_status=kill)
    assert str(failed.value).startswith(
        "a worker process has ended (killed, perhaps for want of memory: try fewer --num_workers) "
        "while it worked on %s/" % corpus)
    assert str(failed.value).endswith("; what was finished is kept in %s: the same command carries "
                                      "on" % work_folder(output))
    assert output.read_bytes() == b"old"
    run = Run(some_job, 2)
    assert run.content == undisturbed
    assert run.result.num_resumed >= 32


@pytest.mark.parametrize("content", [b"", b"{", b'{"summary": {"counts"', b"\xff\x00"])
def test_a_damaged_chunk_is_predicted_anew(corpus, undisturbed, tmp_path, content):
    output = tmp_path / "out.json"
    some_job = make_job(corpus, output)
    with pytest.raises(StoppedError):
        Run(some_job, here=here(some_job), on_status=stop_after(ALL))
    chunk, = work_folder(output).glob("a.jsonl.gz-*-000001.json")
    chunk.write_bytes(content)
    run = Run(some_job, here=here(some_job))
    assert run.content == undisturbed
    assert run.result.num_resumed == ALL - 32
    assert run.notes == ["%s is damaged: predicted anew" % chunk]


def different_jobs(corpus, output):
    vocab = corpus / "more.txt"
    vocab.write_bytes((corpus / "vocab.txt").read_bytes() + b"more\n")
    first = make_job(corpus, output)
    return {
        "model": first._replace(fingerprint="89abcdef"),
        "decoder": make_job(corpus, output, decoder="bert_joint"),
        "nbest": first._replace(nbest_output=str(output) + ".nbest"),
        "doc_stride": first._replace(windows=first.windows._replace(doc_stride=8)),
        "vocabulary": first._replace(text=first.text._replace(vocab_file=str(vocab))),
        "predict_batch_size": first._replace(batch_size=3),
        "precision": first._replace(model=first.model._replace(precision="bf16")),
    }


@pytest.mark.parametrize("change", ["model", "decoder", "nbest", "doc_stride", "vocabulary",
                                    "predict_batch_size", "precision"])
def test_other_settings_start_anew(corpus, tmp_path, change):
    output = tmp_path / "out.json"
    first = make_job(corpus, output, "c")
    with pytest.raises(StoppedError):
        Run(first, here=here(first), on_status=stop_after(3))
    other = different_jobs(corpus, output)[change]._replace(inputs=first.inputs)
    run = Run(other, here=here(other))
    note, = run.notes
    assert note.startswith("the unfinished run before this one was different: ")
    assert change in note
    assert run.result.num_resumed == 0
    assert run.states[-1].counts["pages"] == 3
    clean = other._replace(output=str(tmp_path / "clean.json"))
    assert run.content == Run(clean, here=here(clean)).content


def test_of_other_shards_the_rest_is_kept(corpus, tmp_path):
    shards = [str(tmp_path / name) for name in ("a.jsonl", "b.jsonl", "c.jsonl")]
    for first, path in enumerate(shards[:2]):
        write_shard(path, [place(i) for i in range(first * 40, first * 40 + 40)])
    write_shard(shards[2], [place(100)])
    output = tmp_path / "out" / "out.json"
    before = make_job(corpus, output, shards[:2])
    with pytest.raises(StoppedError):
        Run(before, here=here(before), on_status=stop_after(80))
    write_shard(shards[1], [place(i) for i in range(50, 90)])
    now = make_job(corpus, output, [shards[2], shards[1], shards[0]])
    run = Run(now, here=here(now))
    assert run.notes == ["the unfinished run before this one was different: %s has changed; %s is a"
                         " new input" % (shards[1], shards[2])]
    assert run.result.num_resumed == 40
    assert entries(run.content) == prediction_jobs.expected(
        (100,) + tuple(range(50, 90)) + tuple(range(40)))
    assert os.listdir(str(output.parent)) == ["out.json"]


def test_another_run_under_way(corpus, tmp_path):
    output = tmp_path / "out.json"
    some_job = make_job(corpus, output, "c")
    lock = str(work_folder(output) / "lock")
    with locking.locked(lock), pytest.raises(UserError, match="^another run holds .*lock: wait"):
        Run(some_job, here=here(some_job))
    assert not output.exists()
    assert Run(some_job, here=here(some_job)).result.counts["pages"] == 3


# Bad input.


@pytest.mark.parametrize("num_workers, in_this_process", [(2, False), (1, True)])
def test_a_page_that_is_there_twice(corpus, tmp_path, num_workers, in_this_process):
    first = write_shard(tmp_path / "z.jsonl", [place(i) for i in range(12)])
    second = write_shard(tmp_path / "a.jsonl", [place(20), place(3), place(21)])
    output = tmp_path / "out.json"
    some_job = make_job(corpus, output, [first, second])

    def run(some_job):
        return Run(some_job, num_workers, here(some_job) if in_this_process else None)

    with pytest.raises(BadExampleError) as failed:
        run(some_job)
    # The first is that of the shard that is named first, whoever was done first.
    assert str(failed.value).startswith(
        "%s, line 2 has the id of %s, line 4, number 1003, again "
        "(--on_bad_input=skip takes the first)" % (second, first))
    assert not output.exists()
    skipping = run(some_job._replace(skip_bad_input=True))
    assert entries(skipping.content) == prediction_jobs.expected(
        tuple(range(12)) + (20, 21))
    counts = skipping.result.counts
    assert (counts["pages"], counts["skipped"]) == (14, 1)


def test_a_page_that_is_there_twice_in_a_shard(corpus, tmp_path):
    path = write_shard(tmp_path / "x.jsonl", [place(i) for i in list(range(9)) + [8]])
    some_job = make_job(corpus, tmp_path / "out.json", [path])
    with pytest.raises(BadExampleError, match="x.jsonl, line 10 has the id of .*x.jsonl, "
                       "line 9, number 1008, again "):
        Run(some_job, here=here(some_job))


@pytest.mark.parametrize("in_this_process", [False, True])
def test_bad_lines(corpus, tmp_path, in_this_process):
    lines = [make_line(place(i)) for i in range(70)]
    lines[40] = b'{"example_id": 7, "question_text":\n'
    lines[69] = b"[]\n"
    path = write_shard(tmp_path / "x.jsonl", lines)
    output = tmp_path / "out.json"
    output.write_bytes(b"old")
    some_job = make_job(corpus, output, [path])
    skipping = some_job._replace(skip_bad_input=True)

    def run(some_job):
        return Run(some_job, 1, here(some_job) if in_this_process else None)

    with pytest.raises(BadExampleError) as failed:
        run(some_job)
    assert str(failed.value).startswith("%s, line 41: not JSON: " % path)
    kept = "; what was finished is kept in %s: the same command carries on" % work_folder(output)
    # In this process, the next chunk is drawn before one is answered.
    assert str(failed.value).endswith("(--on_bad_input=skip goes on without it)"
                                      + kept * (not in_this_process))
    assert output.read_bytes() == b"old"
    done = run(skipping)
    assert done.result.num_resumed == (0 if in_this_process else 32)
    assert [note.split(": ")[:2] for note in done.notes] == [
        ["skipped", "%s, line 41" % path], ["skipped", "%s, line 70" % path]]
    assert entries(done.content) == prediction_jobs.expected(
        tuple(i for i in range(69) if i != 40))
    assert (done.result.counts["pages"], done.result.counts["skipped"]) == (68, 2)


def test_what_was_skipped_is_no_longer_when_it_must_not_be(corpus, tmp_path):
    path = write_shard(tmp_path / "x.jsonl", [b"oops\n"] + [place(i) for i in range(60)])
    some_job = make_job(corpus, tmp_path / "out.json", [path], skip_bad_input=True)
    with pytest.raises(StoppedError):
        Run(some_job, here=here(some_job), on_status=stop_after(60))
    with pytest.raises(BadExampleError, match="x.jsonl, line 1: not JSON"):
        some_job = some_job._replace(skip_bad_input=False)
        Run(some_job, here=here(some_job))


def test_a_chunk_without_a_usable_page(corpus, tmp_path):
    path = write_shard(tmp_path / "x.jsonl", [b"oops\n"] * 64 + [place(0)] + [b"oops\n"] * 80)
    some_job = make_job(corpus, tmp_path / "out.json", [path], skip_bad_input=True)
    run = Run(some_job, here=here(some_job))
    assert entries(run.content) == prediction_jobs.expected((0,))
    assert run.result.counts["skipped"] == 144


def test_a_shard_that_is_cut_off(corpus, tmp_path):
    whole = read(corpus / "a.jsonl.gz")
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(whole[:len(whole) * 3 // 4])
    some_job = make_job(corpus, tmp_path / "out.json", [str(path)])
    with pytest.raises(BadExampleError, match=r"x.jsonl.gz, after line \d+: the gzip data are cut "
                       "off or damaged"):
        Run(some_job, here=here(some_job))
    some_job = some_job._replace(skip_bad_input=True)
    run = Run(some_job, here=here(some_job))
    num_pages = run.result.counts["pages"]
    assert 32 < num_pages < 70
    assert run.result.counts["skipped"] == 1
    assert entries(run.content) == prediction_jobs.expected(tuple(range(num_pages)))


@pytest.mark.parametrize("in_this_process", [False, True])
def test_logits_that_are_no_numbers(corpus, tmp_path, in_this_process):
    some_job = make_job(corpus, tmp_path / "out.json", "c")
    with pytest.raises(UserError, match="c.jsonl, line 1: the model's logits are not finite"):
        if in_this_process:
            Run(some_job, here=here(some_job, Diverged))
        else:
            job.run_job(some_job, 1, in_worker=install_diverged)
    assert os.listdir(str(tmp_path)) == []


def install_diverged():
    arithmetic_model.install(Diverged)


class Ahead(Diverged):
    """Draws batches in another thread, as TPUEstimator does, and is not sorry when it fails."""

    def outputs(self, batches):
        drawn = queue.Queue()

        def draw():
            for batch in batches:
                drawn.put(batch)
            self.ended.set()

        threading.Thread(target=draw, daemon=True).start()
        while True:
            yield self.run(drawn.get(timeout=60))


def test_a_model_that_fails_while_its_thread_waits_for_windows(corpus, tmp_path, monkeypatch):
    waits, run_tasks = threading.Event(), workers.run_tasks

    def slowly(*args):
        for number, item in enumerate(run_tasks(*args)):
            if number == 2:  # The first chunk has gone through by now, the second waits.
                waits.set()
                time.sleep(1.0)
            yield item

    class AheadUntilItWaits(Ahead):
        def run(self, batch):
            assert waits.wait(60)
            return super().run(batch)

    monkeypatch.setattr(workers, "run_tasks", slowly)
    some_job = make_job(corpus, tmp_path / "out.json")
    model = here(some_job, AheadUntilItWaits)
    model.ended = threading.Event()
    with pytest.raises(UserError, match="a.jsonl.gz, line 1: the model's logits are not finite"):
        Run(some_job, here=model)
    assert model.ended.wait(60)
    assert multiprocessing.active_children() == []
