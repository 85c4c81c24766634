"""Parts that programs share: progress, the commands that they show, errors."""
import io
import os
import re
import subprocess
import sys
import threading

import pytest

from bert_nq.cli import program, program_files
from tests.support.programs import ROOT


class Terminal(io.StringIO):
    """A standard error that is a terminal, or says that it is none."""

    def __init__(self, is_terminal):
        super().__init__()
        self.isatty = lambda: is_terminal


@pytest.fixture
def clock(monkeypatch):
    """A clock that is moved by hand."""
    now = [1000.0]
    monkeypatch.setattr(program.time, "time", lambda: now[0])
    return now


def test_a_meter_writes_a_line_now_and_then(clock, monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal(False))
    with program.Meter(every_seconds=10) as meter:
        for seconds, done in ((5, 0.1), (10, 0.25), (19, 0.3), (20, 0.4)):
            clock[0] = 1000.0 + seconds
            meter.show("preparing", done, "pages %d" % (done * 100))
        meter.note("skipped: a line")
        clock[0] = 1022.0
        meter.show("writing", 0.0, "records 0")
        clock[0] = 1032.0
        meter.show("writing", 0.5, "records 9")
    # After 10 s a quarter is done: 30 s are left. After 20 s 40 % are done: 20 * 0.6 / 0.4 = 30.
    # Writing is half done 10 s after it began.
    assert program.sys.stderr.getvalue() == ("preparing: pages 25, 25 %, 30 s left\n"
                                             "preparing: pages 40, 40 %, 30 s left\n"
                                             "skipped: a line\n"
                                             "writing: records 9, 50 %, 10 s left\n")


def test_a_meter_draws_a_bar_on_a_terminal(monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal(True))
    with program.Meter() as meter:
        meter.show("preparing", 0.25, "pages 25")
        meter.note("skipped: a line")
        meter.show("writing", 0.5, "records 3")
    shown = program.sys.stderr.getvalue()
    assert "preparing:  25%|" in shown
    assert "pages 25" in shown
    assert "skipped: a line\n" in shown
    assert "writing:  50%|" in shown


def test_a_line_that_comes_while_the_bar_is_drawn_has_one_of_its_own(monkeypatch):
    notes = []

    class Slow(Terminal):
        """A terminal with a line of another thread that comes while the first bar is written."""

        def write(self, text):
            written = super().write(text)
            if "%|" in text and not notes:
                notes.append(threading.Thread(target=meter.note, args=("trying again",)))
                notes[0].start()
                notes[0].join(0.2)
            return written

    monkeypatch.setattr("sys.stderr", Slow(True))
    with program.Meter() as meter:
        meter.show("fetching", 0.0, "0 of 2 files")
        notes[0].join()
    assert "trying again" in re.split(r"[\r\n]+", program.sys.stderr.getvalue())


def test_nothing_is_known_of_the_time_before_anything_is_done(clock, monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal(False))
    meter = program.Meter(every_seconds=1)
    clock[0] += 2
    meter.show("preparing", 0.0, "pages 0")
    assert program.sys.stderr.getvalue() == "preparing: pages 0, 0 %\n"


def test_at_least_one_core():
    assert program.num_cores() >= 1


@pytest.fixture
def by_file(monkeypatch):
    """Programs are called by their files, from the root of the repository.

    The shell finds the interpreter as `python`.
    """
    monkeypatch.setattr(program_files, "_called_by_name", False)
    monkeypatch.setattr(program_files.shutil, "which", lambda name: sys.executable)
    monkeypatch.chdir(ROOT)


def test_a_command_has_the_path_from_the_current_folder(by_file, monkeypatch):
    assert program.command("eval/nq_eval.py", "--pretty_print") == (
        "python eval/nq_eval.py --pretty_print")
    monkeypatch.chdir(os.path.join(ROOT, "docs"))
    assert program.command("eval/nq_eval.py") == "python ../eval/nq_eval.py"
    assert program.command("bert_nq/run_nq.py") == "python ../bert_nq/run_nq.py"


