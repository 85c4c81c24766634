"""The beginning and the end of a program: Ctrl-C at any moment, streams of all kinds."""
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.support.programs import ROOT

_PROGRAM = """
from bert_nq.cli.start import run
import atexit, os, signal, sys, threading, time
{before}
def main():
    {work}
if __name__ == "__main__":
    run(main)
"""
_WAIT = "print('ready', flush=True); time.sleep(60)"
_INTERRUPT = "os.kill(os.getpid(), signal.SIGINT); time.sleep(60)"


def start(folder, work="pass", before="", command="{program}", **options):
    """Starts a program in a shell, which gets `command` with the program in it."""
    script = folder / "program.py"
    script.write_text(_PROGRAM.format(work=work, before=before))
    return subprocess.Popen(
        ["bash", "-c", command.replace("{program}", "exec '%s' '%s'" % (sys.executable, script))],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=dict(os.environ, PYTHONPATH=ROOT, PYTHONUNBUFFERED="", TMPDIR=str(folder)), **options)


def ended(*args, **options):
    """(exit code, standard output, standard error)."""
    process = start(*args, **options)
    stdout, stderr = process.communicate(timeout=50)
    return process.returncode, stdout, stderr


# Ctrl-C

def test_ctrl_c_while_modules_are_imported(tmp_path):
    process = start(tmp_path, before=_WAIT)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate() == ("", "interrupted: nothing has been done\n")
    assert process.returncode == 130


_AT_WORK = (130, "", "interrupted: files that were not finished have been left as they were\n")


@pytest.mark.parametrize("work", [
    _INTERRUPT,
    # Libraries that turn it into an error of their own.
    "exec('try: time.sleep(0); %s\\nexcept BaseException: raise ImportError()')" % _INTERRUPT,
    # A handler of a library, such as pyspark's.
    "signal.signal(signal.SIGINT, signal.default_int_handler); " + _INTERRUPT])
def test_ctrl_c_at_work(tmp_path, work):
    assert ended(tmp_path, work) == _AT_WORK


@pytest.mark.parametrize("work, line", [
    ("pass", "interrupted at the end: the work was done\n"), ("sys.exit(3)", "")])
def test_ctrl_c_while_python_ends(tmp_path, work, line):
    before = "atexit.register(lambda: (%s))" % _INTERRUPT.replace("; ", ", ")
    assert ended(tmp_path, work, before) == (130, "", line)
    # Waiting for a thread that has not ended.
    before = ("threading.Thread(target=lambda: (threading.main_thread().join(), time.sleep(1), "
              "os.kill(os.getpid(), signal.SIGINT), time.sleep(60))).start()")
    assert ended(tmp_path, work, before) == (130, "", line)


def test_a_program_that_was_started_to_ignore_it(tmp_path):
    assert ended(tmp_path, "os.kill(os.getpid(), signal.SIGINT); print('done')",
                 command="trap '' INT; {program}") == (0, "done\n", "")


def test_workers_are_left_to_those_that_started_them(tmp_path):
    code = ("import multiprocessing; "
            "multiprocessing.get_context('spawn').Process(target=print).start()")
    assert ended(tmp_path, code, before="print(signal.getsignal(signal.SIGINT).__class__.__name__)"
                 ) == (0, "Interrupts\nbuiltin_function_or_method\n\n", "")


def test_the_tests_themselves_are_no_program():
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("path", ["eval/nq_eval.py", "bert_nq/run_nq.py"])
def test_ctrl_c_in_the_first_second_of_a_program(path):
    # Python itself takes some hundredths of a second, longer on a busy machine: until then there
    # is nothing that could answer.
    began = time.time()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    pause = 2 * (time.time() - began)
    lines = []
    for extra in (0, 0.05, 0.1, 0.2):
        process = subprocess.Popen([sys.executable, os.path.join(ROOT, path)], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=dict(os.environ, PYTHONPATH=ROOT))
        time.sleep(pause + extra)
        process.send_signal(signal.SIGINT)
        lines.append(process.communicate()[1])
    assert all(line.count("\n") <= 1 for line in lines), lines
    assert not any("Traceback" in line for line in lines)


# Streams

_FULL = "error: cannot write to standard output: No space left on device\n"
_CLOSED = ("error: standard output is closed: what is printed would be lost; > /dev/null if it is "
           "not wanted\n")
_ERROR = "from bert_nq.base.errors import UserError; raise UserError('x')"


@pytest.mark.parametrize("command, work, result", [
    ("{program} > /dev/full", "print(1)", (1, "", _FULL)),
    ("{program} > /dev/full", "print(1, flush=True); print(2)", (1, "", _FULL)),
    ("{program} > /dev/full", "print('x' * 100000)", (1, "", _FULL)),
    ("{program} > /dev/full", "print(1); " + _ERROR, (1, "", "error: x\n")),
    ("{program} > /dev/full", "pass", (0, "", "")),
    ("{program} --help > /dev/full", "pass", (1, "", _FULL)),
    ("{program} >&-", "print(1)", (1, "", _CLOSED)),
    ("{program} --help >&-", "print(1)", (1, "", _CLOSED)),
    ("{program} >&- 2>&-", "print(1)", (1, "", "")),
    ("{program} <&- >/dev/full 2>&1", "print(1)", (1, "", "")),
    # Standard error is for what need not be seen; but errors are told on what is left.
    ("{program} 2>&-", "print(1); print(2, file=sys.stderr)", (0, "1\n", "")),
    ("{program} 2>/dev/full", "print(1); print('x' * 10000, file=sys.stderr)", (0, "1\n", "")),
    ("{program} 2>&-", _ERROR, (1, "error: x\n", "")),
    ("{program} 2>/dev/full", _ERROR, (1, "error: x\n", "")),
    ("{program} 2>&- stray", "pass", (1, "unexpected argument 'stray': flags are written "
                                         "--name=value\n", "")),
    # No file gets the number of a closed stream, with what libraries write to it.
    ("{program} 2>&-", "f = open('{out}', 'w'); os.write(2, b'x'); print(f.fileno() > 2)",
     (0, "True\n", "")),
    ("{program} <&-", "print(repr(sys.stdin.read()))", (0, "''\n", "")),
    # `head` has seen enough, of which nothing is told.
    ("set -o pipefail; ({program}) | head -1", "print(1); print('x' * 200000)", (1, "1\n", "")),
    ("set -o pipefail; ({program}) 2>&1 | head -1",
     "print(1, flush=True); time.sleep(1); print(2, file=sys.stderr); print(3)", (1, "1\n", "")),
    ("{program}", "from bert_nq.base.errors import UserError; raise UserError('a\\nb')",
     (1, "", "error: a\\nb\n")),
    # Names that are not UTF-8, and letters that an encoding does not have.
    ("{program}", "print('\\\\udcff')", (0, "\\udcff\n", "")),
    ("PYTHONIOENCODING=ascii {program}", "print('\\\\xfc')", (0, "\\xfc\n", "")),
])
def test_streams(tmp_path, command, work, result):
    work = work.replace("{out}", str(tmp_path / "out"))
    assert ended(tmp_path, work, command=command) == result
