"""prepare/download_nq.py where servers fail, and where it is killed, interrupted, run twice."""
import os
import random
import resource
import signal
import subprocess
import time

import pytest

from tests.support.nq_downloads import (
    DEV,
    PROGRAM,
    arguments,
    assert_complete,
    dev_bucket,
    download,
    parts_of,
    shard,
    table,
    visible,
)
from tests.support.nq_server import Answer
from tests.support.programs import command, error_line, run, wait_until


@pytest.fixture
def bucket():
    with dev_bucket() as server:
        yield server


# Faults.

def test_faults_of_every_kind(bucket, tmp_path):
    bucket.script = {
        DEV[0]: [Answer(cut=2000), Answer(503)],
        DEV[1]: [Answer(429, {"Retry-After": "0"}), Answer(cut=1, reset=True)],
        DEV[2]: [Answer(damage=True)],
        DEV[3]: [Answer(cut=100), Answer(change=shard(3))]}
    bucket.objects[DEV[3]] = shard(33)
    done = download(bucket, tmp_path)
    assert done.returncode == 0, done.stderr
    assert_complete(tmp_path)
    assert int(table(done.stdout, "Natural Questions")["retries"]) == 7  # 2 + 2 + 1 + 2
    assert ("dev/nq-dev-00.jsonl.gz: the connection ended 3000 bytes early; 2000 bytes are there, "
            "trying again in 0.01 s\n") in done.stderr


def test_files_that_fail_are_listed_and_the_others_kept(bucket, tmp_path):
    bucket.script = {DEV[1]: [Answer(403)], DEV[3]: [Answer(cut=2000)] + [Answer(500)] * 3}
    del bucket.objects[DEV[4]]
    done = download(bucket, tmp_path)
    assert done.returncode == 1
    why = {1: "the server answers 403 Forbidden",
           3: "given up after 3 attempts in a row that brought nothing new: 500 Internal Server "
              "Error",
           4: "the server answers 404 Not Found"}
    assert done.stdout[done.stdout.index("\nFailed\n"):].splitlines()[2:5] == [
        "  dev/nq-dev-%02d.jsonl.gz: %s/%s: %s" % (i, bucket.url, DEV[i], why[i]) for i in why]
    assert "gsutil -m cp -R gs://natural_questions" in done.stdout
    assert done.stderr.splitlines()[-1].startswith(
        "error: 3 of the files could not be fetched, such as dev/nq-dev-01.jsonl.gz: ")
    assert "Traceback" not in done.stderr
    rows = table(done.stdout, "Natural Questions")
    assert (rows["fetched"], rows["failed"]) == ("2", "3")
    # The next run has only the rest to do.
    bucket.objects[DEV[4]] = shard(4)
    bucket.log.clear()
    assert download(bucket, tmp_path).returncode == 0
    assert sorted(bucket.log) == [(DEV[1], None), (DEV[3], "bytes=2000-"), (DEV[4], None)]
    assert_complete(tmp_path)


def test_what_is_not_the_published_data_is_refused(bucket, tmp_path):
    done = download(bucket, tmp_path, "--check_published", "--shards=0")
    assert done.returncode == 1
    assert ("has 5000 bytes, the file of Natural Questions 219593373: give another --base_url, or "
            "--nocheck_published") in done.stderr
    assert len(bucket.log) == 1


def test_no_server(bucket, tmp_path):
    bucket.__exit__()
    done = download(bucket, tmp_path, "--shards=0")
    assert done.returncode == 1
    assert "Connection refused" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_file_that_can_not_grow(bucket, tmp_path):
    # As a full disk, but with a limit that needs no disk of its own.
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    done = download(bucket, tmp_path, "--shards=2", preexec_fn=limit)
    assert done.returncode == 1
    part = "%s/dev/.nq-dev-02.jsonl.gz.part" % tmp_path
    assert ("cannot write %s: File too large; what is there is kept, run again when this is mended"
            % part) in done.stderr.splitlines()[-1]
    assert open(part, "rb").read() == shard(2)[:3000]
    bucket.log.clear()
    assert download(bucket, tmp_path, "--shards=2").returncode == 0
    assert bucket.log == [(DEV[2], "bytes=3000-")]
    assert_complete(tmp_path, [2])


