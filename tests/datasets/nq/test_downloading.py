"""Downloading many files from a bucket: the ledger, the inventory, failures."""
import hashlib
import json
import os
import threading
import time

import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.downloading import inventory, jobs
from bert_nq.datasets.nq.downloading.catalogue import DataFile, Listed
from bert_nq.datasets.nq.downloading.fetching import Fetch
from bert_nq.datasets.nq.downloading.inventory import FileStatus
from bert_nq.datasets.nq.downloading.ledger import Entry, Ledger
from bert_nq.datasets.nq.downloading.published import Published
from tests.support.nq_downloads import DATA, FAST, LOCAL, NAME, OTHER
from tests.support.nq_server import Answer, Bucket, crc32c, some_bytes


@pytest.fixture
def bucket():
    with Bucket({NAME: DATA}) as server:
        yield server


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
    ('{"files": {"a": {"size": 1}}}', "is not a record of downloads"),
    ('{"files": {"a": {"url": "", "size": "1", "crc32c": "", "mtime_ns": 0}}}',
     "is not a record of downloads"),
    ('{"files": {"a": {"url": "", "size": 1, "crc32c": [], "mtime_ns": 0}}}',
     "is not a record of downloads"),
    ('{"files": {"a": {"url": "", "size": 1, "crc32c": "", "mtime_ns": 1e999}}}',
     "is not a record of downloads"), ("[" * 100000, "is not JSON")])
def test_files_that_are_not_ledgers(tmp_path, text, message):
    (tmp_path / "nq-downloads.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match="nq-downloads.json %s .*: remove it" % message):
        Ledger(str(tmp_path))


# The inventory.

def surveyed(folder, published=None, listed=None, read=True, reread=False):
    """(state, note) of the file `LOCAL`."""
    item, = inventory.survey([DataFile(NAME, LOCAL, published, listed)], str(folder),
                             Ledger(str(folder)), read, reread)
    return item.status, item.note


@pytest.fixture
def fetched(tmp_path):
    """A folder with the file as it was fetched."""
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
    assert surveyed(fetched) == (FileStatus.COMPLETE, "")
    assert surveyed(fetched, reread=True) == (FileStatus.DAMAGED, "")
    # The fault is recorded, so that the next run does not take the file for untouched.
    assert surveyed(fetched) == (FileStatus.DAMAGED, "")


def test_a_file_with_another_time_is_read_and_the_time_recorded(fetched):
    overwrite(fetched, DATA)
    assert surveyed(fetched, read=False) == (FileStatus.UNCHECKED, "")
    assert surveyed(fetched) == (FileStatus.COMPLETE, "")
    assert surveyed(fetched, read=False) == (FileStatus.COMPLETE, "")


@pytest.mark.parametrize("data", [DATA[:-1], DATA + b"x", some_bytes(3000, seed=3)])
def test_changed_content_is_noticed(fetched, data):
    overwrite(fetched, data)
    assert surveyed(fetched) == (FileStatus.DAMAGED, "")


def test_a_changed_object_at_the_source_is_noticed(fetched):
    assert surveyed(fetched, listed=Listed(3000, crc32c(DATA))) == (FileStatus.COMPLETE, "")
    assert surveyed(fetched, listed=Listed(2500, crc32c(OTHER))) == (FileStatus.OUTDATED, "")


def leave_part(folder, size):
    """Writes the first `size` bytes of the file `LOCAL`, as an interrupted run leaves them."""
    (folder / "dev").mkdir()
    (folder / "dev" / ".nq-dev-00.jsonl.gz.part").write_bytes(DATA[:size])


def test_missing_and_in_part(tmp_path):
    assert surveyed(tmp_path) == (FileStatus.MISSING, "")
    leave_part(tmp_path, 10)
    assert surveyed(tmp_path) == (FileStatus.PARTIAL, "")


SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.mark.parametrize("known", [dict(published=Published(3000, SHA256)),
                                   dict(listed=Listed(3000, crc32c(DATA)))])
def test_a_file_that_came_another_way_is_adopted(fetched, known):
    (fetched / "nq-downloads.json").unlink()
    assert surveyed(fetched, read=False, **known) == (FileStatus.UNCHECKED, "")
    assert surveyed(fetched, **known) == (FileStatus.COMPLETE, "")
    assert Ledger(str(fetched)).entries[LOCAL].crc32c == crc32c(DATA)


@pytest.mark.parametrize("known, note", [
    (dict(), "there is no checksum to check it by"),
    (dict(listed=Listed(3000, None)), "there is no checksum to check it by"),
    (dict(listed=Listed(2999, crc32c(DATA))), "it has 3000 bytes instead of 2999"),
    (dict(listed=Listed(3000, crc32c(OTHER))), "its checksum is another one"),
    (dict(published=Published(3000, "0" * 64)), "its checksum is another one")])
def test_a_foreign_file_is_not_adopted(fetched, known, note):
    (fetched / "nq-downloads.json").unlink()
    assert surveyed(fetched, **known) == (FileStatus.FOREIGN, note)
    assert Ledger(str(fetched)).entries == {}


def test_the_space_that_is_needed(tmp_path):
    leave_part(tmp_path, 1000)
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
def test_the_number_of_connections_at_once(bucket, tmp_path, connections):
    bucket.objects = dict.fromkeys(NAMES, DATA)
    bucket.script = {name: [Answer(hold=10)] for name in NAMES}
    thread = threading.Thread(target=many, args=(bucket, tmp_path, connections))
    thread.start()
    bucket.wait_for_requests(connections)
    time.sleep(0.1)
    assert len(bucket.log) == connections  # All of them are held, the other files wait.
    bucket.release.set()
    thread.join()
    assert len(bucket.log) == 5


def test_a_failing_file_does_not_hold_up_the_others(bucket, tmp_path):
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
