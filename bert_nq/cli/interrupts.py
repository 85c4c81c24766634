"""Ctrl-C, from the first import of a program to its end.

The imports of a program take a good part of a second, and nothing has been done meanwhile: Ctrl-C
then ends it in a line. This module sees to it as soon as it is imported, which is why it imports so
little. (While Python itself starts, some hundredths of a second, a Ctrl-C is answered by Python.)
"""
import os
import signal
import sys

EXIT_CODE = 130  # that shells give to what Ctrl-C has ended


class Interrupts:
    """The handler of SIGINT: before the work, in it, and after it.

    Attributes:
      seen: whether the work was interrupted. Where a library turns the KeyboardInterrupt into an
        error of its own, this tells that it is none.
    """

    def __init__(self):
        self.seen = False
        self._works = False
        self._installed = False
        self._line = "interrupted: nothing has been done\n"

    def __call__(self, number, frame) -> None:
        if self._works:
            self.seen = True
            raise KeyboardInterrupt
        try:
            os.write(2, self._line.encode("ascii"))
        finally:  # Whether standard error takes the line or not.
            os._exit(EXIT_CODE)

    def install(self) -> None:
        """Makes it the handler, unless the process was started to ignore SIGINT, as by nohup."""
        if signal.getsignal(signal.SIGINT) not in (signal.SIG_IGN, None):
            signal.signal(signal.SIGINT, self)
            self._installed = True

    def work_begins(self) -> None:
        """From now on Ctrl-C raises KeyboardInterrupt."""
        self._works = True

    def work_ends(self, line: str) -> None:
        """From now on Ctrl-C ends the process at once, with `line` on standard error."""
        self._works, self._line = False, line
        if self._installed:
            self.install()  # Libraries put handlers in its place: pyspark does.


def of_process() -> Interrupts:
    """The handler of this process, or one that is not asked: SIGINT is ignored, or another's."""
    handler = signal.getsignal(signal.SIGINT)
    return handler if isinstance(handler, Interrupts) else Interrupts()


def is_program() -> bool:
    """Whether this process was started with a file of Python, rather than with -m, as pytest is.

    Its workers, too, import the file; they are left to those that started them.
    """
    main = sys.modules["__main__"]
    return (getattr(main, "__file__", None) or "").endswith(".py") and main.__spec__ is None


if is_program():
    Interrupts().install()