# Killed, interrupted, twice at once.

def heed_interrupts():
    """Shells start what runs in the background with SIGINT ignored; such tests would be, too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def held(bucket, folder, *args):
    """A run of which every file holds after 2,000 bytes, which are on disk."""
    bucket.script = {name: [Answer(hold=2000)] for name in bucket.objects}
    process = subprocess.Popen(command(PROGRAM, *arguments(bucket, folder, *args)),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               universal_newlines=True, preexec_fn=heed_interrupts)
    wait_until(lambda: [os.path.getsize(str(folder / "dev" / name)) for name in parts_of(folder)
                        if name.endswith(".part")] == [2000] * 2, process)
    return process


def test_killed_in_the_middle(bucket, tmp_path):
    process = held(bucket, tmp_path, "--shards=0-1")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert visible(tmp_path) == []
    bucket.log.clear()
    done = download(bucket, tmp_path, "--shards=0-1")
    assert done.returncode == 0, done.stderr
    assert sorted(bucket.log) == [(DEV[0], "bytes=2000-"), (DEV[1], "bytes=2000-")]
    rows = table(done.stdout, "Natural Questions")
    assert (rows["bytes fetched"], rows["bytes taken over from earlier runs"]) == ("6,000", "4,000")
    assert_complete(tmp_path, [0, 1])


def test_killed_at_random_again_and_again(bucket, tmp_path):
    bucket.objects = {name: shard(i, 40000) for i, name in enumerate(DEV)}
    generator = random.Random(0)
    for _ in range(5):
        bucket.script = {name: [Answer(pace=0.01)] for name in DEV}
        process = subprocess.Popen(command(PROGRAM, *arguments(bucket, tmp_path)),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        requests = len(bucket.log)
        deadline = time.time() + 30
        while len(bucket.log) == requests and process.poll() is None:
            assert time.time() < deadline
            time.sleep(0.005)
        time.sleep(generator.uniform(0.0, 0.3))
        process.kill()
        process.wait()
    bucket.script = {}
    done = download(bucket, tmp_path)
    assert done.returncode == 0, done.stderr
    for i in range(5):
        assert (tmp_path / "dev" / ("nq-dev-%02d.jsonl.gz" % i)).read_bytes() == shard(i, 40000)
    assert parts_of(tmp_path) == []
    assert run(PROGRAM, "--output_dir=%s" % tmp_path, "--verify").returncode == 1  # not published
    assert download(bucket, tmp_path, "--verify").returncode == 0


def test_interrupted(bucket, tmp_path):
    process = held(bucket, tmp_path, "--shards=0-1")
    process.send_signal(signal.SIGINT)
    started = time.time()
    _, stderr = process.communicate()
    assert process.returncode == 130
    assert time.time() - started < 10  # although both connections hang
    assert stderr.splitlines()[0] == ("stopped: what has been fetched is kept, the same command "
                                      "goes on from there")
    assert "Traceback" not in stderr
    bucket.log.clear()
    assert download(bucket, tmp_path, "--shards=0-1").returncode == 0
    assert sorted(bucket.log) == [(DEV[0], "bytes=2000-"), (DEV[1], "bytes=2000-")]


def test_two_runs_in_one_folder(bucket, tmp_path):
    process = held(bucket, tmp_path, "--shards=0-1")
    for flags in ([], ["--verify"]):
        assert error_line(download(bucket, tmp_path, *flags)) == (
            "error: another run holds %s/.nq-downloads.lock: wait until it has ended" % tmp_path)
    assert download(bucket, tmp_path, "--list").returncode == 0
    bucket.release.set()
    _, stderr = process.communicate()
    assert (process.returncode, stderr) == (0, "")
    assert_complete(tmp_path, [0, 1])
