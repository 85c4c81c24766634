"""The log lines that TensorFlow writes while it is loaded, before it reads how many are wanted.

From 2.16 on its libraries log to standard error as they are loaded, for example that there is no
GPU, and read TF_CPP_MIN_LOG_LEVEL only afterwards:

    WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
    I0000 00:00:1795954166.225934   10294 cudart_stub.cc:31] Could not find cuda drivers on ...

`wanted` holds them to the variable as well. A process of its own reads what comes, so that a last
word before TensorFlow ends the process, say on a CPU that it was not built for, is read as well.
"""
import contextlib
import os
import subprocess
import sys
from typing import Iterator

# Whether TensorFlow is so new: there is none older for these Pythons.
_LOGS_EARLY = sys.version_info >= (3, 12)
# As the severities of a line, "INFO" and so on, are counted by TF_CPP_MIN_LOG_LEVEL: a level of 3
# leaves only fatal errors.
_SEVERITIES = b"IWE"
_SECONDS_TO_END = 1.0

# The reader: passes on what is no log line, and the log lines that are wanted.
_READER = r"""
import os, re, sys
dropped = re.compile(rb"[%s]\d{4} \d\d:\d\d:\d+\.\d+ +\d+ [\w./-]+:\d+\] ")
notice = b"WARNING: All log messages before absl::InitializeLog() is called"
for line in sys.stdin.buffer:
    if not dropped.match(line) and not line.startswith(notice):
        os.write(2, line)
"""


@contextlib.contextmanager
def wanted() -> Iterator[None]:
    """Within it, log lines under TF_CPP_MIN_LOG_LEVEL do not reach standard error; all else does.
    """
    level = _min_level()
    if level < 1 or not _LOGS_EARLY:
        yield
        return
    try:
        stderr = os.dup(2)
        reader = _start_reader(_SEVERITIES[:level])
    except OSError:  # There is no standard error, or no process can be started.
        yield
        return
    os.dup2(reader.stdin.fileno(), 2)
    reader.stdin.close()
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        with contextlib.suppress(subprocess.TimeoutExpired):  # Another process writes there still.
            reader.wait(_SECONDS_TO_END)


def _min_level() -> int:
    """TensorFlow's level; 0, which is all lines, where the variable is no number."""
    try:
        return int(os.environ.get("TF_CPP_MIN_LOG_LEVEL", "0"))
    except ValueError:
        return 0


def _start_reader(severities: bytes) -> subprocess.Popen:
    """A reader of its own session, so that Ctrl-C does not end it before this process."""
    source = _READER % severities.decode()
    return subprocess.Popen([sys.executable, "-I", "-S", "-c", source], stdin=subprocess.PIPE,
                            stdout=subprocess.DEVNULL, start_new_session=True)
