"""Requests that arrive together are read together."""
import threading

import pytest

from bert_nq.answering.service.batching import Batcher, ClosedError
from bert_nq.base.errors import UserError
from tests.support.stub_reader import StubReader, make_page

PAGE = make_page("<P> a town </P>")


class Gate:
    """A reader that waits until it may read; it notes how many pages come at once."""

    def __init__(self):
        self.reader, self.may_read, self.reads = StubReader(), threading.Event(), threading.Event()

    def ask_many(self, pairs):
        self.reads.set()
        assert self.may_read.wait(10)
        return self.reader.ask_many(pairs)


@pytest.fixture(name="gate")
def fixture_gate():
    return Gate()


@pytest.fixture(name="batcher")
def fixture_batcher(gate):
    batcher = Batcher(gate.ask_many, max_pages=4, milliseconds=0)
    yield batcher
    gate.may_read.set()
    batcher.close()


def under_way(batcher, gate):
    """A first job, which is being read."""
    job = batcher.submit([("first", PAGE)])
    assert gate.reads.wait(10)
    return job


def test_what_waits_is_read_at_once_up_to_the_limit_and_goes_to_its_owner(gate, batcher):
    jobs = [under_way(batcher, gate)]
    for names in ("a", "bc", "de", "f", "ghijkl", "m"):
        jobs.append(batcher.submit([(name, PAGE) for name in names]))
    gate.may_read.set()
    assert [[answer.question for answer in job.result(10)] for job in jobs] == [
        ["first"], ["a"], ["b", "c"], ["d", "e"], ["f"], list("ghijkl"), ["m"]]
    # a, b and c leave no room for d and e; g to l are more than the limit alone.
    assert gate.reader.batches == [1, 3, 3, 6, 1]


def test_a_page_that_cannot_be_read_fails_alone(gate, batcher):
    under_way(batcher, gate)
    good, bad = batcher.submit([("town", PAGE)]), batcher.submit([("?", PAGE)])
    gate.may_read.set()
    assert good.result(10)[0].short.text == "town"
    with pytest.raises(UserError, match="the question has no words"):
        bad.result(10)


def test_an_error_of_the_reader_reaches_all_and_the_thread_lives(gate, batcher):
    def fail(pairs):
        raise ValueError("defect")

    jobs = [under_way(batcher, gate), batcher.submit([("a", PAGE)])]
    gate.reader.ask_many, works = fail, gate.reader.ask_many
    gate.may_read.set()
    for job in jobs:
        with pytest.raises(ValueError, match="defect"):
            job.result(10)
    gate.reader.ask_many = works
    assert batcher.submit([("town", PAGE)]).result(10)[0].short.text == "town"


def test_who_no_longer_waits_is_not_read(gate, batcher):
    under_way(batcher, gate)
    given_up, kept = batcher.submit([("a", PAGE)] * 3), batcher.submit([("b", PAGE)])
    assert given_up.cancel()
    gate.may_read.set()
    kept.result(10)
    assert gate.reader.batches == [1, 1]


def test_closing_answers_what_waits_and_takes_no_more(gate, batcher):
    jobs = [under_way(batcher, gate), batcher.submit([("town", PAGE)])]
    closing = threading.Thread(target=batcher.close)
    closing.start()
    gate.may_read.set()
    closing.join(10)
    assert [job.result(10)[0].question for job in jobs] == ["first", "town"]
    with pytest.raises(ClosedError):
        batcher.submit([("b", PAGE)])
    batcher.close()  # again, which is nothing
