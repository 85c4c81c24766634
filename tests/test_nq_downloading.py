"""Fetching the files of Natural Questions from a bucket that fails in every way it can."""
import errno
import hashlib
import json
import os
import random
import socket
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nq_server import Answer, Bucket, crc32c

from bert_nq.errors import UserError
from bert_nq.nq.downloading import catalogue, inventory, jobs, parts, web
from bert_nq.nq.downloading.catalogue import DataFile, Listed
from bert_nq.nq.downloading.fetching import Fetch, StoppedError
from bert_nq.nq.downloading.inventory import Status
from bert_nq.nq.downloading.ledger import Entry, Ledger
from bert_nq.nq.downloading.published import PUBLISHED, Published

NAME = "v1.0/dev/nq-dev-00.jsonl.gz"
LOCAL = "dev/nq-dev-00.jsonl.gz"
FAST = web.Policy(timeout=5.0, retries=2, first_wait=0.001, longest_wait=0.002)


def some_bytes(size, seed=0):
    return bytes(random.Random(seed).getrandbits(8) for _ in range(size))


DATA = some_bytes(3000)
OTHER = some_bytes(2500, seed=1)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def bucket():
    with Bucket({NAME: DATA}) as server:
        yield server


class Clock(threading.Event):
    """An event that nobody sets; `waits` are the seconds it was waited for, which do not pass."""

    def __init__(self):
        super().__init__()
        self.waits = []

    def wait(self, timeout=None):
        self.waits.append(timeout)
        return self.is_set()


def fetch(bucket, folder, policy=FAST, stop=None, published=None, listed=None):
    """Fetches `NAME`; returns the Fetch, what it recorded and the lines it told."""
    recorded, told = [], []
    path = str(folder / "nq-dev-00.jsonl.gz")
    job = Fetch(DataFile(NAME, LOCAL, published, listed), catalogue.object_url(bucket.url, NAME),
                path, policy, stop or Clock(), told.append)
    job.run(recorded.append)
    return job, recorded, told


def content(folder):
    """The files of a folder, hidden ones too, with their bytes."""
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(str(folder)))}


PART = ".nq-dev-00.jsonl.gz.part"
STATE = PART + ".json"


# The catalogue.

def test_the_original_format():
    assert [(f.name, f.local) for f in catalogue.original(["train", "dev"], "0,3-4")] == [
        ("v1.0/train/nq-train-00.jsonl.gz", "train/nq-train-00.jsonl.gz"),
        ("v1.0/train/nq-train-03.jsonl.gz", "train/nq-train-03.jsonl.gz"),
        ("v1.0/train/nq-train-04.jsonl.gz", "train/nq-train-04.jsonl.gz"),
        ("v1.0/dev/nq-dev-00.jsonl.gz", "dev/nq-dev-00.jsonl.gz"),
        ("v1.0/dev/nq-dev-03.jsonl.gz", "dev/nq-dev-03.jsonl.gz"),
        ("v1.0/dev/nq-dev-04.jsonl.gz", "dev/nq-dev-04.jsonl.gz")]


def test_the_published_sizes_add_up():
    # The sum that Hugging Face gives as the size of the download: 42,981.34 MiB.
    files = catalogue.original(["train", "dev"])
    assert len(files) == 55
    assert sum(f.size for f in files) == 45069199013
    assert round(45069199013 / 2 ** 20, 2) == 42981.34
    assert sum(f.size for f in catalogue.original(["dev"])) == 1068038975
    assert {len(p.sha256) for p in PUBLISHED.values()} == {64}
    assert len({p.sha256 for p in PUBLISHED.values()}) == 55


def test_the_simplified_format_has_a_folder_of_its_own():
    assert [(f.name, f.local, f.size) for f in catalogue.simplified(["train", "dev"])] == [
        ("v1.0-simplified/simplified-nq-train.jsonl.gz", "simplified/simplified-nq-train.jsonl.gz",
         None),
        ("v1.0-simplified/nq-dev-all.jsonl.gz", "simplified/nq-dev-all.jsonl.gz", None)]


