"""prepare_nq_data_spark.py on a real cluster: what prepare_nq_data.py makes, byte for byte.

The cluster is a master and two workers, processes of this machine that talk over loopback; where
there is nothing about it, the master is local[1].
"""
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.jobs import spark_context
from bert_nq.jobs.job import Status
from bert_nq.records import spark
from bert_nq.records.manifest import OutputFile
from tests.support import programs, spark_cluster, tiny_wordnet
from tests.support.nq_pages import write_shard
from tests.support.score_files import write_scores
from tests.support.tiny_nq import UNUSABLE_PAGE, place_page, write_vocabulary

needs_java = pytest.mark.skipif(not shutil.which("java"), reason="Spark needs Java")
PROGRAM = "prepare/prepare_nq_data_spark.py"
NUM_SHARDS, PAGES = 16, 24


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Shards; the first is not zipped and large enough to be several tasks."""
    folder = tmp_path_factory.mktemp("corpus")
    write_vocabulary(folder / "vocab.txt")
    write_shard(folder / "s-00.jsonl", [place_page(i, filler=20) for i in range(5 * PAGES)])
    for shard in range(1, NUM_SHARDS):
        write_shard(folder / ("s-%02d.jsonl.gz" % shard),
                    [place_page((5 + shard) * PAGES + i, filler=20) for i in range(PAGES)])
    assert (folder / "s-00.jsonl").stat().st_size >= 2 << 20
    write_scores(folder / "scores.jsonl.gz", {
        1000 + i: {0: 0.1, 1: 0.5, 2: i % 10 / 10} for i in range((5 + NUM_SHARDS) * PAGES)})
    tiny_wordnet.write(folder / "wordnet")
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with spark_cluster.without_library(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The environment for Spark on this machine alone, of which it can make a cluster as well."""
    return spark_cluster.local_environment(tmp_path_factory.mktemp("here"))


def arguments(corpus, output, **flags):
    values = dict({"input_jsonl": corpus / "s-*.jsonl*", "vocab_file": corpus / "vocab.txt",
                   "output_tfrecord": output, "max_seq_length": 64, "doc_stride": 16,
                   "max_query_length": 16, "include_unknowns": 0.5, "num_output_shards": 3},
                  **flags)
    return ["--%s=%s" % item for item in values.items()]


def contents(folder):
    """The contents of the files of a folder; the manifest names no folder of outputs."""
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(str(folder)))}


def made_locally(corpus, folder, **flags):
    done = programs.run("prepare/prepare_nq_data.py",
                        *arguments(corpus, folder / "x.tfrecord", **flags))
    assert done.returncode == 0, done.stderr
    return contents(folder), done.stdout


def mined(corpus):
    """The flag by which windows without answer are chosen."""
    return {"unknowns_from": corpus / "scores.jsonl.gz"}


def without_times(summary):
    return [line for line in summary.splitlines() if not re.match("  time|.*records in|.*=", line)]


@needs_java
def test_training_records(corpus, cluster, tmp_path):
    local, summary = made_locally(corpus, tmp_path / "local", **mined(corpus))
    done = programs.run(PROGRAM, *arguments(
        corpus, tmp_path / "spark" / "x.tfrecord", master=cluster.master, progress_seconds=0,
        **mined(corpus)), env=cluster.env)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "spark") == local
    # The summary has the same counts; only the folder and the times differ.
    assert without_times(done.stdout) == without_times(summary.replace(
        str(tmp_path / "local"), str(tmp_path / "spark")))
    lines = done.stderr.splitlines()
    assert all(re.match(r"preparing: shards \d+ of 16, pages |writing: files \d of 3, records ",
                        line) for line in lines), done.stderr
    assert any(re.match(r"preparing: shards [1-9]\d* of 16, pages [1-9]", line) for line in lines)


@needs_java
def test_prediction_records_through_spark_submit(corpus, here, tmp_path):
    """In order, zipped, with the first shard as several tasks."""
    flags = {"is_training": "false", "gzip": "true", "num_output_shards": 5}
    local, _ = made_locally(corpus, tmp_path / "local", **flags)
    submit = os.path.join(os.path.dirname(programs.command("")[0]), "spark-submit")
    done = subprocess.run(
        [submit, "--master", "local[1]", os.path.join(programs.ROOT, PROGRAM)]
        + arguments(corpus, tmp_path / "spark" / "x.tfrecord", num_tasks=40, progress_seconds=0,
                    **flags),
        env=here, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "spark") == local
    # The first shard is a part for each whole MB, up to ceil(40 / 16) = 3. Through spark-submit,
    # all that a program says goes to standard output.
    assert re.findall(r"preparing: shards \d+ of (\d+)", done.stdout)[-1] == "%d" % (15 + min(
        3, (corpus / "s-00.jsonl").stat().st_size >> 20))


