"""What programs share: progress, and the commands that they show."""
import io
import os

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
    """Programs are called by their files, from the root of the repository."""
    monkeypatch.setattr(program_files, "_called_by_name", False)
    monkeypatch.chdir(ROOT)


def test_a_command_has_the_path_from_the_current_folder(by_file, monkeypatch):
    assert program.command("eval/nq_eval.py", "--pretty_print") == (
        "python eval/nq_eval.py --pretty_print")
    monkeypatch.chdir(os.path.join(ROOT, "docs"))
    assert program.command("eval/nq_eval.py") == "python ../eval/nq_eval.py"
    assert program.command("bert_nq/run_nq.py") == "python ../bert_nq/run_nq.py"


def test_a_command_by_name(monkeypatch):
    monkeypatch.setattr(program_files, "_called_by_name", True)
    assert program.command("eval/nq_eval.py", "--pretty_print") == "bert-nq nq_eval --pretty_print"


def test_values_are_quoted_where_a_shell_would_change_them(by_file):
    assert program.command(
        "bert_nq/run_nq.py", "--do_predict", "--predict_file=dev/*.gz", program.NEW_LINE,
        "--output_dir=my model", "--init_checkpoint=", "a b", "...") == (
            "python bert_nq/run_nq.py --do_predict --predict_file='dev/*.gz' \\\n"
            "      --output_dir='my model' --init_checkpoint= 'a b' ...")