@pytest.mark.parametrize("text, numbers", [
    ("0", [0]), ("12, 0-2", [0, 1, 2, 12]), ("3-3,3", [3]), ("08", [8])])
def test_shards(text, numbers):
    assert catalogue.parse_shards(text) == numbers


@given(st.sets(st.integers(0, 999), min_size=1))
def test_shards_are_what_was_written(numbers):
    assert catalogue.parse_shards(",".join(map(str, numbers))) == sorted(numbers)


@pytest.mark.parametrize("text", ["", "a", "3-1", "1,", "-1", "1-", "1-2-3", "1000", "1.5"])
def test_what_are_no_shards(text):
    with pytest.raises(UserError, match="are not numbers and ranges"):
        catalogue.parse_shards(text)


def test_a_shard_that_a_split_does_not_have():
    with pytest.raises(UserError, match="shard 9 is asked for, but dev has shards 0 to 4"):
        catalogue.original(["train", "dev"], "0-9")


def test_the_listing_is_read_page_by_page(bucket):
    bucket.objects = {"v1.0/dev/nq-dev-%02d.jsonl.gz" % i: DATA[:i] for i in range(5)}
    bucket.page_size = 2
    files = catalogue.with_listing(catalogue.original(["dev"]), bucket.url, FAST)
    assert [f.listed for f in files] == [Listed(i, crc32c(DATA[:i])) for i in range(5)]
    assert [f.size for f in files] == [0, 1, 2, 3, 4]  # not the published ones
    assert [q.get("pageToken") for q in bucket.listings] == [None, "2", "4"]
    assert {q["prefix"] for q in bucket.listings} == {"v1.0/dev/"}
    assert bucket.listings[0]["fields"] == "items(name,size,crc32c),nextPageToken"


def test_what_the_listing_lacks_stays_as_it_was(bucket):
    files = catalogue.with_listing(catalogue.original(["train", "dev"], "0"), bucket.url, FAST)
    assert [f.listed for f in files] == [None, Listed(3000, crc32c(DATA))]
    assert files[0].size == PUBLISHED[files[0].name].size


def test_no_listing(bucket):
    files = catalogue.original(["dev"])
    with pytest.raises(web.RefusedError, match="names no bucket"):
        catalogue.with_listing(files, bucket.url + "/deeper", FAST)
    bucket.page_size = 0
    with pytest.raises(web.RefusedError, match="404"):
        catalogue.with_listing(files, bucket.url, FAST)


# Requests.

def test_waits_double_and_a_server_may_ask_for_its_own():
    policy = web.Policy(first_wait=1.0, longest_wait=10.0)
    assert [policy.wait(n, None) for n in (1, 2, 3, 4, 5, 99)] == [1, 2, 4, 8, 10, 10]
    assert policy.wait(1, 30.0) == 30.0
    assert policy.wait(1, 1e6) == 600.0


@pytest.mark.parametrize("status, error, retry_after", [
    (403, web.RefusedError, None), (404, web.RefusedError, None), (410, web.RefusedError, None),
    (412, web.ChangedError, None), (416, web.ChangedError, None),
    (408, web.PassingError, None), (429, web.PassingError, 7.0), (500, web.PassingError, None),
    (503, web.PassingError, 7.0)])
def test_which_statuses_another_try_may_mend(bucket, status, error, retry_after):
    bucket.script[NAME] = [Answer(status, {"Retry-After": "7"} if retry_after else {})]
    with pytest.raises(error, match=str(status)) as caught:
        web.open_url(catalogue.object_url(bucket.url, NAME), 5.0)
    assert type(caught.value) is error
    assert getattr(caught.value, "retry_after", None) == retry_after


@pytest.mark.parametrize("value, low, high", [
    ("120", 120, 120), ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0), ("soon", None, None)])
