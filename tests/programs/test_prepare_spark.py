"""prepare_nq_data_spark.py makes what prepare_nq_data.py does, byte for byte.

On one core of this machine; test_spark_cluster.py has it run on a cluster.
"""
import os
import re
import socket
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.jobs import spark_context
from bert_nq.jobs.job import Status
from bert_nq.records import spark
from bert_nq.records.manifest import OutputFile
from tests.support import programs, spark_cluster, spark_corpora
from tests.support.nq_pages import write_shard
from tests.support.spark_cluster import needs_java
from tests.support.spark_corpora import contents
from tests.support.tiny_nq import UNUSABLE_PAGE, place_page

PROGRAM = spark_corpora.Preparation.PROGRAM


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return spark_corpora.Preparation(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The environment for Spark on this machine alone, of which it can make a cluster as well."""
    return spark_cluster.local_environment(tmp_path_factory.mktemp("here"))


FAULT = "the short answer, tokens [1, 2), holds no words of its candidate"


def unusable(folder):
    """The path of a shard whose second page is at FAULT."""
    pages = [place_page(-1), UNUSABLE_PAGE, place_page(-2)]
    return write_shard(folder / "bad.jsonl", pages)


def without_times(summary):
    return [line for line in summary.splitlines() if not re.match("  time|.*records in|.*=", line)]


@needs_java
def test_training_records(corpus, here, tmp_path):
    """With windows chosen by their scores, and without a page that cannot be used."""
    bad = unusable(tmp_path)
    flags = {"unknowns_from": corpus.folder / "scores.jsonl.gz", "on_bad_input": "skip",
             "input_jsonl": "%s/s-*.jsonl*,%s" % (corpus.folder, bad)}
    local, summary = corpus.made_locally(tmp_path / "local", **flags)
    done = programs.run(PROGRAM, *corpus.arguments(
        tmp_path / "spark" / "x.tfrecord", master="local[1]", progress_seconds=0, **flags),
        env=here)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "spark") == local
    # The summary has the same counts; only the folder and the times differ.
    assert without_times(done.stdout) == without_times(summary.replace(
        str(tmp_path / "local"), str(tmp_path / "spark")))
    lines = done.stderr.splitlines()
    assert lines.count("skipped: %s, line 2: %s" % (bad, FAULT)) == 1
    assert all(re.match(r"preparing: shards \d+ of 17, pages |writing: files \d of 3, records "
                        r"|skipped: ", line) for line in lines), done.stderr
    assert any(re.match(r"preparing: shards [1-9]\d* of 17, pages [1-9]", line) for line in lines)


@needs_java
def test_prediction_records_through_spark_submit(corpus, here, tmp_path):
    """In order, zipped, with the first shard as several tasks."""
    flags = {"is_training": "false", "gzip": "true", "num_output_shards": 5}
    local, _ = corpus.made_locally(tmp_path / "local", **flags)
    done = subprocess.run(
        spark_corpora.submitted(PROGRAM, "local[1]") + corpus.arguments(
            tmp_path / "spark" / "x.tfrecord", num_tasks=40, progress_seconds=0, **flags),
        env=here, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "spark") == local
    # The first shard is a part for each whole MB, up to ceil(40 / 16) = 3. Through spark-submit,
    # all that a program says goes to standard output.
    assert re.findall(r"preparing: shards \d+ of (\d+)", done.stdout)[-1] == "%d" % (15 + min(
        3, corpus.first.stat().st_size >> 20))


@needs_java
def test_a_page_that_cannot_be_used(corpus, here, tmp_path):
    bad = unusable(tmp_path)
    args = corpus.arguments(tmp_path / "x.tfrecord", input_jsonl=bad, master="local[1]")
    assert programs.error_line(programs.run(PROGRAM, *args, env=here)) == (
        "error: %s, line 2: %s (--on_bad_input=skip goes on without it)" % (bad, FAULT))
    assert os.listdir(str(tmp_path)) == ["bad.jsonl"]


def test_spark_is_missing(corpus, tmp_path):
    (tmp_path / "pyspark.py").write_text("raise ImportError(\"No module named 'pyspark'\")")
    env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path), programs.ROOT]))
    line = programs.error_line(programs.run(PROGRAM, *corpus.arguments(tmp_path / "x"), env=env))
    assert line == ("error: Spark is missing (No module named 'pyspark'): pip install "
                    "'bert_nq[spark]', or start the program with spark-submit")


def test_java_is_missing(corpus, tmp_path):
    env = dict(os.environ, JAVA_HOME=str(tmp_path))
    line = programs.error_line(programs.run(
        PROGRAM, *corpus.arguments(tmp_path / "x", master="local[1]"), env=env))
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
