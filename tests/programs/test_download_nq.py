"""prepare/download_nq.py, run as a person runs it, against a bucket on this machine."""
import contextlib
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from bert_nq.datasets.nq.downloading.ledger import Ledger
from tests.support.nq_downloads import (
    DEV,
    PROGRAM,
    arguments,
    assert_complete,
    dev_bucket,
    download,
    shard,
    table,
    visible,
)
from tests.support.nq_pages import make_line, make_page, write_shard
from tests.support.nq_server import Answer, Bucket, crc32c
from tests.support.programs import ROOT, command, error_line, python_word, run


@pytest.fixture
def bucket():
    with dev_bucket() as server:
        yield server


def test_all_shards(bucket, tmp_path):
    folder = tmp_path / "new" / "nq"
    done = download(bucket, folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert_complete(folder)
    assert visible(folder) == ["dev/nq-dev-%02d.jsonl.gz" % i for i in range(5)] + [
        "nq-downloads.json"]
    rows = table(done.stdout, "Natural Questions in %s" % folder)
    assert rows.pop("time").startswith("0 s (")
    assert rows == {"files": "5", "already there": "0", "fetched": "5", "failed": "0",
                    "bytes fetched": "25,000", "bytes taken over from earlier runs": "0",
                    "retries": "0"}
    assert done.stdout.endswith(
        "\nRecorded in %s/nq-downloads.json\n\nNext:\n  %s prepare/extract_dev_set.py "
        "--data_dir=%s --output_jsonl=%s/nq-dev.jsonl.gz\n"
        % (folder, python_word(), folder, folder))
    recorded = json.loads((folder / "nq-downloads.json").read_text())["files"]
    entry = recorded["dev/nq-dev-03.jsonl.gz"]
    assert (entry["url"], entry["size"], entry["crc32c"]) == (
        bucket.url + "/" + DEV[3], 5000, crc32c(shard(3)))


def test_the_second_run_fetches_nothing(bucket, tmp_path):
    download(bucket, tmp_path)
    bucket.log.clear()
    done = download(bucket, tmp_path)
    assert done.returncode == 0
    assert bucket.log == []
    rows = table(done.stdout, "Natural Questions")
    assert (rows["already there"], rows["fetched"], rows["bytes fetched"]) == ("5", "0", "0")


def test_some_shards_and_then_more(bucket, tmp_path):
    assert download(bucket, tmp_path, "--shards=1,3-4").returncode == 0
    assert_complete(tmp_path, [1, 3, 4])
    assert len(visible(tmp_path)) == 4
    done = download(bucket, tmp_path, "--shards=0-2")
    assert table(done.stdout, "Natural Questions")["already there"] == "1"
    assert_complete(tmp_path)


def test_what_is_fetched_can_be_extracted(bucket, tmp_path):
    for i, name in enumerate(DEV[:2]):
        path = write_shard(tmp_path / "shard.gz", [make_page("<P> a town </P>", example_id=i)])
        bucket.objects[name] = open(path, "rb").read()
    download(bucket, tmp_path / "nq", "--shards=0-1")
    done = run("prepare/extract_dev_set.py", "--data_dir=%s/nq" % tmp_path,
               "--output_jsonl=%s/dev.jsonl" % tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "dev.jsonl").read_bytes() == b"".join(
        make_line(make_page("<P> a town </P>", example_id=i)) for i in range(2))


def test_the_simplified_files(bucket, tmp_path):
    bucket.objects = {"v1.0-simplified/simplified-nq-train.jsonl.gz": shard(7),
                      "v1.0-simplified/nq-dev-all.jsonl.gz": shard(8)}
    done = download(bucket, tmp_path, "--split=train,dev", "--format=simplified")
    assert done.returncode == 0, done.stderr
    assert visible(tmp_path) == ["nq-downloads.json", "simplified/nq-dev-all.jsonl.gz",
                                 "simplified/simplified-nq-train.jsonl.gz"]
    assert (tmp_path / "simplified" / "simplified-nq-train.jsonl.gz").read_bytes() == shard(7)
    assert ("prepare_nq_data.py --input_jsonl=%s/simplified/simplified-nq-train.jsonl.gz"
            % tmp_path) in done.stdout


# Listing.

def test_list(bucket, tmp_path):
    bucket.page_size = 2
    bucket.script[DEV[1]] = [Answer(cut=1234)] + [Answer(500)] * 3
    download(bucket, tmp_path, "--shards=0-1")
    before = {path: (tmp_path / path).stat().st_mtime_ns for path in visible(tmp_path)}
    bucket.log.clear()
    done = download(bucket, tmp_path, "--list")
    assert (done.returncode, done.stderr, bucket.log) == (0, "", [])
    assert done.stdout.split("\n\n")[0] == (
        "\nFiles into %s\n"
        "  dev/nq-dev-00.jsonl.gz          5,000  there\n"
        "  dev/nq-dev-01.jsonl.gz          5,000  in part, 1,234 fetched\n"
        "  dev/nq-dev-02.jsonl.gz          5,000  missing\n"
        "  dev/nq-dev-03.jsonl.gz          5,000  missing\n"
        "  dev/nq-dev-04.jsonl.gz          5,000  missing" % tmp_path)
    rows = table(done.stdout, "In all")
    # Three whole ones, and the rest of the one in part.
    assert rows.pop("bytes to fetch") == format(3 * 5000 + 5000 - 1234, ",")
    assert int(rows.pop("free on the disk").replace(",", "")) > 0
    assert rows == {"files": "5", "already there": "1", "to fetch": "4",
                    "in parts already": "1,234"}
    assert before == {path: (tmp_path / path).stat().st_mtime_ns for path in visible(tmp_path)}


def test_list_of_a_bucket_that_may_not_be_listed(bucket, tmp_path):
    # The published sizes are shown then; of the simplified files there are none.
    bucket.page_size = 0
    done = run(PROGRAM, "--output_dir=%s/x" % tmp_path, "--base_url=%s" % bucket.url, "--list")
    assert done.returncode == 0
    assert done.stderr.startswith("no listing of the bucket, going on without it (http")
    assert "  train/nq-train-49.jsonl.gz    863,247,626  missing\n" in done.stdout
    assert table(done.stdout, "In all")["bytes to fetch"] == "45,069,199,013"
    done = download(bucket, tmp_path / "x", "--format=simplified", "--list")
    assert "  simplified/nq-dev-all.jsonl.gz              ?  missing\n" in done.stdout
    assert table(done.stdout, "In all")["bytes to fetch"] == "0 and 1 files of unknown size"
    assert os.listdir(str(tmp_path)) == []


def test_dry_run(bucket, tmp_path):
    download(bucket, tmp_path, "--shards=0-2")
    bucket.log.clear()
    done = download(bucket, tmp_path, "--dry_run")
    assert (done.returncode, done.stderr, bucket.log) == (0, "", [])
    assert done.stdout.split("\n\n")[0] == (
        "\nTo fetch into %s\n"
        "  dev/nq-dev-03.jsonl.gz          5,000  missing\n"
        "  dev/nq-dev-04.jsonl.gz          5,000  missing" % tmp_path)
    assert table(done.stdout, "In all")["to fetch"] == "2"


class Huge(bytes):
    """Bytes that the listing takes for very many."""

    def __len__(self):
        return 10 ** 18


@pytest.mark.parametrize("flag", ["--dry_run", "--num_connections=1"])
def test_a_disk_without_room(bucket, tmp_path, flag):
    bucket.objects[DEV[2]] = Huge(b"x")
    message = error_line(download(bucket, tmp_path, flag))
    assert message.startswith("error: 1e+06 TB are to be fetched into %s, whose disk has "
                              % tmp_path)
    assert message.endswith(" free: make room, or fetch less with --shards, --split or "
                            "--format=simplified")
    assert bucket.log == []


# Progress.

def test_a_bar_on_a_terminal(bucket, tmp_path):
    bucket.script = {DEV[0]: [Answer(cut=2000)], DEV[1]: [Answer(pace=0.3)]}
    leader, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen(command(PROGRAM, *arguments(bucket, tmp_path, "--shards=0-1")),
                               stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # Linux says so that nobody has the terminal open any more.
        while True:
            shown += os.read(leader, 1 << 16)
    os.close(leader)
    assert process.wait() == 0
    lines = [line.strip() for line in re.split(r"[\r\n]+", shown.decode("utf8"))]
    bars = [line for line in lines if line.startswith("fetching:")]
    assert re.search(r"[0-9?] left, 0 of 2 files, .* of 10 kB, [\d.]+ MB/s$", bars[0])
    assert bars[-1].startswith("fetching: 100%|")
    assert re.search(r" left, 2 of 2 files, 10 kB of 10 kB, [\d.]+ MB/s$", bars[-1])
    assert ("dev/nq-dev-00.jsonl.gz: the connection ended 3000 bytes early; 2000 bytes are there, "
            "trying again in 0.01 s") in lines


def test_what_is_shown():
    code = """if True:
        import collections
        import download_nq

        class Meter:
            def elapsed(self):
                return 20.0
            def show(self, what, done, text):
                print("%s %.2f %s" % (what, done, text))

        Item = collections.namedtuple("Item", "file part")
        File = collections.namedtuple("File", "size")
        Totals = collections.namedtuple("Totals", "files have")
        for sizes in ([3e9, 2e9], [3e9, None]):
            items = [Item(File(size), 5e8) for size in sizes]
            for have in (3e9, 0):
                download_nq.reporter(Meter(), items)(Totals(1, have))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          env=dict(os.environ, PYTHONPATH=os.pathsep.join(
                              [ROOT, os.path.join(ROOT, "prepare")])))
    assert (done.returncode, done.stderr) == (0, "")
    # Of the first two files 1 GB was there before; 2 of the other 4 GB have come in 20 s. It may
    # also be that what was there had to be thrown away. Of the second two one size is not known,
    # so that files are counted.
    assert done.stdout == (
        "fetching 0.50 1 of 2 files, 3 GB of 5 GB, 100.0 MB/s\n"
        "fetching 0.00 1 of 2 files, 0 bytes of 5 GB, 0.0 MB/s\n"
        "fetching 0.50 1 of 2 files, 3 GB, 100.0 MB/s\n"
        "fetching 0.50 1 of 2 files, 0 bytes, 0.0 MB/s\n")


# What is there already.

def damage(path):
    """Changes the last byte of a file and nothing that a look from outside tells."""
    stat = path.stat()
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    os.utime(str(path), ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_verify_finds_damage_and_the_next_run_mends_it(bucket, tmp_path):
    download(bucket, tmp_path)
    bucket.__exit__()  # No network is needed.
    done = download(bucket, tmp_path, "--verify")
    assert (done.returncode, done.stderr) == (0, "")
    rows = table(done.stdout, "Verified in")
    assert (rows["files"], rows["good"], rows["bad"]) == ("5", "5", "0")
    damage(tmp_path / "dev" / "nq-dev-02.jsonl.gz")
    (tmp_path / "dev" / "nq-dev-04.jsonl.gz").unlink()
    done = download(bucket, tmp_path, "--verify", "--shards=0")  # whatever was recorded is verified
    assert error_line(done) == ("error: %s/dev/nq-dev-02.jsonl.gz is bad: run again without "
                                "--verify to fetch what is damaged" % tmp_path)
    rows = table(done.stdout, "Verified in")
    assert (rows["files"], rows["good"], rows["bad"], rows["recorded, but not there"]) == (
        "4", "3", "1", "1")
    with Bucket(bucket.objects) as again:
        done = download(again, tmp_path)
        assert sorted(again.log) == [(DEV[2], None), (DEV[4], None)]
    assert done.returncode == 0
    assert_complete(tmp_path)


@pytest.mark.parametrize("name", ["", "missing"])
def test_nothing_to_verify(bucket, tmp_path, name):
    folder = tmp_path / name
    assert error_line(download(bucket, folder, "--verify")) == (
        "error: there is nothing to verify in %s" % folder)
    assert visible(tmp_path) == []
    assert folder.exists() == (name == "")


def test_files_that_came_another_way(bucket, tmp_path):
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "nq-dev-00.jsonl.gz").write_bytes(shard(0))
    done = download(bucket, tmp_path, "--shards=0-1")
    assert done.returncode == 0
    assert bucket.log == [(DEV[1], None)]
    assert Ledger(str(tmp_path)).entries["dev/nq-dev-00.jsonl.gz"].crc32c == crc32c(shard(0))


@pytest.mark.parametrize("flag", ["--dry_run", "--num_connections=2"])
def test_somebody_elses_file_is_not_replaced(bucket, tmp_path, flag):
    path = tmp_path / "dev" / "nq-dev-03.jsonl.gz"
    path.parent.mkdir()
    path.write_bytes(b"mine")
    assert error_line(download(bucket, tmp_path, flag)) == (
        "error: %s was not fetched by this program and is not replaced, since it has 4 bytes "
        "instead of 5000: move it away, or give another folder" % path)
    assert path.read_bytes() == b"mine"
    assert bucket.log == []


def test_an_object_that_changed_at_the_source_is_fetched_again(bucket, tmp_path):
    download(bucket, tmp_path)
    bucket.objects[DEV[1]] = shard(11)
    bucket.log.clear()
    done = download(bucket, tmp_path, "--list")
    assert "  dev/nq-dev-01.jsonl.gz          5,000  changed at the source\n" in done.stdout
    assert download(bucket, tmp_path).returncode == 0
    assert bucket.log == [(DEV[1], None)]
    assert (tmp_path / "dev" / "nq-dev-01.jsonl.gz").read_bytes() == shard(11)


# Flags.

@pytest.mark.parametrize("flags, message", [
    ([], "--output_dir is needed: The folder to fetch into"),
    (["--output_dir=gs://mine/nq"], "--output_dir=gs://mine/nq must be a folder of this machine"),
    (["--output_dir=x", "--list", "--verify"], "give one of --list, --dry_run and --verify"),
    (["--output_dir=x", "--base_url=gs://natural_questions"],
     "--base_url=gs://natural_questions is no address such as https://host/folder"),
    (["--output_dir=x", "--base_url=https:///x"], "--base_url=https:///x is no address"),
    (["--output_dir=x", "--split=test"], "--split=test: the splits are train and dev"),
    (["--output_dir=x", "--split="], "--split=: the splits are train and dev"),
    (["--output_dir=x", "--shards=5"], "shard 5 is asked for, but dev has shards 0 to 4"),
    (["--output_dir=x", "--split=train", "--shards=0-50"],
     "shard 50 is asked for, but train has shards 0 to 49"),
    (["--output_dir=x", "--shards=a"], "shards 'a' are not numbers and ranges such as 0-9,12"),
    (["--output_dir=x", "--format=simplified", "--shards=0"], "--shards counts the shards of"),
    (["--output_dir=/proc/x"], "cannot create the folder /proc/x"),
])
def test_wrong_flags_give_one_clear_line(tmp_path, flags, message):
    done = run(PROGRAM, *flags, cwd=str(tmp_path))
    assert message in error_line(done)
    assert os.listdir(str(tmp_path)) == []
