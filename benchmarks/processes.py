"""Measures whole processes."""
import os
import subprocess
import time
from typing import NamedTuple, Sequence

from bert_nq.base.errors import UserError


class Run(NamedTuple):
    """The cost of a process that ran to its end."""
    seconds: float  # from its start to its end
    cpu_seconds: float  # processor time, its workers' included
    peak_mb: float  # peak memory of the process or of one of its workers, whichever is larger


def on_one_core() -> None:
    """Keeps this process, and those that it starts, on one core; nothing where that cannot be."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def run(arguments: Sequence[str], log: str, **options) -> Run:
    """Runs a command and waits for it.

    Args:
      arguments: the command.
      log: path of the file for its output.
      **options: for subprocess.Popen.

    Raises:
      UserError: it failed.
    """
    start = time.perf_counter()
    with open(log, "wb") as out:
        process = subprocess.Popen(arguments, stdout=out, stderr=subprocess.STDOUT, **options)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = status  # or Popen would wait for it again
    if status:
        raise UserError("%s failed; what it said is in %s" % (" ".join(arguments[:2]), log))
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)
