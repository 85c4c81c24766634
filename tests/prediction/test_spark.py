"""run_nq_spark.py and its like on a real cluster: what run_nq.py predicts, byte for byte.

The cluster is a master and two workers, processes of this machine that talk over loopback; where
there is nothing about it, the master is local[1].
"""
import os
import re
import shutil
import subprocess
import time

import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq import shards
from bert_nq.jobs import spark_chunks
from bert_nq.prediction import chunk_work, job, predictor
from tests.support import candidate_pages, prediction_jobs, programs, spark_cluster, tiny_model
from tests.support.nq_pages import write_shard
from tests.support.tiny_nq import place_page

needs_java = pytest.mark.skipif(not shutil.which("java"), reason="Spark needs Java")
PROGRAM = "bert_nq/run_nq_spark.py"
NUM_SHARDS, PAGES = 40, 8
FIRST_PAGES = 70


class Corpus:
    """Shards and a model; the first shard is not zipped and large enough to be two tasks."""

    def __init__(self, folder):
        self.folder = folder
        tiny_model.write(folder / "model")
        # What nobody reads makes it large, and not slow: 70 pages are 3 chunks.
        write_shard(folder / "s-00.jsonl", [
            dict(place_page(i, filler=1 + i % 2), document_html="<p>" + "x" * 40000)
            for i in range(FIRST_PAGES)])
        for shard in range(1, NUM_SHARDS):
            write_shard(folder / ("s-%02d.jsonl.gz" % shard), [
                place_page(i, example_id=1000 * shard + 100 + i, filler=1 + i % 2)
                for i in range(PAGES)])

    def arguments(self, output, **flags):
        model = self.folder / "model"
        values = dict({
            "predict_file": self.folder / "s-*.jsonl*", "vocab_file": model / "vocab.txt",
            "bert_config_file": model / "bert_config.json", "output_dir": model,
            "max_seq_length": 64, "doc_stride": 16, "max_query_length": 16,
            "output_prediction_file": output / "predictions.json",
            "output_nbest_file": output / "nbest.json"}, **flags)
        return ["--%s=%s" % item for item in values.items()]

    def predicted(self, output, **flags):
        """The output of run_nq.py."""
        done = programs.run("bert_nq/run_nq.py", "--do_predict", *self.arguments(output, **flags))
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return Corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with spark_cluster.without_library(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The environment for Spark on this machine alone, of which it can make a cluster as well."""
    return spark_cluster.local_environment(tmp_path_factory.mktemp("here"))


@pytest.fixture(scope="module")
def locally(corpus, tmp_path_factory):
    """The files of run_nq.py, and what it says."""
    folder = tmp_path_factory.mktemp("locally")
    said = corpus.predicted(folder)
    return contents(folder), said


def contents(folder):
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(str(folder)))}


def counts(summary):
    return [line for line in summary.splitlines()
            if not re.match("Predictions in|  time|  the best answers|Next|  \\S*python |$", line)]


def start(corpus, env, output, log, master):
    """The program, running; its lines of progress go to `log`."""
    with open(str(log), "wb") as out:
        return subprocess.Popen(
            programs.command(PROGRAM, *corpus.arguments(output, master=master,
                                                        progress_seconds=0)),
            env=env, stdout=out, stderr=out)


def wait_for(condition, process, log):
    end = time.time() + 240
    while not condition():
        assert time.time() < end and process.poll() is None, log.read_text()
        time.sleep(0.01)


def last_pages(log):
    """How many pages were done by the last line of progress."""
    return int((re.findall(r"^predicting: pages (\d+) ", log.read_text(), re.MULTILINE)
                or ["0"])[-1])


@needs_java
def test_the_same_files(corpus, cluster, locally, tmp_path):
    """A worker is killed meanwhile: the piece that it was at is done by the other one."""
    output, log = tmp_path / "out", tmp_path / "log"
    before = {worker: worker.finished_tasks() for worker in cluster.workers}
    process = start(corpus, cluster.env, output, log, cluster.master)

    def busy():
        return [w for w in cluster.workers if w.finished_tasks() >= before[w] + 2]

    total = FIRST_PAGES + (NUM_SHARDS - 1) * PAGES
    try:
        wait_for(busy, process, log)
        victim = busy()[0]
        assert last_pages(log) < total - 2 * PAGES
        victim.kill()
        cluster.workers.remove(victim)
        assert process.wait() == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
        cluster.start_workers(2 - len(cluster.workers))
    assert contents(output) == locally[0]
    said = log.read_text()
    summary = said[said.index("Predictions in"):]
    assert counts(summary) == counts(locally[1])
    assert last_pages(log) == total


@needs_java
def test_run_nq_carries_on_where_the_driver_was_killed(corpus, here, locally, tmp_path):
    output, log = tmp_path / "out", tmp_path / "log"
    process = start(corpus, here, output, log, "local[1]")
    try:
        wait_for(lambda: last_pages(log) >= 3 * PAGES, process, log)
    finally:
        process.kill()
        process.wait()
    said = corpus.predicted(output)
    assert contents(output) == locally[0]
    resumed = int(re.search(r"^  carried on from +(\d+) pages of a run before$", said,
                            re.MULTILINE).group(1))
    assert 3 * PAGES <= resumed < FIRST_PAGES + (NUM_SHARDS - 1) * PAGES


@needs_java
def test_input_that_cannot_be_used(corpus, here, tmp_path):
    """A page in the middle, and a shard that ends early; through spark-submit."""
    bad, cut = str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl.gz")
    write_shard(tmp_path / "a.jsonl", [place_page(i) for i in range(3)])
    with open(bad, "a") as f:
        f.write('{"example_id": 5}\n')
    write_shard(tmp_path / "b.jsonl.gz", [place_page(i, example_id=i) for i in range(5)])
    with open(cut, "r+b") as f:
        f.truncate(os.path.getsize(cut) - 100)
    output, local = tmp_path / "out", tmp_path / "local"
    flags = {"predict_file": "%s,%s" % (bad, cut)}
    submit = os.path.join(os.path.dirname(programs.command("")[0]), "spark-submit")
    done = subprocess.run(
        [submit, "--master", "local[1]", os.path.join(programs.ROOT, PROGRAM)]
        + corpus.arguments(output, on_bad_input="skip", **flags),
        env=here, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = corpus.predicted(local, on_bad_input="skip", **flags)
    assert contents(output) == contents(local)
    skipped = re.search(r"^    skipped as unusable +(\d)$", said, re.MULTILINE).group(1)
    assert re.search(r"^    skipped as unusable +%s$" % skipped, done.stdout, re.MULTILINE)
    assert int(skipped) >= 2


@needs_java
def test_candidates_are_scored_there_as_well(here, tmp_path):
    model = candidate_pages.write_model(tmp_path / "model")
    for shard in range(2):
        write_shard(tmp_path / ("s-%d.jsonl.gz" % shard), [
            place_page(i, example_id=100 * shard + i) for i in range(PAGES)])
    flags = ["--output_dir=" + model, "--predict_file=%s/s-*.jsonl.gz" % tmp_path]
    outputs = [tmp_path / name for name in ("here.jsonl", "there.jsonl")]
    without = programs.run("bert_nq/run_quesbelm.py", "--do_predict", "--num_workers=1", *flags,
                           "--output_candidate_scores=%s" % outputs[0])
    there = programs.run("bert_nq/run_quesbelm_spark.py", "--master=local[1]", *flags,
                         "--output_candidate_scores=%s" % outputs[1], "--num_tasks=2",
                         "--progress_seconds=0", env=here)
    assert (without.returncode, there.returncode) == (0, 0), without.stderr + there.stderr
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    assert "prepare/prepare_candidates.py" in there.stdout
    lines = there.stderr.splitlines()
    assert all(re.match(r"\w+: pages \d+ ", line) for line in lines), there.stderr
    assert re.match(r"\w+: pages %d " % (2 * PAGES), lines[-1])


def test_flags_that_are_not_for_it(corpus, tmp_path):
    done = programs.run(PROGRAM, *corpus.arguments(tmp_path, num_workers=3))
    assert programs.error_line(done) == ("error: --num_workers is for run_nq.py: here all cores of "
                                         "Spark predict")
    done = programs.run(PROGRAM, *corpus.arguments(tmp_path, conf="spark.executor.memory"))
    assert programs.error_line(done) == "error: --conf=spark.executor.memory: give NAME=VALUE"
    small = candidate_pages.write_model(tmp_path / "small")
    done = programs.run(PROGRAM, *corpus.arguments(tmp_path / "out", prefilter=small))
    assert programs.error_line(done) == (
        "error: --prefilter=%s: here it takes files of scores; write them first, with "
        "--output_candidate_scores" % small)


def executor(answer, stop_after=None):
    """Tasks of one shard each, done one by one in this process, the last shard's first."""
    def make_work(sent):
        return answer

    def finished(tasks):
        results = spark_chunks.do_tasks(tuple(shards.READING), make_work, ("sent",),
                                        map(tuple, tasks[:stop_after]))
        yield from zip(tasks, results)
        if stop_after is not None:
            raise UserError("the cluster is gone")

    def plan(inputs, done):
        return spark_chunks.plan_tasks(inputs[::-1], done, 1)

    return lambda run, pieces: spark_chunks.by_tasks(run, plan, finished)


def test_it_carries_on_with_the_chunks_that_came_back(tmp_path):
    """In whatever order they came; one that was damaged since is done again."""
    corpus = prediction_jobs.write_corpus(tmp_path)
    some_job = prediction_jobs.make_job(corpus, tmp_path / "predictions.json")
    answer = some_answerer(some_job)
    with pytest.raises(UserError, match="the cluster is gone; what was finished is kept in"):
        job.run_with(executor(answer, stop_after=2), some_job)
    work = tmp_path / ".predictions.json.work"
    # Of shard d 2 chunks, of c one; that of c is damaged.
    (work / [name for name in os.listdir(str(work)) if name.startswith("c.")][0]).write_text("{")
    notes = []
    result = job.run_with(executor(answer), some_job, note=notes.append)
    assert (result.num_resumed, result.counts["pages"]) == (40, 70 + 3 + 40)
    assert [re.sub("^.*/|-.*json", "", note) for note in notes] == [
        "c.jsonl is damaged: predicted anew"]
    with open(some_job.output, "rb") as f:
        found = f.read()
    assert prediction_jobs.Run(
        some_job, here=prediction_jobs.here(some_job)).content == found


def some_answerer(some_job):
    """With the model of arithmetic."""
    prepare, pages = chunk_work.make_preparer(some_job), chunk_work.make_predictor(some_job)

    def answer(chunk, report):
        prepared = prepare(chunk, report)
        (_, outputs), = predictor.stream(prediction_jobs.here(some_job), pages, [prepared.group])
        return chunk_work.result_of(pages, prepared, outputs)

    return answer