def test_retry_after_is_seconds_or_a_date(bucket, value, low, high):
    bucket.script[NAME] = [Answer(503, {"Retry-After": value})]
    with pytest.raises(web.PassingError) as caught:
        web.open_url(catalogue.object_url(bucket.url, NAME), 5.0)
    if low is None:
        assert caught.value.retry_after is None
    else:
        assert low <= caught.value.retry_after <= high


def test_a_date_to_retry_after_that_is_to_come(bucket):
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 100))
    bucket.script[NAME] = [Answer(503, {"Retry-After": date})]
    with pytest.raises(web.PassingError) as caught:
        web.open_url(catalogue.object_url(bucket.url, NAME), 5.0)
    assert 90 < caught.value.retry_after <= 100


def test_no_server_is_a_failure_that_may_pass():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = "http://127.0.0.1:%d/x" % free.getsockname()[1]
        with pytest.raises(web.PassingError, match="Connection refused"):
            web.open_url(url, 5.0)


def test_small_answers_are_tried_again(bucket):
    bucket.script[NAME] = [Answer(500), Answer(status=429, headers={"Retry-After": "3"})]
    waits = []
    url = catalogue.object_url(bucket.url, NAME)
    assert web.read(url, FAST, waits.append) == DATA
    assert waits == [0.001, 3.0]
    bucket.script[NAME] = [Answer(500)] * 3
    with pytest.raises(web.PassingError):
        web.read(url, FAST, waits.append)


# One file.

def test_a_file_is_fetched(bucket, tmp_path):
    job, recorded, told = fetch(bucket, tmp_path)
    path = tmp_path / "nq-dev-00.jsonl.gz"
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}
    assert recorded == [(3000, crc32c(DATA), path.stat().st_mtime_ns)]
    assert (job.have, job.received, job.taken_over, job.retries, told) == (3000, 3000, 0, 0, [])
    assert bucket.log == [(NAME, None)]


def test_a_cut_connection_is_taken_up_where_it_broke(bucket, tmp_path):
    bucket.script[NAME] = [Answer(cut=1000), Answer(cut=500, reset=True)]
    stop = Clock()
    job, recorded, told = fetch(bucket, tmp_path, stop=stop)
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}
    # A reset may lose bytes that the server thinks sent, the end of a stream does not.
    assert bucket.ranges_of(NAME)[:2] == [None, "bytes=1000-"]
    assert job.received == 3000
    assert (job.retries, stop.waits) == (2, [0.001, 0.001])
    assert told[0] == (LOCAL + ": the connection ended 2000 bytes early; 1000 bytes are there, "
                       "trying again in 0.001 s")


@settings(max_examples=25)
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
def test_a_refusal_is_told_at_once(bucket, tmp_path, status):
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
    # It is cut again and again: no attempt gets further than the first.
    (tmp_path / "nq-dev-00.jsonl.gz").unlink()
    bucket.script[NAME] = [Answer(cut=1000)] * 9
    with pytest.raises(UserError, match="given up after 3 attempts"):
        fetch(bucket, tmp_path)


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_etag_a_part_is_begun_anew(bucket, tmp_path, etag):
    bucket.etags = False
    bucket.script[NAME] = [Answer(cut=1000, headers={"ETag": etag} if etag else {})]
    fetch(bucket, tmp_path)
    assert bucket.ranges_of(NAME) == [None, None]
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}


@pytest.mark.parametrize("matches, hashes", [(True, True), (False, True), (False, False)])
@pytest.mark.parametrize("other", [OTHER, some_bytes(3000, seed=2)])
def test_parts_of_two_objects_are_never_spliced(bucket, tmp_path, matches, hashes, other):
    # Once the server tells by 412, once only by the ETag and the size in its answer.
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


