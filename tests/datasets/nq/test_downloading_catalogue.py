"""The files of Natural Questions, the listing of a bucket, and the failures of requests."""
import contextlib
import json
import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.downloading import catalogue, web
from bert_nq.datasets.nq.downloading.catalogue import Listed
from bert_nq.datasets.nq.downloading.published import PUBLISHED
from tests.support.nq_server import Answer, Bucket, crc32c, some_bytes

NAME = "v1.0/dev/nq-dev-00.jsonl.gz"
FAST = web.Policy(timeout=5.0, retries=2, first_wait=0.001, longest_wait=0.002)
DATA = some_bytes(3000)


@contextlib.contextmanager
def serving(answer, pace=0.0, step=1 << 16):
    """The URL of a bucket whose server gives one answer, as bytes, to whatever it is asked."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(5)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.recv(1 << 16)
                    for at in range(0, len(answer), step):
                        connection.sendall(answer[at:at + step])
                        time.sleep(pace)

    threading.Thread(target=serve, daemon=True).start()
    with contextlib.closing(listener):
        yield "http://127.0.0.1:%d/natural_questions" % listener.getsockname()[1]


def answered(body, headers=b""):
    return b"HTTP/1.0 200 OK\r\n%s\r\n%s" % (headers, body)


def listing_error(url, policy=FAST):
    with pytest.raises((web.RefusedError, web.TransientError)) as caught:
        catalogue.with_listing(catalogue.original(["dev"]), url, policy)
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.fixture
def bucket():
    with Bucket({NAME: DATA}) as server:
        yield server


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
    # Hugging Face gives 42,981.34 MiB as the size of the download.
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
def test_shard_lists_are_parsed(numbers):
    assert catalogue.parse_shards(",".join(map(str, numbers))) == sorted(numbers)


@pytest.mark.parametrize("text", ["", "a", "3-1", "1,", "-1", "1-", "1-2-3", "1000", "1.5"])
def test_invalid_shard_lists(text):
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


def test_files_that_the_listing_lacks_stay_as_they_were(bucket):
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


@pytest.mark.parametrize("page", [
    [], 7, None, "page", {"items": 7}, {"items": [7]}, {"items": ["ab"]}, {"items": {"a": 1}},
    {"items": [{"name": "a"}]}, {"items": [{"name": 7, "size": "1"}]},
    {"items": [{"name": "a", "size": float("inf")}]}, {"items": [{"name": "a", "size": 1.5}]},
    {"items": [{"name": "a", "size": float("nan")}]}, {"items": [{"name": "a", "size": "-1"}]},
    {"items": [{"name": "a", "size": "\u00b2"}]}, {"items": [{"name": "a", "size": "9" * 5000}]},
    {"items": [{"name": "a", "size": None}]}, {"items": [{"name": "a", "size": True}]},
    {"items": [{"name": "a", "size": "1", "crc32c": 7}]}])
def test_an_answer_that_is_no_listing(page):
    with serving(answered(json.dumps(page).encode())) as url:
        assert listing_error(url).endswith("the answer is no listing of a bucket")


@pytest.mark.parametrize("body", [b"[" * 100000, b'{"items": [{"name": "a", "size": 1e999}]}',
                                  b"\xff", b"<html>"])
def test_an_answer_that_is_no_json(body):
    with serving(answered(body)) as url:
        assert listing_error(url).endswith("the answer is no listing of a bucket")


def test_a_listing_without_an_end(monkeypatch):
    pages = (json.dumps({"nextPageToken": str(i % 2 or i)}).encode() for i in range(10 ** 9))
    monkeypatch.setattr(web, "read", lambda url, policy: next(pages))
    assert listing_error("http://host/bucket").endswith(
        "the listing has no end; it has been left after 20 pages")


@pytest.mark.parametrize("headers", [b"", b"Content-Length: 99999999999\r\n"])
def test_a_listing_of_any_size_takes_little_memory(headers):
    with serving(answered(b" " * (20 << 20), headers)) as url:
        assert listing_error(url).endswith("the answer has more than 16 MB")


@pytest.mark.parametrize("headers", [b"", b"Content-Length: 1000\r\n"])
def test_a_listing_that_trickles_is_left(headers):
    with serving(answered(b" " * 1000, headers), 0.05, 20) as url:
        start = time.monotonic()
        assert "bytes of the answer have come in 0.5 s" in listing_error(
            url, FAST._replace(timeout=0.5))
        assert time.monotonic() - start < 5


def test_a_listing_that_is_cut_off_is_asked_for_again():
    with serving(answered(b"{}", b"Content-Length: 3\r\n")) as url:
        assert listing_error(url) == "the connection ended 1 bytes early"


# Requests.

@pytest.mark.parametrize("answer", [
    b"HTTP/1.0 302 Found\r\nLocation: http://[::bad/\r\n\r\n",
    b"HTTP/1.0 302 Found\r\nLocation: http://host:port/\r\n\r\n",
    b"HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n",
    b"HTTP/1.0 404 no\tsuch\x0bthing\r\n\r\n", b"HTTP/1.0 500 \xe2\x80\xa8\r\n\r\n",
    b"garbage\ngarbage\r\n\r\n", b"HTTP/1.0 x\r\n\r\n", b"", b"\n\n\n"])
def test_odd_answers_are_told_in_a_line(answer):
    with serving(answer) as url:
        listing_error(url)


@pytest.mark.parametrize("url", ["http://[::bad/a", "http://host:port/a", "http://a b/c",
                                 "http://\u00b2\u00b3\u2100/a"])
def test_addresses_that_are_none(url):
    with pytest.raises((web.RefusedError, web.TransientError)):
        web.open_url(url, 1.0)

def test_waits_double_unless_the_server_asks_for_another():
    policy = web.Policy(first_wait=1.0, longest_wait=10.0)
    assert [policy.wait(n, None) for n in (1, 2, 3, 4, 5, 99)] == [1, 2, 4, 8, 10, 10]
    assert policy.wait(1, 30.0) == 30.0
    assert policy.wait(1, 1e6) == 600.0


@pytest.mark.parametrize("status, error, retry_after", [
    (403, web.RefusedError, None), (404, web.RefusedError, None), (410, web.RefusedError, None),
    (412, web.ChangedError, None), (416, web.ChangedError, None),
    (408, web.TransientError, None), (429, web.TransientError, 7.0),
    (500, web.TransientError, None), (503, web.TransientError, 7.0)])
def test_statuses_that_a_retry_may_fix(bucket, status, error, retry_after):
    bucket.script[NAME] = [Answer(status, {"Retry-After": "7"} if retry_after else {})]
    with pytest.raises(error, match=str(status)) as caught:
        web.open_url(catalogue.object_url(bucket.url, NAME), 5.0)
    assert type(caught.value) is error
    assert getattr(caught.value, "retry_after", None) == retry_after


@pytest.mark.parametrize("value, low, high", [
    ("120", 120, 120), (" 7 ", 7, 7), ("\u00b2", None, None), ("9" * 5000, None, None),
    ("-5", None, None), ("Wed, 21 Oct 9999999 07:28:00 GMT", None, None),
    ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0), ("soon", None, None)])
def test_retry_after_is_seconds_or_a_date(bucket, value, low, high):
    bucket.script[NAME] = [Answer(503, {"Retry-After": value})]
    with pytest.raises(web.TransientError) as caught:
        web.open_url(catalogue.object_url(bucket.url, NAME), 5.0)
    if low is None:
        assert caught.value.retry_after is None
    else:
        assert low <= caught.value.retry_after <= high


def test_retry_after_a_date_in_the_future(bucket):
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 100))
    bucket.script[NAME] = [Answer(503, {"Retry-After": date})]
    with pytest.raises(web.TransientError) as caught:
        web.open_url(catalogue.object_url(bucket.url, NAME), 5.0)
    assert 90 < caught.value.retry_after <= 100


def test_a_refused_connection_is_transient():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = "http://127.0.0.1:%d/x" % free.getsockname()[1]
        with pytest.raises(web.TransientError, match="Connection refused"):
            web.open_url(url, 5.0)


def test_small_responses_are_retried(bucket):
    bucket.script[NAME] = [Answer(500), Answer(status=429, headers={"Retry-After": "3"})]
    waits = []
    url = catalogue.object_url(bucket.url, NAME)
    assert web.read(url, FAST, waits.append) == DATA
    assert waits == [0.001, 3.0]
    bucket.script[NAME] = [Answer(status=429, headers={"Retry-After": "400"})]
    with pytest.raises(web.TransientError):  # Nobody would know what it waits for.
        web.read(url, FAST, waits.append)
    assert waits == [0.001, 3.0]
    bucket.script[NAME] = [Answer(500)] * 3
    with pytest.raises(web.TransientError):
        web.read(url, FAST, waits.append)
