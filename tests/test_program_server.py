"""Programs that are copies of a process with TensorFlow, and those that they start in turn."""
import multiprocessing
import os
import subprocess
import sys

import pytest

from tests.support import programs

INNER = """import os, sys
print(sys.argv[1:], os.getcwd(), "tensorflow" in sys.modules, flush=True)
print("error", file=sys.stderr, flush=True)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), 9)
sys.exit(3)
"""
OUTER = """import os, subprocess, sys
print("before", flush=True)
inner = [sys.executable, "inner.py"]
codes = [subprocess.call(inner + ["a b"]), subprocess.call(inner + ["killed"]),
         subprocess.call(["true"])]
with open("log", "w") as log:
    codes.append(subprocess.call(inner + ["logged"], stdout=log, stderr=subprocess.STDOUT))
print(codes)
"""


def test_a_program_starts_others(tmp_path):
    (tmp_path / "inner.py").write_text(INNER)
    (tmp_path / "outer.py").write_text(OUTER)

    done = programs.run(str(tmp_path / "outer.py"), cwd=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "error\nerror\n")
    assert done.stdout.splitlines() == [
        "before", "['a b'] %s True" % tmp_path, "['killed'] %s True" % tmp_path, "[3, -9, 0, 3]"]
    assert (tmp_path / "log").read_text() == "['logged'] %s True\nerror\n" % tmp_path


STARTED = """import os, sys, time
print("out", sys.argv[1:], os.environ["X"], "tensorflow" in sys.modules, flush=True)
print("error", file=sys.stderr, flush=True)
if sys.argv[1:] == ["waits"]:
    time.sleep(100)
sys.exit(4)
"""


def test_a_started_program_is_read_and_killed(tmp_path):
    (tmp_path / "x.py").write_text(STARTED)
    words = programs.command(str(tmp_path / "x.py"))
    env = dict(os.environ, X="x")

    waits = programs.start(words + ["waits"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                           env=env)
    assert waits.stdout.readline() == "out ['waits'] x True\n"
    assert waits.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        waits.wait(0.02)
    # Another runs meanwhile.
    ends = programs.start(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    assert ends.communicate(60) == ("out [] x True\n", "error\n")
    assert ends.returncode == 4
    waits.kill()
    assert (waits.wait(), waits.poll()) == (-9, -9)
    assert waits.communicate() == ("", None)

    with open(str(tmp_path / "log"), "wb") as log:
        logged = programs.start(words, stdout=log, stderr=log, env=env)
    assert logged.wait(60) == 4
    assert (tmp_path / "log").read_text() == "out [] x True\nerror\n"


def test_a_new_interpreter_starts_new_ones(tmp_path):
    """Where an option is about the start of a process."""
    (tmp_path / "inner.py").write_text(INNER)
    done = programs.run(str(tmp_path / "inner.py"), "x", cwd=str(tmp_path), env={})

    assert (done.returncode, done.stdout) == (3, "['x'] %s False\n" % tmp_path)


def test_words_of_a_command_are_those_of_a_shell(tmp_path):
    (tmp_path / "x.py").write_text("import sys; print(sys.argv[1:])")
    line = "%s x.py 'a b' \\\n  --c=\"$(echo d)\"" % sys.executable

    assert programs.paste(line, tmp_path, "e f") == "['a b', '--c=d', 'e f']\n"


def test_workers_of_tests_are_copies_too():
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(eval, ["'tensorflow' in __import__('sys').modules"] * 2) == [True] * 2
        assert os.getpid() not in pool.map(eval, ["__import__('os').getpid()"] * 2)
        with pytest.raises(ZeroDivisionError):
            pool.apply(eval, ["1 / 0"])