def test_the_listing_tells_the_checksum_where_the_answer_does_not(bucket, tmp_path):
    bucket.hashes = False
    bucket.script[NAME] = [Answer(damage=True)]
    fetch(bucket, tmp_path, listed=Listed(3000, crc32c(DATA)))
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}


def test_what_is_not_the_published_file_is_refused(bucket, tmp_path):
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


def test_a_server_that_does_not_tell_the_size(tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)

        def serve():
            connection, _ = listener.accept()
            connection.recv(1 << 16)
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nabc")
            connection.close()

        threading.Thread(target=serve, daemon=True).start()
        job = Fetch(DataFile(NAME, LOCAL), "http://127.0.0.1:%d/x" % listener.getsockname()[1],
                    str(tmp_path / "x"), FAST, Clock())
        with pytest.raises(web.RefusedError, match="does not tell the size"):
            job.run(lambda fetched: None)


def test_a_full_disk(bucket, tmp_path, monkeypatch):
    write = os.write
    left = [1000]

    def full(handle, data):
        if os.fstat(handle).st_size >= left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(handle, data[:left[0]])  # as much as there is room for, as a disk does

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
    assert content(tmp_path)[PART] == DATA[:2000]
    job, _, _ = fetch(bucket, tmp_path)
    assert (job.taken_over, job.received) == (2000, 1000)
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}


def test_stopping_while_it_waits(bucket, tmp_path):
    bucket.script[NAME] = [Answer(503)]
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    with pytest.raises(StoppedError):
        fetch(bucket, tmp_path, FAST._replace(first_wait=60.0, longest_wait=60.0), stop=stop)


# What a killed run leaves.

def left_behind(folder, data, size, **fields):
    """The part and its state as a run that was killed leaves them."""
    folder.mkdir(exist_ok=True)
    (folder / PART).write_bytes(data)
    known = {"size": size, "etag": '"%s"' % hashlib.md5(DATA).hexdigest(), "crc32c": None}
    (folder / STATE).write_text(json.dumps(dict(known, **fields)))


@pytest.mark.parametrize("size", [1, 2999])
def test_a_part_is_continued(bucket, tmp_path, size):
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
                                   '{"size": 999, "etag": "\\"x\\"", "crc32c": null}'])
def test_a_part_of_which_nothing_is_known_is_begun_anew(bucket, tmp_path, state):
    left_behind(tmp_path, DATA[:1000], 3000)
    if state is None:
        (tmp_path / STATE).unlink()
    else:
        (tmp_path / STATE).write_text(state)
    fetch(bucket, tmp_path)
    assert bucket.ranges_of(NAME) == [None]
    assert content(tmp_path) == {"nq-dev-00.jsonl.gz": DATA}


def test_the_record_is_there_before_the_file(bucket, tmp_path):
    # Killed in between, the next run finds a complete part and a record that it writes again.
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


# The ledger.

def test_entries_are_read_back(tmp_path):
    entry = Entry("http://x/a", 3, "AAAAAA==", 17)
    Ledger(str(tmp_path)).put("train/a.gz", entry)
    assert Ledger(str(tmp_path)).entries == {"train/a.gz": entry}
    assert json.loads((tmp_path / "nq-downloads.json").read_text()) == {"files": {"train/a.gz": {
        "url": "http://x/a", "size": 3, "crc32c": "AAAAAA==", "mtime_ns": 17}}}


def test_several_threads_put_at_once(tmp_path):
    book = Ledger(str(tmp_path))
    threads = [threading.Thread(target=book.put, args=("f%d" % i, Entry("", i, "", 0)))
               for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: e.size for name, e in Ledger(str(tmp_path)).entries.items()} == {
        "f%d" % i: i for i in range(20)}
    assert os.listdir(str(tmp_path)) == ["nq-downloads.json"]


@pytest.mark.parametrize("text, message", [
    ("", "is not JSON"), ("\xff", "is not JSON"), ("[]", "is not a record of downloads"),
    ("{}", "is not a record of downloads"),
    ('{"files": {"a": {"size": 1}}}', "is not a record of downloads")])
