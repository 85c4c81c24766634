"""prepare_nq_data.py under kill -9, on a full disk, with a worker that dies, twice at once."""
import glob
import os
import random
import shutil
import signal
import subprocess
import time

import pytest

from tests.support import programs
from tests.support.nq_pages import write_shard
from tests.support.tiny_nq import place_page, write_vocabulary

NUM_SHARDS, PAGES = 12, 60


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    write_vocabulary(folder / "vocab.txt")
    for shard in range(NUM_SHARDS):
        write_shard(folder / ("s-%02d.jsonl.gz" % shard),
                    [place_page(shard * PAGES + i, filler=20) for i in range(PAGES)])
    return folder


def command(corpus, output, **flags):
    values = dict({"input_jsonl": corpus / "s-*.jsonl.gz", "vocab_file": corpus / "vocab.txt",
                   "output_tfrecord": output, "max_seq_length": 64, "doc_stride": 16,
                   "max_query_length": 16, "include_unknowns": 0.5, "num_workers": 2,
                   "num_output_shards": 3}, **flags)
    return programs.command("prepare/prepare_nq_data.py",
                            *("--%s=%s" % item for item in values.items()))


def run(*args, **flags):
    return programs.run_command(command(*args, **flags))


def contents(folder):
    """The contents of the files of a folder; the manifest names no folder of outputs."""
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(str(folder)))}


@pytest.fixture(scope="module")
def undisturbed(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    done = run(corpus, folder / "x.tfrecord")
    assert done.returncode == 0, done.stderr
    return contents(folder)


@pytest.fixture(scope="module")
def seconds(corpus, tmp_path_factory):
    """How long a run takes."""
    start = time.time()
    run(corpus, tmp_path_factory.mktemp("timed") / "x.tfrecord")
    return time.time() - start


def test_killed_at_random_and_carried_on(corpus, undisturbed, seconds, tmp_path):
    rng = random.Random(5)
    outcomes = []
    # At its start, while it reads, while it writes. The first is soon enough on a machine that was
    # busy when the time was taken.
    process = subprocess.Popen(command(corpus, tmp_path / "x.tfrecord"),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.kill()
    process.communicate()
    outcomes.append(process.returncode)
    while len(outcomes) < 5:
        process = subprocess.Popen(command(corpus, tmp_path / "x.tfrecord"),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            process.wait(timeout=seconds * rng.uniform(0.1, 0.8))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        outcomes.append(process.returncode)
        if process.returncode == 0:
            break
    assert -signal.SIGKILL in outcomes
    done = run(corpus, tmp_path / "x.tfrecord")
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path) == undisturbed


def test_killed_when_some_shards_are_finished(corpus, undisturbed, tmp_path):
    """The moment is waited for: then the next run must find that these are done."""
    process = subprocess.Popen(command(corpus, tmp_path / "x.tfrecord"), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    finished = str(tmp_path / ".x.tfrecord.work" / "s-*.json")
    programs.wait_until(lambda: len(glob.glob(finished)) >= 3, process)
    process.kill()
    process.communicate()
    n = len(glob.glob(finished))
    assert 3 <= n < NUM_SHARDS
    done = run(corpus, tmp_path / "x.tfrecord", num_workers=1)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "carrying on: %d of 12 parts of the work were done\n" % n
    assert contents(tmp_path) == undisturbed
    assert "none: all was there" in run(corpus, tmp_path / "x.tfrecord").stdout


def children(pid):
    """The processes whose parent is `pid`."""
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(path.split("/")[2]))
    return found


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for processes in /proc")
def test_a_worker_that_is_killed(corpus, undisturbed, tmp_path):
    process = subprocess.Popen(command(corpus, tmp_path / "x.tfrecord"), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    work = tmp_path / ".x.tfrecord.work"
    programs.wait_until(lambda: glob.glob(str(work / "s-*.json")), process)
    # Python's resource tracker is a child too; killing it as well does no harm.
    for child in children(process.pid):
        os.kill(child, signal.SIGKILL)
    _, errors = process.communicate()
    assert process.returncode == 1
    assert errors.startswith("error: a worker process has ended (killed, perhaps for want of memory"
                             ": try fewer --num_workers) while it worked on %s" % corpus)
    assert errors.endswith(
        "; what was finished is kept in %s: the same command carries on\n" % work)
    assert run(corpus, tmp_path / "x.tfrecord").returncode == 0
    assert contents(tmp_path) == undisturbed


def test_two_runs_at_once(corpus, undisturbed, tmp_path):
    first = subprocess.Popen(command(corpus, tmp_path / "x.tfrecord"), stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
    work = tmp_path / ".x.tfrecord.work"
    programs.wait_until((work / "plan.json").exists, first)  # What holds the lock writes it.
    os.kill(first.pid, signal.SIGSTOP)  # So that it is still there when the second one comes.
    try:
        second = run(corpus, tmp_path / "x.tfrecord")
    finally:
        os.kill(first.pid, signal.SIGCONT)
    assert second.returncode == 1
    assert second.stderr == "error: another run holds %s: wait until it has ended\n" % (
        work / "lock")
    first.communicate()
    assert first.returncode == 0
    assert contents(tmp_path) == undisturbed


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.call(mount, stderr=subprocess.DEVNULL):
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.check_call(["umount", str(folder)])


def test_a_full_disk(corpus, undisturbed, small_disk):
    """Parts that were finished before it was full stay; the run after there is room carries on."""
    size = sum(map(len, undisturbed.values()))
    assert size > 1 << 20
    done = run(corpus, small_disk / "x.tfrecord")
    assert done.returncode == 1
    assert done.stderr.startswith("error: cannot write %s" % small_disk)
    assert ": No space left on device" in done.stderr
    assert "; what was finished is kept in " in done.stderr
    assert os.listdir(str(small_disk)) == [".x.tfrecord.work"]
    subprocess.check_call(["mount", "-o", "remount,size=64m", str(small_disk)])
    done = run(corpus, small_disk / "x.tfrecord")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("carrying on: ")
    assert contents(small_disk) == undisturbed
