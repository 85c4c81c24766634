"""The first import of every program, and its last line, `run(main)`.

From this import on Ctrl-C and streams that are closed or full are seen to.
"""
from bert_nq.cli.interrupts import Interrupts, is_program  # before the others

from typing import Callable

from bert_nq.cli import streams


def begin() -> None:
    """Sees to Ctrl-C and to the streams of this process, which is a program's."""
    Interrupts().install()
    streams.mend()


def run(main: Callable[[], None]) -> None:
    """Runs a program, see `program.run`."""
    from bert_nq.cli import program
    program.run(main)


if is_program():
    streams.mend()