def test_a_ledger_that_is_none(tmp_path, text, message):
    (tmp_path / "nq-downloads.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match="nq-downloads.json %s .*: remove it" % message):
        Ledger(str(tmp_path))


# The inventory.

def surveyed(folder, published=None, listed=None, read=True, again=False):
    """How the file `LOCAL` stands, and the note on it."""
    item, = inventory.survey([DataFile(NAME, LOCAL, published, listed)], str(folder),
                             Ledger(str(folder)), read, again)
    return item.status, item.note


@pytest.fixture
def fetched(tmp_path):
    """A folder with the file, as it was fetched."""
    path = tmp_path / "dev" / "nq-dev-00.jsonl.gz"
    path.parent.mkdir()
    path.write_bytes(DATA)
    Ledger(str(tmp_path)).put(LOCAL, Entry("u", 3000, crc32c(DATA), path.stat().st_mtime_ns))
    return tmp_path


def overwrite(folder, data, keep_time=False):
    path = folder / "dev" / "nq-dev-00.jsonl.gz"
    stat = path.stat()
    path.write_bytes(data)
    times = (stat.st_atime_ns, stat.st_mtime_ns + (0 if keep_time else 1000))
    os.utime(str(path), ns=times)


def test_a_file_that_looks_untouched_is_not_read(fetched):
    overwrite(fetched, some_bytes(3000, seed=3), keep_time=True)
    assert surveyed(fetched) == (Status.THERE, "")
    assert surveyed(fetched, again=True) == (Status.DAMAGED, "")
    # The fault is remembered, so that the next run does not take it for untouched.
    assert surveyed(fetched) == (Status.DAMAGED, "")


def test_another_time_is_looked_into_and_remembered(fetched):
    overwrite(fetched, DATA)
    assert surveyed(fetched, read=False) == (Status.UNCHECKED, "")
    assert surveyed(fetched) == (Status.THERE, "")
    assert surveyed(fetched, read=False) == (Status.THERE, "")


@pytest.mark.parametrize("data", [DATA[:-1], DATA + b"x", some_bytes(3000, seed=3)])
def test_another_content_is_seen(fetched, data):
    overwrite(fetched, data)
    assert surveyed(fetched) == (Status.DAMAGED, "")


def test_another_object_at_the_source_is_seen(fetched):
    assert surveyed(fetched, listed=Listed(3000, crc32c(DATA))) == (Status.THERE, "")
    assert surveyed(fetched, listed=Listed(2500, crc32c(OTHER))) == (Status.OUTDATED, "")


def test_missing_and_in_part(tmp_path):
    assert surveyed(tmp_path) == (Status.MISSING, "")
    left_behind(tmp_path / "dev", DATA[:10], 3000)
    assert surveyed(tmp_path) == (Status.PARTIAL, "")


SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.mark.parametrize("known", [dict(published=Published(3000, SHA256)),
                                   dict(listed=Listed(3000, crc32c(DATA)))])
def test_a_file_that_came_another_way_is_taken_in(fetched, known):
    (fetched / "nq-downloads.json").unlink()
    assert surveyed(fetched, read=False, **known) == (Status.UNCHECKED, "")
    assert surveyed(fetched, **known) == (Status.THERE, "")
    assert Ledger(str(fetched)).entries[LOCAL].crc32c == crc32c(DATA)


@pytest.mark.parametrize("known, note", [
    (dict(), "there is no checksum to check it by"),
    (dict(listed=Listed(3000, None)), "there is no checksum to check it by"),
    (dict(listed=Listed(2999, crc32c(DATA))), "it has 3000 bytes instead of 2999"),
    (dict(listed=Listed(3000, crc32c(OTHER))), "its checksum is another one"),
    (dict(published=Published(3000, "0" * 64)), "its checksum is another one")])
def test_a_strangers_file_is_not_taken_in(fetched, known, note):
    (fetched / "nq-downloads.json").unlink()
    assert surveyed(fetched, **known) == (Status.FOREIGN, note)
    assert Ledger(str(fetched)).entries == {}


def test_what_must_be_fetched_and_whether_it_fits(tmp_path):
    left_behind(tmp_path / "dev", DATA[:1000], 3000)
    files = [DataFile(NAME, LOCAL, None, Listed(3000, None)),
             DataFile("v1.0/a", "a", None, Listed(500, None)), DataFile("v1.0/b", "b")]
    items = inventory.survey(files, str(tmp_path), Ledger(str(tmp_path)), read=True)

    class Usage:
        free = 77

    # 3000 - 1000 of the first, 500 of the second, and one of unknown size.
    need = inventory.need(items, str(tmp_path / "not" / "yet"), lambda folder: Usage)
    assert need == (2500, 1, 77)


# Many files.

NAMES = ["v1.0/dev/nq-dev-%02d.jsonl.gz" % i for i in range(5)]


def many(bucket, folder, num_connections=4, policy=FAST, report=lambda totals: None):
    files = [DataFile(name, name[len("v1.0/"):]) for name in sorted(bucket.objects)]
    book = Ledger(str(folder))
    items = [i for i in inventory.survey(files, str(folder), book, read=True) if i.to_fetch]
    return jobs.fetch_all(items, bucket.url, book, policy, num_connections, report,
                          every_seconds=0.01)


def test_all_files_are_fetched_and_recorded(bucket, tmp_path):
    bucket.objects = {name: some_bytes(1000 + i) for i, name in enumerate(NAMES)}
    reports = []
    outcome = many(bucket, tmp_path, report=reports.append)
    assert outcome == (jobs.Totals(5, 5010, 0, 5010, 0), {})  # 5 * 1000 + 0 + 1 + 2 + 3 + 4
    assert reports[-1] == outcome.totals
    for i, name in enumerate(NAMES):
        assert (tmp_path / name[len("v1.0/"):]).read_bytes() == some_bytes(1000 + i)
    assert {local: (e.url, e.size) for local, e in Ledger(str(tmp_path)).entries.items()} == {
        name[len("v1.0/"):]: (bucket.url + "/" + name, 1000 + i) for i, name in enumerate(NAMES)}
    bucket.log.clear()
    assert many(bucket, tmp_path).totals.files == 0
    assert bucket.log == []


@pytest.mark.parametrize("connections", [1, 3])
def test_so_many_connections_at_once(bucket, tmp_path, connections):
    bucket.objects = dict.fromkeys(NAMES, DATA)
    bucket.script = {name: [Answer(hold=10)] for name in NAMES}
    thread = threading.Thread(target=many, args=(bucket, tmp_path, connections))
    thread.start()
    bucket.wait_for_requests(connections)
    time.sleep(0.1)
    assert len(bucket.log) == connections  # All of them hold, and the others wait for their turn.
    bucket.release.set()
    thread.join()
    assert len(bucket.log) == 5


def test_what_fails_does_not_hold_up_the_others(bucket, tmp_path):
    bucket.objects = dict.fromkeys(NAMES, DATA)
    bucket.script = {NAMES[1]: [Answer(404)], NAMES[3]: [Answer(cut=100)] + [Answer(500)] * 3}
    outcome = many(bucket, tmp_path, num_connections=2)
    assert outcome.totals.files == 3
    assert sorted(outcome.failures) == ["dev/nq-dev-01.jsonl.gz", "dev/nq-dev-03.jsonl.gz"]
    assert "404" in outcome.failures["dev/nq-dev-01.jsonl.gz"]
    again = many(bucket, tmp_path)
    assert again == (jobs.Totals(2, 6000, 100, 5900, 0), {})


def test_a_defect_is_not_taken_for_a_failure(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(Fetch, "_fault", lambda self, part: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        many(bucket, tmp_path)
