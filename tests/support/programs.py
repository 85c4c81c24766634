"""Runs the project's programs as a user does, with the interpreter that runs the tests."""
import os
import re
import shutil
import subprocess
import sys
import time

from bert_nq.cli import program_files
from tests.support import program_copies

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

_PROGRESS = re.compile(r"[a-z ]+: .*, \d+ %(, .* left)?")  # see program.Meter


def command(relative_path, *args):
    """The command line of a program, such as command("eval/nq_eval.py", "--help")."""
    return [sys.executable, os.path.join(ROOT, relative_path)] + [str(arg) for arg in args]


def run(relative_path, *args, **options) -> subprocess.CompletedProcess:
    """Runs a program to its end; the result has returncode, stdout and stderr, both text.

    `options` go to subprocess.run: cwd, env, timeout, input.
    """
    return run_command(command(relative_path, *args), **options)


def run_command(words, **options) -> subprocess.CompletedProcess:
    """`run` for a command line of `command`.

    The program gets a process that has TensorFlow already, see program_copies, unless an option is
    about the start of the process, as `env` and `preexec_fn` are.
    """
    if not set(options) <= {"cwd", "timeout", "input"}:
        return subprocess.run(words, capture_output=True, text=True, **options)
    return program_copies.run(words[1:], **options)


def start(words, **options) -> program_copies.Program:
    """Starts a command line of `command`; `options` are program_copies.start's: stdout, stderr,
    cwd, env. The result has what tests use of subprocess.Popen."""
    return program_copies.start(words[1:], **options)


def wait_until(condition, *processes, log=None, seconds=240):
    """Waits until `condition()` holds while programs run.

    Args:
      condition: a function without arguments.
      *processes: the programs, all of which go on until then.
      log: where they write, a pathlib.Path; None if that is piped.
      seconds: the longest time that this may take.

    Raises:
      AssertionError: a program ended, with what it said, or time is over.
    """
    end = time.time() + seconds
    while not condition():
        for process in processes:
            assert process.poll() is None, log.read_text() if log else process.communicate()
        assert time.time() < end, log.read_text() if log else "nothing came in %d s" % seconds
        time.sleep(0.005)


def run_before_tensorflow(relative_path, *args, **options) -> subprocess.CompletedProcess:
    """`run` of a program that must end before it imports TensorFlow, which would end it with
    "TensorFlow!" and exit code 1; `options`: cwd, timeout, input."""
    return program_copies.run(command(relative_path, *args)[1:], tensorflow=False, **options)


def python_word(folder=ROOT) -> str:
    """The word by which a program that was started in a folder names its interpreter."""
    before = os.getcwd()
    os.chdir(str(folder))
    try:
        return program_files.python()
    finally:
        os.chdir(before)


def next_command(printed: str) -> str:
    """The command under the first "Next:" of what a program has printed, as a shell takes it."""
    found = re.search(r"Next:.*\n((?:  .*\\\n)*  .*)\n", printed)
    assert found, printed
    return found.group(1)


def paste(command_line: str, folder, *more) -> str:
    """Runs a command as a shell takes it, in a folder; returns what it has printed.

    A shell makes words of it, of which the first must find this interpreter. `more` are further
    arguments; the exit code must be 0.
    """
    shell = subprocess.run(
        ["bash", "-c", "printf '%s\\0' " + command_line], cwd=str(folder), check=True,
        stdout=subprocess.PIPE)
    words = [os.fsdecode(word) for word in shell.stdout.split(b"\0")[:-1]] + [str(a) for a in more]
    interpreter = words[0] if os.sep in words[0] else shutil.which(words[0])
    assert os.path.abspath(os.path.join(str(folder), interpreter)) == sys.executable, words
    done = run(os.path.join(str(folder), words[1]), *words[2:], cwd=str(folder))
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def notes(done: subprocess.CompletedProcess) -> list:
    """The lines of standard error besides progress."""
    return [line for line in done.stderr.splitlines() if not _PROGRESS.fullmatch(line)]


def error_line(done: subprocess.CompletedProcess) -> str:
    """The single line of error of a program that failed with exit code 1.

    Lines of progress before it, as on a busy machine, are ignored.
    """
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    lines = [line for line in done.stderr.splitlines() if not _PROGRESS.fullmatch(line)]
    assert len(lines) == 1, done.stderr
    return lines[0]
