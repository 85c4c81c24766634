"""Fetching one file from a bucket that fails in every possible way."""
import errno
import hashlib
import json
import os
import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.downloading import catalogue, parts, web
from bert_nq.datasets.nq.downloading.catalogue import DataFile, Listed
from bert_nq.datasets.nq.downloading.fetching import Fetch, StoppedError
from bert_nq.datasets.nq.downloading.published import Published
from tests.support.examples import with_examples
from tests.support.nq_downloads import DATA, FAST, LOCAL, NAME, OTHER
from tests.support.nq_server import Answer, Bucket, crc32c, some_bytes


@pytest.fixture
def bucket():
    with Bucket({NAME: DATA}) as server:
        yield server


class Clock(threading.Event):
    """An event that is never set and does not wait; `waits` has the seconds it should have."""

    def __init__(self):
        super().__init__()
        self.waits = []

    def wait(self, timeout=None):
        self.waits.append(timeout)
        return self.is_set()


def fetch(bucket, folder, policy=FAST, stop=None, published=None, listed=None):
    """Fetches `NAME`; returns (the Fetch, its recorded files, its logged lines)."""
    recorded, logged = [], []
    path = str(folder / "nq-dev-00.jsonl.gz")
    job = Fetch(DataFile(NAME, LOCAL, published, listed), catalogue.object_url(bucket.url, NAME),
                path, policy, stop or Clock(), logged.append)
    job.run(recorded.append)
    return job, recorded, logged


def content(folder):
    """{file name: bytes} of a folder, hidden files included."""
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(str(folder)))}


PART = ".nq-dev-00.jsonl.gz.part"
STATE = PART + ".json"


def test_a_file_is_fetched(bucket, tmp_path):
    job, recorded, told = fetch(bucket, tmp_path)
    path = tmp_path / "nq-dev-00.jsonl.gz"
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}
    assert recorded == [(3000, crc32c(DATA), path.stat().st_mtime_ns)]
    assert (job.have, job.received, job.taken_over, job.retries, told) == (3000, 3000, 0, 0, [])
    assert bucket.log == [(NAME, None)]


def test_a_cut_connection_is_resumed_where_it_broke(bucket, tmp_path):
    bucket.script[NAME] = [Answer(cut=1000), Answer(cut=500, reset=True)]
    stop = Clock()
    job, recorded, told = fetch(bucket, tmp_path, stop=stop)
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}
    # A reset may lose bytes that the server has sent, the end of a stream does not.
    assert bucket.ranges_of(NAME)[:2] == [None, "bytes=1000-"]
    assert job.received == 3000
    assert (job.retries, stop.waits) == (2, [0.001, 0.001])
    assert told[0] == (LOCAL + ": the connection ended 2000 bytes early; 1000 bytes are there, "
                       "trying again in 0.001 s")


@with_examples(25)
@given(st.lists(st.integers(0, 1200), max_size=8))
def test_however_it_is_cut_every_byte_comes_once(tmp_path_factory, cuts):
    folder = tmp_path_factory.mktemp("cuts")
    with Bucket({NAME: DATA}) as bucket:
        bucket.script[NAME] = [Answer(cut=cut) for cut in cuts]
        job, _, _ = fetch(bucket, folder, FAST._replace(retries=9))
        assert content(folder) == {"nq-dev-00.jsonl.gz": DATA}
        assert job.received == 3000


def test_only_failures_in_a_row_count(bucket, tmp_path):
    bucket.script[NAME] = [Answer(cut=200)] * 12
    job, _, _ = fetch(bucket, tmp_path, FAST._replace(retries=0))
    assert (job.retries, job.received) == (12, 3000)


def test_busy_servers_are_waited_for(bucket, tmp_path):
    bucket.script[NAME] = [Answer(503), Answer(429, {"Retry-After": "17"})]
    stop = Clock()
    fetch(bucket, tmp_path, stop=stop)
    assert stop.waits == [0.001, 17.0]
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_not_retried(bucket, tmp_path, status):
    bucket.script[NAME] = [Answer(status)]
    with pytest.raises(web.RefusedError, match="%s: the server answers %d" % (NAME, status)):
        fetch(bucket, tmp_path)
    assert len(bucket.log) == 1
    assert content(tmp_path) == {}


def test_giving_up_keeps_the_part(bucket, tmp_path):
    bucket.script[NAME] = [Answer(cut=1000)] + [Answer(500)] * 3
    with pytest.raises(UserError, match="given up after 3 attempts in a row that brought nothing "
                                        "new: 500"):
        fetch(bucket, tmp_path)
    assert len(bucket.log) == 4  # one that brought bytes, and three in vain: 2 retries
    assert content(tmp_path)[PART] == DATA[:1000]
    job, _, _ = fetch(bucket, tmp_path)
    assert (job.taken_over, job.received) == (1000, 2000)
    assert bucket.ranges_of(NAME)[-1] == "bytes=1000-"
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}