def test_a_command_by_name(monkeypatch, tmp_path):
    monkeypatch.setattr(program_files, "_called_by_name", True)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    assert program.command("eval/nq_eval.py", "--pretty_print") == "bert-nq nq_eval --pretty_print"
    # The command of this environment, which a shell does not find by its name.
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "bert-nq").write_text("")
    assert program.command("eval/nq_eval.py") == "%s/bin/bert-nq nq_eval" % tmp_path
    monkeypatch.setattr(program_files.shutil, "which", lambda name: "%s/bin/%s" % (tmp_path, name))
    assert program.command("eval/nq_eval.py") == "bert-nq nq_eval"


@pytest.mark.parametrize("executable, word", [
    ("{here}/.venv/bin/python", ".venv/bin/python"),
    ("{here}/my venv/bin/python", "'my venv/bin/python'"),
    ("{here}/-x/bin/python", "./-x/bin/python"),
    ("{here}/python", "./python"),
    ("{here}/../other/bin/python3", "{above}/other/bin/python3"),
    ("", "python"),
])
def test_a_command_names_the_interpreter(by_file, monkeypatch, tmp_path, executable, word):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(program_files.shutil, "which", lambda name: "/usr/bin/python")
    monkeypatch.setattr(sys, "executable", executable.format(here=tmp_path))
    assert program_files.python() == word.format(above=tmp_path.parent)


def test_values_are_quoted_where_a_shell_would_change_them(by_file):
    assert program.command(
        "bert_nq/run_nq.py", "--do_predict", "--predict_file=dev/*.gz", program.NEW_LINE,
        "--output_dir=my model", "--init_checkpoint=", "a b", "...") == (
            "python bert_nq/run_nq.py --do_predict --predict_file='dev/*.gz' \\\n"
            "      --output_dir='my model' --init_checkpoint= 'a b' ...")
    assert program.command("eval/nq_eval.py", "--gold_path=$(id)", "--report=-x",
                           "--output_json=a\n\udcff'.json") == (
        "python eval/nq_eval.py --gold_path='$(id)' --report=-x "
        "--output_json=$'a\\n\\xff\\'.json'")


_FAULTY = """
from bert_nq.cli.start import run
from absl import flags
from bert_nq.cli import program
flags.DEFINE_float("rate", 0.5, "A number.", lower_bound=0)
def main():
    raise {error}
if __name__ == "__main__":
    run(main)
"""


def run_faulty(tmp_path, error, *flags):
    script = tmp_path / "faulty.py"
    script.write_text(_FAULTY.format(error=error))
    return subprocess.run([sys.executable, str(script)] + list(flags), capture_output=True,
                          text=True, env=dict(os.environ, PYTHONPATH=ROOT, TMPDIR=str(tmp_path)))


@pytest.mark.parametrize("error, summary", [
    ("KeyError('x')", "KeyError: 'x'"), ("RuntimeError('two\\nlines')", "RuntimeError: two"),
    ("MemoryError()", "MemoryError: ?"), ("ValueError('\\ud800')", "ValueError: ")])
def test_an_error_of_the_program_itself_is_a_line_and_a_file(tmp_path, error, summary):
    done = run_faulty(tmp_path, error)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error of the program itself, please report it: " + summary)
    path = re.search(r"is in (.*)\)$", done.stderr.strip()).group(1)
    with open(path, encoding="utf8") as f:
        text = f.read()
    assert text.splitlines()[0] == str(tmp_path / "faulty.py")
    assert "Traceback (most recent call last):" in text and "raise " + error in text


@pytest.mark.parametrize("number", ["nan", "inf", "NaN"])
def test_numbers_must_be_finite(tmp_path, number):
    done = run_faulty(tmp_path, "KeyError('x')", "--rate=" + number)
    assert (done.returncode, done.stderr) == (
        1, "error: --rate=%s: give a finite number\n" % float(number))
