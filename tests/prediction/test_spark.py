"""run_nq_spark.py and its like predict what run_nq.py does, byte for byte.

On one core of this machine; programs/test_spark_cluster.py has it run on a cluster.
"""
import os
import re

import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq import shards
from bert_nq.jobs import spark_chunks
from bert_nq.prediction import chunk_work, job, predictor
from tests.support import (
    candidate_pages,
    prediction_jobs,
    programs,
    spark_cluster,
    spark_corpora,
)
from tests.support.nq_pages import write_shard
from tests.support.spark_cluster import needs_java
from tests.support.spark_corpora import contents, last_pages
from tests.support.tiny_nq import place_page

PROGRAM = spark_corpora.Prediction.PROGRAM
PAGES = spark_corpora.Prediction.PAGES


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return spark_corpora.Prediction(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The environment for Spark on this machine alone, of which it can make a cluster as well."""
    return spark_cluster.local_environment(tmp_path_factory.mktemp("here"))


@needs_java
def test_run_nq_carries_on_where_the_driver_was_killed(corpus, here, tmp_path):
    output, log = tmp_path / "out", tmp_path / "log"
    process = spark_corpora.start(corpus, "local[1]", here, output, log)
    try:
        programs.wait_until(lambda: last_pages(log) >= 3 * PAGES, process, log=log)
    finally:
        process.kill()
        process.wait()
    said = corpus.predicted(output)
    corpus.predicted(tmp_path / "undisturbed")
    assert contents(output) == contents(tmp_path / "undisturbed")
    resumed = int(re.search(r"^  carried on from +(\d+) pages of a run before$", said,
                            re.MULTILINE).group(1))
    assert 3 * PAGES <= resumed < corpus.num_pages


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