def test_a_server_that_ignores_ranges(bucket, tmp_path):
    bucket.ranges = False
    bucket.script[NAME] = [Answer(cut=1000)]
    job, _, _ = fetch(bucket, tmp_path)
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}
    assert (job.received, job.taken_over) == (4000, 0)
    # Every answer is cut at the same place: no attempt gets further than the first.
    (tmp_path / "nq-dev-00.jsonl.gz").unlink()
    bucket.script[NAME] = [Answer(cut=1000)] * 9
    with pytest.raises(UserError, match="given up after 3 attempts"):
        fetch(bucket, tmp_path)


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_etag_a_part_is_started_over(bucket, tmp_path, etag):
    bucket.etags = False
    bucket.script[NAME] = [Answer(cut=1000, headers={"ETag": etag} if etag else {})]
    fetch(bucket, tmp_path)
    assert bucket.ranges_of(NAME) == [None, None]
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}


@pytest.mark.parametrize("matches, hashes", [(True, True), (False, True), (False, False)])
@pytest.mark.parametrize("other", [OTHER, some_bytes(3000, seed=2)])
def test_parts_of_two_objects_are_never_spliced(bucket, tmp_path, matches, hashes, other):
    # The server signals the change by 412, or only by the ETag and size in its response.
    bucket.matches, bucket.hashes = matches, hashes
    bucket.script[NAME] = [Answer(cut=1000), Answer(change=other)]
    fetch(bucket, tmp_path)
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": other}
    assert bucket.ranges_of(NAME) == [None, "bytes=1000-", None]


def test_an_object_that_got_shorter_than_the_part(bucket, tmp_path):
    bucket.matches = False
    bucket.script[NAME] = [Answer(cut=2800), Answer(change=OTHER)]
    fetch(bucket, tmp_path)
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": OTHER}


def test_a_damaged_file_is_fetched_once_more(bucket, tmp_path):
    bucket.script[NAME] = [Answer(damage=True)]
    job, recorded, told = fetch(bucket, tmp_path)
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}
    assert len(recorded) == 1
    damaged = bytes([DATA[0] ^ 1]) + DATA[1:]
    assert told == ["%s: the CRC-32C is %s instead of %s: thrown away and fetched once more"
                    % (LOCAL, crc32c(damaged), crc32c(DATA))]


def test_a_file_that_is_damaged_twice_is_an_error(bucket, tmp_path):
    bucket.script[NAME] = [Answer(damage=True), Answer(damage=True)]
    with pytest.raises(UserError, match="the CRC-32C is .*, twice; it has been thrown away"):
        fetch(bucket, tmp_path)
    assert content(tmp_path) == {}


def test_the_listing_has_the_checksum_where_the_response_does_not(bucket, tmp_path):
    bucket.hashes = False
    bucket.script[NAME] = [Answer(damage=True)]
    fetch(bucket, tmp_path, listed=Listed(3000, crc32c(DATA)))
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}


def test_a_file_other_than_the_published_one_is_refused(bucket, tmp_path):
    right = Published(3000, hashlib.sha256(DATA).hexdigest())
    fetch(bucket, tmp_path, published=right)
    with pytest.raises(UserError, match="3000 bytes with the SHA-256 .* instead of 3000 with 00"):
        fetch(bucket, tmp_path, published=Published(3000, "00"))
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}
    bucket.log.clear()
    with pytest.raises(web.RefusedError, match="has 3000 bytes, the file of Natural Questions 9"):
        fetch(bucket, tmp_path, published=Published(9, "00"))
    assert len(bucket.log) == 1


def test_a_silent_connection_is_given_up(bucket, tmp_path):
    bucket.script[NAME] = [Answer(hold=1000)]
    _, _, told = fetch(bucket, tmp_path, FAST._replace(timeout=0.2))
    assert "timed out; 1000 bytes are there" in told[0]
    assert bucket.ranges_of(NAME) == [None, "bytes=1000-"]


@pytest.mark.parametrize("length, reason", [
    (b"", "does not tell the size"), (b"Content-Length: \xb2\xb3\r\n", "does not tell the size"),
    (b"Content-Length: -5\r\n", "does not tell the size"),
    (b"Content-Length: %s\r\n" % (b"9" * 5000), "does not tell the size"),
    (b"Content-Length: 0\r\n", "has 0 bytes, and no file of Natural Questions is empty")])
def test_a_server_that_does_not_send_the_size(tmp_path, length, reason):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)

        def serve():
            connection, _ = listener.accept()
            connection.recv(1 << 16)
            connection.sendall(b"HTTP/1.0 200 OK\r\n" + length + b"\r\nabc")
            connection.close()

        threading.Thread(target=serve, daemon=True).start()
        job = Fetch(DataFile(NAME, LOCAL), "http://127.0.0.1:%d/x" % listener.getsockname()[1],
                    str(tmp_path / "x"), FAST, Clock())
        with pytest.raises(web.RefusedError, match=reason):
            job.run(lambda fetched: None)
        assert os.listdir(str(tmp_path)) == []