@needs_java
def test_workers_that_are_killed(corpus, cluster, tmp_path):
    """One while pages are prepared and one while records are written: their work is done again by
    the other, and every record is there once, changed copies too."""
    # WordNet is a folder that all machines have.
    flags = {"augment": "synonyms,swap", "wordnet_dir": corpus / "wordnet", "pos": "wordnet"}
    local, summary = made_locally(corpus, tmp_path / "local", **flags)
    assert re.search(r"changed copies of them +%d\n" % ((4 + NUM_SHARDS) * PAGES), summary)
    log = tmp_path / "log"
    output = tmp_path / "out"
    with open(str(log), "wb") as out:
        process = subprocess.Popen(programs.command(PROGRAM, *arguments(
            corpus, output / "x.tfrecord", master=cluster.master, progress_seconds=0,
            **flags)),
            env=cluster.env, stdout=out, stderr=out)
    victims = {worker: worker.finished_tasks() for worker in cluster.workers}
    others = []  # Workers that are starting, while the program goes on.
    try:
        for (victim, before), said in zip(victims.items(), [
                r"preparing: shards ([0-9]|1[0-5]) of 16, ", r"writing: files [0-2] of 3, "]):
            wait_for_tasks(victim, before + 2, process, said.split()[0], log)
            last = log.read_text().splitlines()[-1]
            victim.kill()
            cluster.workers.remove(victim)
            others.append(threading.Thread(target=cluster.start_workers, args=(1,)))
            others[-1].start()
            assert re.match(said, last), last
        assert process.wait() == 0, log.read_text()
        assert contents(output) == local
    finally:
        process.kill()
        process.wait()
        for other in others:
            other.join()


def wait_for_tasks(worker, number, process, moment, log):
    """Waits until the worker has finished so many tasks and the program says what it is at."""
    end = time.time() + 120
    while time.time() < end and process.poll() is None and not (
            worker.finished_tasks() >= number and moment in log.read_text()):
        time.sleep(0.01)


@needs_java
def test_a_page_that_cannot_be_used(corpus, here, tmp_path):
    bad = write_shard(tmp_path / "bad.jsonl", [place_page(1), UNUSABLE_PAGE, place_page(2)])
    args = arguments(corpus, tmp_path / "x.tfrecord", input_jsonl=bad, master="local[1]")
    fault = "%s, line 2: the short answer, tokens [1, 2), holds no words of its candidate" % bad
    assert programs.error_line(programs.run(PROGRAM, *args, env=here)) == (
        "error: %s (--on_bad_input=skip goes on without it)" % fault)
    assert os.listdir(str(tmp_path)) == ["bad.jsonl"]
    done = programs.run(PROGRAM, *(args + ["--on_bad_input=skip"]), env=here)
    assert done.returncode == 0
    # On a busy machine there are lines of progress as well.
    lines = [line for line in done.stderr.splitlines()
             if not line.startswith(("preparing: ", "writing: "))]
    assert lines == ["skipped: " + fault]
    counts = json.loads((tmp_path / "x.manifest.json").read_text())["counts"]
    assert (counts["pages"], counts["skipped"]) == (2, 1)


def test_spark_is_missing(corpus, tmp_path):
    (tmp_path / "pyspark.py").write_text("raise ImportError(\"No module named 'pyspark'\")")
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path), programs.ROOT]))
    line = programs.error_line(programs.run(PROGRAM, *arguments(corpus, tmp_path / "x"), env=env))
    assert line == ("error: Spark is missing (No module named 'pyspark'): pip install "
                    "'bert_nq[spark]', or start the program with spark-submit")


def test_java_is_missing(corpus, tmp_path):
    env = dict(os.environ, JAVA_HOME=str(tmp_path))
    line = programs.error_line(programs.run(
        PROGRAM, *arguments(corpus, tmp_path / "x", master="local[1]"), env=env))
    assert re.match(r"error: Spark \S+ needs Java .*, and there is no %s/bin/java: install it "
                    % tmp_path, line)


def test_no_master_answers(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(spark_context, "_check_installed", lambda: None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        master = "spark://127.0.0.1:%d" % free.getsockname()[1]
    with pytest.raises(UserError, match="no Spark master answers at --master=%s: Connection ref"
                       % master):
        with spark_context.started(master, {}):
            pass
    with pytest.raises(UserError, match="it is written spark://HOST:PORT"):
        with spark_context.started("spark://node", {}):
            pass


@given(st.lists(st.integers(0, 5), max_size=20), st.integers(1, 8))
def test_records_in_order_are_divided_evenly(sizes, num_shards):
    """Shard i of N has records i * n // N to (i + 1) * n // N, as prepare_nq_data.py divides."""
    pages = [(1000 * i, n) for i, n in enumerate(sizes)]
    keys = [key + j for key, n in pages for j in range(n)]
    first_keys = spark.boundaries(reversed(pages), num_shards)
    found = [[key for key in keys if spark._shard_in_order(first_keys, (key, b"")) == shard]
             for shard in range(num_shards)]
    n = len(keys)
    assert found == [keys[i * n // num_shards:(i + 1) * n // num_shards]
                     for i in range(num_shards)]


def test_a_task_that_is_done_twice_counts_once():
    told = spark._Told()
    once = told.addInPlace(told.zero(None), {3: ({"pages": 2}, "")})
    twice = told.addInPlace(once, {3: ({"pages": 2}, ""), 4: ({"pages": 5}, "")})
    status = spark.status_told(Status("preparing", None, 0, 9), twice)
    assert (status.done, status.counts) == (2, {"pages": 7})


def test_outputs_that_only_the_workers_see(tmp_path):
    """As on a cluster without storage that all of its machines share."""
    path = str(tmp_path / "x")
    with pytest.raises(UserError, match="%s was written by a worker and is not here" % path):
        spark.check_written([path], [OutputFile("x", 1, 5, "")], 1)
    (tmp_path / "x").write_text("12345")
    spark.check_written([path], [OutputFile("x", 1, 5, "")], 1)
    with pytest.raises(UserError, match="2 records were prepared and 1 written: an input has cha"):
        spark.check_written([path], [OutputFile("x", 1, 5, "")], 2)
