"""The programs of this project: where their files are, and what each one does.

In a checkout they lie in folders beside the package, by the stage a person is in. setup.py puts
these folders into the wheel, as bert_nq/programs/FOLDER, so that `bert-nq NAME` (command.py) finds
them where only the package is installed. Nothing here imports a program.
"""
import ast
import difflib
import glob
import os
import shutil
import sys
from typing import Dict, List, NamedTuple

from bert_nq.cli import quoting

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_INSTALLED = os.path.join(_PACKAGE, "programs")

# Folder -> what one does there, in the order in which a person comes to them.
STAGES = {
    "prepare": "Get data and models, and turn pages into records",
    "augment": "Make more pages of those that there are",
    "records": "Look into records",
    "bert_nq": "Train, predict and ask",
    "eval": "Score, combine and look at predictions",
    "demos": "Try it without data",
}

_COMMAND = "bert-nq"

_called_by_name = False


class Program(NamedTuple):
    """A file that is run."""
    name: str     # "nq_eval"
    path: str     # "/home/me/bert_nq/eval/nq_eval.py"
    stage: str    # a key of STAGES
    summary: str  # the first line of its docstring


def is_checkout() -> bool:
    """Whether the folders of programs lie beside the package, as in the repository."""
    return not os.path.isdir(_INSTALLED)


def path_of(relative_path: str) -> str:
    """The file of a program that the repository has at `relative_path`: "eval/nq_eval.py"."""
    stage, name = os.path.split(relative_path)
    if stage == "bert_nq":
        return os.path.join(_PACKAGE, name)
    root = os.path.dirname(_PACKAGE) if is_checkout() else _INSTALLED
    return os.path.join(root, stage, name)


def find_all() -> Dict[str, Program]:
    """All programs by name, stage by stage, each stage in the order of the alphabet."""
    found = {}
    for stage in STAGES:
        for path in sorted(glob.glob(os.path.join(glob.escape(path_of(stage + "/")), "*.py"))):
            with open(path, encoding="utf8") as f:
                text = f.read()
            if '__name__ == "__main__"' in text:
                name = os.path.basename(path)[:-len(".py")]
                summary = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
                found[name] = Program(name, path, stage, summary)
    return found


def nearest(name: str) -> List[str]:
    """Up to three names of programs that are like `name`, the nearest first."""
    names = list(find_all())
    return ([other for other in names if name and name in other]
            or difflib.get_close_matches(name, names))[:3]


def call_by_name() -> None:
    """Notes that this process was started as `bert-nq NAME`."""
    global _called_by_name
    _called_by_name = True


def called_by_name() -> bool:
    """Whether commands that are shown should be `bert-nq NAME`: always, without a checkout."""
    return _called_by_name or not is_checkout()


def how_to_run(relative_path: str) -> List[str]:
    """The words that run a program in a shell, in the way that this process was started.

    Args:
      relative_path: its file in the repository, such as "eval/nq_eval.py".
    """
    if called_by_name():
        beside = os.path.join(os.path.dirname(sys.executable), _COMMAND)
        return [_executable(_COMMAND, beside if os.path.exists(beside) else ""),
                os.path.basename(relative_path)[:-len(".py")]]
    path = os.path.relpath(path_of(relative_path))
    return [python(), quoting.for_shell("./" + path if path.startswith("-") else path)]


def python() -> str:
    """The word that a shell needs to run the interpreter of this process."""
    return _executable("python", sys.executable)


def _executable(name: str, path: str) -> str:
    """`name` where a shell finds `path` by it, else the path, from the current folder if it is
    below that."""
    found = shutil.which(name)
    if not path or (found and os.path.abspath(found) == os.path.abspath(path)):
        return name
    here = os.path.relpath(path)
    if here.startswith(os.pardir + os.sep):
        return quoting.for_shell(os.path.abspath(path))
    return quoting.for_shell(here if os.sep in here and not here.startswith("-")
                             else os.path.join(os.curdir, here))
