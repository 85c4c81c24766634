"""Processes that take turns, so that other load on the machine affects all of them alike."""
import json
import os
import statistics
import subprocess
from typing import Dict, List, NamedTuple, Sequence

from bert_nq.base.errors import UserError

_HERE = os.path.dirname(os.path.abspath(__file__))


class Turn(NamedTuple):
    """The cost of one step."""
    seconds: float
    cpu_seconds: float
    peak_mb: float  # peak memory of the process beyond its memory before the first step


class Contender:
    """A process that makes a step on command.

    Args:
      python: its interpreter.
      module: the module of this folder whose `main` it runs.
      kind: one of the module's KINDS.
      settings: sizes of model and batch.

    Raises:
      UserError: it cannot be run.
    """

    def __init__(self, python: str, module: str, kind: str, settings: dict):
        # Our sources come first, whatever the interpreter has installed.
        path = os.pathsep.join([_HERE, os.path.dirname(_HERE), os.environ.get("PYTHONPATH", "")])
        try:
            self._process = subprocess.Popen(
                [python, "-c", "import %s; %s.main()" % (module, module), kind,
                 json.dumps(settings)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                universal_newlines=True,
                env=dict(os.environ, PYTHONPATH=path, PYTHONWARNINGS="ignore"))
        except OSError as e:
            raise UserError("%s cannot be run: %s" % (python, e.strerror)) from e
        self.release = self._answer()["release"]

    def turn(self) -> Turn:
        """Makes a step and returns its cost."""
        self.begin()
        return self.end()

    def begin(self) -> None:
        """Starts a step."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self) -> Turn:
        """Waits for the step's end and returns its cost."""
        return Turn(**self._answer())

    def close(self) -> None:
        """Ends the process, whose memory others may need."""
        self._process.stdin.close()
        self._process.wait()

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            error_lines = self._process.stderr.read().strip().split("\n")
            raise UserError(error_lines[-1])
        return json.loads(line)


def check_known(flag: str, kinds: Sequence[str], known: Sequence[str]) -> None:
    """Checks the contenders that a flag names.

    Raises:
      UserError: one of them is not in `known`.
    """
    for kind in kinds:
        if kind not in known:
            raise UserError("--%s: %s is none of %s" % (flag, kind, ", ".join(known)))


def median_turns(turns: Dict[str, List[Turn]]) -> Dict[str, Turn]:
    """The median of each number over the turns of each contender."""
    return {name: Turn(*map(statistics.median, zip(*values))) for name, values in turns.items()}
