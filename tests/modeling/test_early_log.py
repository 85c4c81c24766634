"""What TensorFlow logs while it is loaded, held to TF_CPP_MIN_LOG_LEVEL."""
import os
import subprocess
import sys

import pytest

from bert_nq.modeling import early_log
from tests.support.programs import ROOT

NOTICE = "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
INFO = "I0000 00:00:1795954166.225934   10294 cudart_stub.cc:31] Could not find cuda drivers\n"
WARNING = "W0000 00:00:1795954166.225934   10294 port.cc:153] Some numbers may differ.\n"
ERROR = "E0000 00:00:1795954187.802987   10510 cuda_platform.cc:52] failed call to cuInit\n"
FATAL = "F0000 00:00:1795954187.802987   10510 cpu_feature_guard.cc:22] compiled to use AVX\n"
OTHER = "Traceback (most recent call last):\n"
ALL = NOTICE + INFO + OTHER + WARNING + ERROR + FATAL


@pytest.fixture(autouse=True)
def logs_early(monkeypatch):
    monkeypatch.setattr(early_log, "_LOGS_EARLY", True)


@pytest.mark.parametrize("level, left", [
    ("3", OTHER + FATAL), ("2", OTHER + ERROR + FATAL), ("1", OTHER + WARNING + ERROR + FATAL),
    ("0", ALL), ("", ALL)])
def test_lines_under_the_level_are_dropped(monkeypatch, capfd, level, left):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", level)
    with early_log.wanted():
        os.write(2, ALL.encode())
    os.write(2, b"after\n")

    assert capfd.readouterr().err == left + "after\n"


def test_an_error_passes_through(monkeypatch, capfd):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    with pytest.raises(ImportError, match="libcudart"):
        with early_log.wanted():
            raise ImportError("libcudart")
    os.write(2, INFO.encode())

    assert capfd.readouterr().err == INFO


def test_the_last_words_of_a_process_are_read():
    program = ("import os; from bert_nq.modeling import early_log; early_log._LOGS_EARLY = True\n"
               "with early_log.wanted():\n"
               "    os.write(2, %r); os.kill(os.getpid(), 9)" % (INFO + FATAL).encode())
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE,
                          env=dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3"))

    assert (done.returncode, done.stderr.decode()) == (-9, FATAL)


def test_without_standard_error(monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    before = os.dup(2)
    os.close(2)
    try:
        with early_log.wanted():
            loaded = True
    finally:
        os.dup2(before, 2)
        os.close(before)

    assert loaded
