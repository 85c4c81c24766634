"""Signals that end a training run in good order. Free of TensorFlow."""
import contextlib
import signal
import threading
from typing import Iterator, Optional

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopRequest:
    """Whether a signal has asked the run to stop."""

    def __init__(self):
        self.signal: Optional[signal.Signals] = None

    def __bool__(self) -> bool:
        return self.signal is not None


@contextlib.contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """In this block, the first SIGTERM or Ctrl-C is only noted; a second does what it always does.

    Python tells signals to the main thread alone: in another one nothing is changed.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def note(number, frame):
        del frame
        request.signal = signal.Signals(number)
        restore()

    # A signal that the process was started to ignore, as by nohup and &, stays ignored.
    before = {number: signal.signal(number, note) for number in _SIGNALS
              if signal.getsignal(number) is not signal.SIG_IGN}

    def restore():
        for number, handler in before.items():
            signal.signal(number, handler)

    try:
        yield request
    finally:
        restore()


def exit_code(stopped_by: signal.Signals) -> int:
    """The exit code that shells give a program that a signal ended: SIGTERM 143, Ctrl-C 130."""
    return 128 + stopped_by


