"""Spark's programs on a real cluster whose workers are killed: the files are those of the programs
without Spark, byte for byte.

The cluster is a master and two or three workers, processes of this machine that talk over loopback.
They do not have the library: it is sent to them.
"""
import functools
import os
import re

import pytest

from tests.support import programs, spark_cluster, spark_corpora
from tests.support.nq_pages import make_line, write_shard
from tests.support.spark_cluster import needs_java
from tests.support.spark_corpora import contents, last_pages
from tests.support.tiny_nq import place_page

pytestmark = needs_java


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with spark_cluster.without_library(tmp_path_factory.mktemp("cluster")) as started:
        yield started


def test_records_are_prepared(cluster, tmp_path):
    """A worker is killed while pages are prepared, and another while records are written: their
    work is done again by the others, and every record is there once, changed copies too."""
    (tmp_path / "corpus").mkdir()
    corpus = spark_corpora.Preparation(tmp_path / "corpus")
    # WordNet is a folder that all machines have.
    flags = {"augment": "synonyms,swap", "wordnet_dir": corpus.folder / "wordnet", "pos": "wordnet"}
    local, summary = corpus.made_locally(tmp_path / "local", **flags)
    assert re.search(r"changed copies of them +%d\n" % corpus.num_pages, summary)
    output, log = tmp_path / "out", tmp_path / "log"
    cluster.have_workers(3)
    process = spark_corpora.start(corpus, cluster.master, cluster.env, output / "x.tfrecord", log,
                                  **flags)
    try:
        for victim, said in zip(list(cluster.workers), [
                r"preparing: shards ([0-9]|1[0-5]) of 16, ", r"writing: files [0-2] of 3, "]):
            programs.wait_until(functools.partial(is_at, said.split()[0], log, victim),
                                process, log=log)
            last = log.read_text().splitlines()[-1]
            cluster.kill_worker(victim)
            assert re.match(said, last), last
        assert process.wait() == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
    assert contents(output) == local


def is_at(moment, log, worker):
    """Whether the program says what it is at, and a worker has finished two tasks."""
    return worker.finished_tasks() >= 2 and moment in log.read_text()


def test_questions_are_answered(cluster, tmp_path):
    """A worker is killed meanwhile: the piece that it was at is done by the other one. A page in
    the middle cannot be used, and a shard ends early. Through spark-submit."""
    (tmp_path / "corpus").mkdir()
    corpus = spark_corpora.Prediction(tmp_path / "corpus")
    bad, cut = tmp_path / "bad.jsonl", tmp_path / "cut.jsonl.gz"
    lines = [make_line(place_page(i)) for i in range(3)]
    bad.write_bytes(b"".join(lines[:2] + [b'{"example_id": 5}\n'] + lines[2:]))
    write_shard(cut, [place_page(i, example_id=i) for i in range(5)])
    os.truncate(str(cut), cut.stat().st_size - 100)
    flags = {"predict_file": "%s/s-*.jsonl*,%s,%s" % (corpus.folder, bad, cut),
             "on_bad_input": "skip"}
    local_summary = corpus.predicted(tmp_path / "local", **flags)
    assert int(re.search(r"^    skipped as unusable +(\d)$", local_summary, re.MULTILINE).group(1)
               ) >= 2
    output, log = tmp_path / "out", tmp_path / "log"
    cluster.have_workers(2)
    before = {worker: worker.finished_tasks() for worker in cluster.workers}
    process = spark_corpora.start(corpus, cluster.master, cluster.env, output, log,
                                  submit=True, **flags)

    def busy():
        return [w for w in cluster.workers if w.finished_tasks() >= before[w] + 2]

    try:
        programs.wait_until(busy, process, log=log)
        victim = busy()[0]
        assert last_pages(log) < corpus.num_pages - 2 * corpus.PAGES
        cluster.kill_worker(victim)
        assert process.wait() == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
    assert contents(output) == contents(tmp_path / "local")
    said = log.read_text()
    assert counts(said[said.index("Predictions in"):]) == counts(local_summary)
    assert last_pages(log) > corpus.num_pages


def counts(summary):
    return [line for line in summary.splitlines()
            if not re.match("Predictions in|  time|  the best answers|Next|  \\S*python |$", line)]