def test_a_full_disk(bucket, tmp_path, monkeypatch):
    write = os.write
    left = [1000]

    def full(handle, data):
        if os.fstat(handle).st_size >= left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(handle, data[:left[0]])  # as much as fits, like a real disk

    with monkeypatch.context() as patch:
        patch.setattr(parts.os, "write", full)
        with pytest.raises(UserError, match="cannot write .*%s: No space left on device; what is "
                                            "there is kept" % PART):
            fetch(bucket, tmp_path)
    assert content(tmp_path)[PART] == DATA[:1000]
    fetch(bucket, tmp_path)
    assert bucket.ranges_of(NAME) == [None, "bytes=1000-"]
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}


def test_stopping_keeps_the_part(bucket, tmp_path):
    bucket.script[NAME] = [Answer(hold=1000, pace=0.1)]
    stop = threading.Event()

    def stop_in_the_middle():
        while parts.part_size(str(tmp_path / "nq-dev-00.jsonl.gz")) < 1000:
            time.sleep(0.005)
        stop.set()
        bucket.release.set()

    threading.Thread(target=stop_in_the_middle, daemon=True).start()
    with pytest.raises(StoppedError):
        fetch(bucket, tmp_path, stop=stop)
    # It stops before the next read, or if that has begun already, behind it.
    size = len(content(tmp_path)[PART])
    assert size in (1000, 2000)
    assert content(tmp_path)[PART] == DATA[:size]
    job, _, _ = fetch(bucket, tmp_path)
    assert (job.taken_over, job.received) == (size, 3000 - size)
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}


def test_stopping_while_it_waits(bucket, tmp_path):
    bucket.script[NAME] = [Answer(503)]
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    with pytest.raises(StoppedError):
        fetch(bucket, tmp_path, FAST._replace(first_wait=60.0, longest_wait=60.0), stop=stop)


# Parts left by killed runs.

def left_behind(folder, data, size, **fields):
    """Writes a part and its state as a killed run leaves them."""
    folder.mkdir(exist_ok=True)
    (folder / PART).write_bytes(data)
    known = {"size": size, "etag": '"%s"' % hashlib.md5(DATA).hexdigest(), "crc32c": None}
    (folder / STATE).write_text(json.dumps(dict(known, **fields)))


@pytest.mark.parametrize("size", [1, 2999])
def test_a_part_is_resumed(bucket, tmp_path, size):
    left_behind(tmp_path, DATA[:size], 3000)
    job, recorded, _ = fetch(bucket, tmp_path)
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}
    assert bucket.log == [(NAME, "bytes=%d-" % size)]
    assert (job.taken_over, job.received) == (size, 3000 - size)
    assert recorded[0].crc32c == crc32c(DATA)


def test_a_complete_part_needs_no_request(bucket, tmp_path):
    left_behind(tmp_path, DATA, 3000, crc32c=crc32c(DATA))
    fetch(bucket, tmp_path)
    assert bucket.log == []
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}


def test_a_part_that_was_damaged_on_disk(bucket, tmp_path):
    left_behind(tmp_path, b"x" * 1000, 3000, crc32c=crc32c(DATA))
    _, _, told = fetch(bucket, tmp_path)
    assert "thrown away and fetched once more" in told[0]
    assert bucket.ranges_of(NAME) == ["bytes=1000-", None]
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}


@pytest.mark.parametrize("state", [None, "", "{", "[]", '{"size": 3000}', '{"other": 1}',
                                   '{"size": 3000, "etag": null, "crc32c": null}',
                                   '{"size": "x", "etag": "\\"x\\"", "crc32c": null}',
                                   '{"size": 3000, "etag": 7, "crc32c": null}',
                                   '{"size": 3000, "etag": "\\"x\\"", "crc32c": [7]}',
                                   '{"size": 1e999, "etag": "\\"x\\"", "crc32c": null}',
                                   "[" * 100000,
                                   '{"size": 999, "etag": "\\"x\\"", "crc32c": null}'])
def test_a_part_without_a_valid_state_is_started_over(bucket, tmp_path, state):
    left_behind(tmp_path, DATA[:1000], 3000)
    if state is None:
        (tmp_path / STATE).unlink()
    else:
        (tmp_path / STATE).write_text(state)
    fetch(bucket, tmp_path)
    assert bucket.ranges_of(NAME) == [None]
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}


def test_the_record_is_written_before_the_file(bucket, tmp_path):
    # If a run is killed between the two, the next one finds a complete part and records it again.
    path = tmp_path / "nq-dev-00.jsonl.gz"
    job = Fetch(DataFile(NAME, LOCAL), catalogue.object_url(bucket.url, NAME), str(path), FAST,
                Clock())

    def killed(fetched):
        assert not path.exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        job.run(killed)
    assert content(tmp_path)[PART] == DATA
    fetch(bucket, tmp_path)
    assert len(bucket.log) == 1
