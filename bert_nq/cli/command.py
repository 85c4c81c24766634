"""The command `bert-nq`: runs a program by its name, wherever its file is.

    bert-nq                             lists the programs
    bert-nq prepare_nq_data --help      is python prepare/prepare_nq_data.py --help
"""
import os
import runpy
import sys
from typing import List, Optional

import bert_nq
from bert_nq.cli import program_files, start, streams

_USAGE = """\
usage: bert-nq NAME --flag=value ...
       bert-nq NAME --help
"""


def main(argv: Optional[List[str]] = None) -> int:
    """Runs the program that the first argument names; the others are its own.

    Returns:
      The exit code, where no program ran to an end by itself: 0 for a list, 1 for an unknown name.
    """
    if argv is None:
        start.begin()
    name, *args = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if name in ("-h", "-help", "--help"):
        return _show(listing())
    if name == "--version":
        return _show("bert_nq %s" % bert_nq.__version__)
    found = program_files.find_all().get(name)
    if found is None:
        return streams.finish(1, "error: " + _unknown(name))
    program_files.call_by_name()
    # As if Python had been given the file: key flags go by sys.argv[0], and worker processes
    # look for sys.modules["__main__"].
    sys.argv = [found.path] + args
    if found.stage == "demos":
        sys.path.insert(0, os.path.dirname(found.path))  # for what lies beside them
    runpy.run_path(found.path, run_name="__main__")
    return 0


def _show(text: str) -> int:
    try:
        print(text)
    except OSError as e:
        return streams.finish(1, cause=e)
    return streams.finish(0)


def listing() -> str:
    """All programs by stage, with a line each."""
    found = program_files.find_all()
    width = max(map(len, found))
    lines = [_USAGE]
    for stage, purpose in program_files.STAGES.items():
        here = [program for program in found.values() if program.stage == stage]
        if here:
            lines += [purpose] + ["  %-*s  %s" % (width, program.name, program.summary)
                                  for program in here] + [""]
    return "\n".join(lines[:-1])


def _unknown(name: str) -> str:
    near = program_files.nearest(name)
    return "there is no program %r%s; bert-nq alone lists them" % (
        name, ": is %s meant?" % " or ".join(near) if near else "")


if __name__ == "__main__":
    sys.exit(main())
