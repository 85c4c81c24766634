"""Tasks in processes: results, counts, errors, deaths."""
import collections
import functools
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.jobs.workers import Shared, run_tasks
from tests.support import programs


def make_squarer(offset=0):
    def square(task, report):
        for _ in range(task):
            report(collections.Counter(steps=1))
        return task * task + offset
    return square


def make_faulty(folder):
    """Tasks are what happens: an exception's name, "die", or a number of seconds to sleep."""
    def work(task, report):
        with open(os.path.join(folder, str(os.getpid())), "w"):
            pass
        if task == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if task == "exit":
            os._exit(3)
        if task == "unusable":
            raise BadExampleError("a.jsonl, line 3: not JSON")
        if task == "defect":
            return 1 // 0
        time.sleep(task)
        return task
    return work


def gone(pid, within=10.0):
    """Whether a process ends in time. One that has ended but was not waited for counts."""
    end = time.time() + within
    while time.time() < end:
        try:
            with open("/proc/%d/stat" % pid) as f:
                if f.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("num_workers", [1, 3])
def test_all_tasks_are_done_once_and_counted(num_workers):
    seen = collections.Counter()
    done = dict(run_tasks(functools.partial(make_squarer, 7), range(10), num_workers, seen.update))
    assert done == {i: i * i + 7 for i in range(10)}
    assert seen == {"steps": 45}


def test_nothing_to_do():
    assert list(run_tasks(make_squarer, [], 4)) == []


@pytest.mark.parametrize("task, error, message", [
    ("die", UserError, r"^a worker process has ended \(killed, perhaps for want of memory: try "
                       r"fewer --num_workers\) while it worked on die$"),
    ("exit", UserError, r"^a worker process has ended \(exit code 3\) while it worked on exit$"),
    ("unusable", BadExampleError, "^a.jsonl, line 3: not JSON$"),
    ("defect", RuntimeError, "(?s)^while working on defect:.*ZeroDivisionError"),
])
def test_what_goes_wrong_stops_all(tmp_path, task, error, message):
    tasks = run_tasks(functools.partial(make_faulty, str(tmp_path)), [0, 600, task], 2)
    assert next(tasks) == (0, 0)
    with pytest.raises(error, match=message):
        next(tasks)
    # One worker or two: the second may not have come to its first task.
    assert all(gone(int(pid), 0.1) for pid in os.listdir(str(tmp_path)))


def test_closing_stops_the_workers(tmp_path):
    tasks = run_tasks(functools.partial(make_faulty, str(tmp_path)), [0, 600, 600], 2)
    next(tasks)
    tasks.close()
    assert all(gone(int(pid), 0.1) for pid in os.listdir(str(tmp_path)))


def test_tasks_are_drawn_when_a_process_is_free():
    drawn = []

    def tasks():
        for i in range(6):
            drawn.append(i)
            yield i

    results = run_tasks(make_squarer, tasks(), 2)
    assert drawn == []
    for number, _ in enumerate(results, 1):
        # Two were drawn for the start, and one for each that is done.
        assert len(drawn) == min(2 + number, 6)
    assert number == 6


def test_an_error_of_the_tasks_comes_through_and_stops_the_workers(tmp_path):
    def tasks():
        yield 0
        yield 600
        raise BadExampleError("b.jsonl, line 2: not JSON")

    with pytest.raises(BadExampleError, match="^b.jsonl, line 2: not JSON$"):
        list(run_tasks(functools.partial(make_faulty, str(tmp_path)), tasks(), 2))
    assert all(gone(int(pid), 0.1) for pid in os.listdir(str(tmp_path)))


def test_a_shared_generator_is_closed_while_another_thread_waits_for_it():
    waits, go_on, closed = threading.Event(), threading.Event(), threading.Event()

    def generator():
        try:
            yield 1
            waits.set()
            go_on.wait(60)
            yield 2
            yield 3
        finally:
            closed.set()

    shared, found = Shared(generator()), []
    thread = threading.Thread(target=lambda: found.extend(shared))
    thread.start()
    assert waits.wait(60)
    closing = threading.Thread(target=shared.close)
    closing.start()
    assert not closed.wait(0.1)
    go_on.set()
    closing.join(60)
    thread.join(60)
    assert closed.is_set() and not thread.is_alive()
    assert found in ([1, 2], [1, 2, 3])  # who comes first to the lock
    assert list(shared) == []


_PARENT = """
import functools, sys
sys.path[:0] = sys.argv[2:]
if __name__ == "__main__":
    from tests.jobs.test_workers import make_faulty
    from bert_nq.jobs.workers import run_tasks
    list(run_tasks(functools.partial(make_faulty, sys.argv[1]), [600, 600], 2))
"""


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_their_parent(tmp_path, signal_number):
    script, folder = tmp_path / "parent.py", tmp_path / "pids"
    script.write_text(_PARENT)
    folder.mkdir()
    parent = subprocess.Popen([sys.executable, str(script), str(folder),
                               programs.ROOT])
    end = time.time() + 60
    while len(os.listdir(str(folder))) < 2 and time.time() < end:
        time.sleep(0.05)
    parent.send_signal(signal_number)
    parent.wait()
    pids = list(map(int, os.listdir(str(folder))))
    assert len(pids) == 2
    assert all(map(gone, pids))
