"""Standard streams that are closed, full or read by no one.

What is printed is a result: where it cannot be written, that is an error. What is told on standard
error is not, and work goes on without it.
"""
import io
import os
import sys
from typing import Any, Optional

_NUMBERS = {"stdin": 0, "stdout": 1, "stderr": 2}


class _Output(io.FileIO):
    """Writes to a descriptor and remembers what went wrong.

    Attributes:
      error: that of the last write that failed.
    """

    def __init__(self, descriptor: int, keeps_on: bool, error: Optional[OSError] = None):
        """
        Args:
          descriptor: 1 or 2.
          keeps_on: whether a write that fails is passed over.
          error: what is known to be wrong with it.
        """
        super().__init__(descriptor, "wb", closefd=False)
        self.error = error
        self._keeps_on = keeps_on

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as e:
            self.error = e
            if not self._keeps_on:
                raise
            return len(data)


def mend() -> None:
    """Puts streams in place of the standard ones that do without the faults of these.

    The descriptors of closed ones are led to /dev/null, so that no file that is opened later gets
    their numbers, and with them what libraries print. Letters that cannot be printed are escaped.
    """
    errors = {}
    for name, number in _NUMBERS.items():
        try:
            os.fstat(number)
        except OSError as e:
            errors[name] = e
            # The lowest number that is free, which is this one.
            os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf8")
    sys.stdout = _stream(sys.stdout, _Output(1, False, errors.get("stdout")))
    sys.stderr = _stream(sys.stderr, _Output(2, True, errors.get("stderr")), True)


def _stream(before, raw: _Output, by_line: bool = False) -> io.TextIOWrapper:
    by_line = by_line or getattr(before, "line_buffering", False) or getattr(
        before, "write_through", False)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=getattr(before, "encoding", "utf8"),
                            errors="backslashreplace", line_buffering=by_line)


def error_of(stream) -> Optional[OSError]:
    """What went wrong with a stream that `mend` has made; None if nothing did."""
    return getattr(getattr(getattr(stream, "buffer", None), "raw", None), "error", None)


def finish(code: Any, message: str = "", cause: Optional[BaseException] = None) -> Any:
    """Writes what is left of output, and tells a last message.

    Args:
      code: the exit code, were it not for output that cannot be written.
      message: one line, on the error that `cause` is or has led to; "" where there is none.
      cause: of the end.

    Returns:
      The exit code.
    """
    lost = _flush_output()
    if lost:
        code = code or 1
        if cause is lost or not message:
            # No one is told that a reader such as `head` has seen enough.
            message = "" if isinstance(lost, BrokenPipeError) else (
                "error: cannot write to standard output: %s" % (lost.strerror or lost))
        _abandon_output()
    if message:
        _tell(message)
    return code


def _flush_output() -> Optional[OSError]:
    """Returns what went wrong with standard output, now or before."""
    try:
        sys.stdout.flush()
    except OSError as e:
        return e
    return error_of(sys.stdout)


def _abandon_output() -> None:
    """Leads standard output to nowhere, so that nothing, such as Python's end, tries it again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    if error_of(sys.stdout):
        sys.stdout.buffer.raw.error = None


def _tell(message: str) -> None:
    """Shows a line on standard error or, where that is closed or full, on output."""
    print(message, file=sys.stderr, flush=True)
    if error_of(sys.stderr) and not error_of(sys.stdout):
        print(message, flush=True)
