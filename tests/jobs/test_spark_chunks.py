"""The executor of Spark, without Spark: its tasks, and what comes back of them."""
import json
import os
import zlib

import pytest

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.datasets.nq.shards import READING
from bert_nq.jobs import spark_chunks
from bert_nq.jobs.chunks import Chunk
from bert_nq.jobs.job import Result
from bert_nq.jobs.spark_chunks import Task
from tests.support.nq_pages import make_page, write_shard


def test_shards_are_divided_where_there_are_few(tmp_path):
    """A part for each whole MB, and so that there are about as many as are wanted."""
    for name, megabytes in (("a", 0), ("b", 5), ("c", 2)):
        with open(str(tmp_path / name), "wb") as f:
            f.truncate(megabytes << 20)
    inputs = [(str(tmp_path / name), "stem-of-" + name) for name in "abc"]
    done = {"stem-of-c-000002", "stem-of-a-000001", "stem-of-c-000000"}
    of_c = ["stem-of-c-000000", "stem-of-c-000002"]
    assert [task[1:] for task in spark_chunks.plan_tasks(inputs, done, 8)] == [
        ("stem-of-a", 0, 1, ["stem-of-a-000001"]),
        ("stem-of-b", 0, 3, []), ("stem-of-b", 1, 3, []), ("stem-of-b", 2, 3, []),
        ("stem-of-c", 0, 2, of_c), ("stem-of-c", 1, 2, of_c)]
    assert len(spark_chunks.plan_tasks(inputs, done, 3)) == 3


def test_the_parts_of_a_shard_are_all_of_its_chunks(tmp_path):
    """Each is in one part; those that are done are named and not done again."""
    path = write_shard(tmp_path / "a.jsonl", [make_page("<P> tovin </P>")] * 100)
    numbers = []

    def make_work(sent):
        assert sent == ("sent",)
        return answer

    def answer(chunk, report):
        numbers.append(chunk.numbers)
        return Result({"first": chunk.numbers[0]}, [])

    tasks = [Task(path, "x", part, 3, ["x-000001"]) for part in range(3)]
    results = list(spark_chunks.do_tasks(tuple(READING), make_work, ("sent",), map(tuple, tasks)))
    assert [[(name, packed and json.loads(zlib.decompress(packed).decode())["counts"])
             for name, _, packed in result["chunks"]] for result in results] == [
        [("x-000000", {"first": 1}), ("x-000003", {"first": 97})],
        [("x-000001", None)],
        [("x-000002", {"first": 65})]]
    assert sum(b for result in results for _, b, _ in result["chunks"]) == os.path.getsize(path)


MADE = Result({"windows": 4}, ["a note"], [[1, 2]], [["entry", "nbest"]])


def result_of_task(**changes):
    packed = zlib.compress(json.dumps(dict(MADE._asdict())).encode())
    return dict({"chunks": [("x-000000", 7, packed), ("x-000001", 5, None)], "failure": "",
                 "bad_example": "", "ends_early": ""}, **changes)


@pytest.mark.parametrize("changes, error, message", [
    ({"failure": "no disk"}, UserError, "no disk"),
    ({"bad_example": "a, line 3"}, BadExampleError, "a, line 3"),
    ({"ends_early": "a ends"}, BadExampleError,
     "a ends (--on_bad_input=skip goes on without it)"),
])
def test_what_was_done_before_a_failure_counts(changes, error, message):
    task, found = Task("a", "x", 0, 2, []), []
    with pytest.raises(error) as raised:
        for chunk in spark_chunks.chunks_of(task, result_of_task(**changes), BadInput()):
            found.append(chunk)
    assert str(raised.value) == message
    assert found == [(Chunk("x-000000", "a", [], [], 7), MADE),
                     (Chunk("x-000001", "a", [], [], 5), None)]


def test_a_shard_that_ends_early_counts_once():
    bad_input = BadInput(skip=True, show=lambda text: None)
    for part in range(3):
        list(spark_chunks.chunks_of(Task("a", "x", part, 3, []),
                                    result_of_task(ends_early="a ends"), bad_input))
    assert bad_input.skipped == 1
