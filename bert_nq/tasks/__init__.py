"""Tasks: each one a value that names its dataset, features, head, decoders and measure.

A new task is a file beside this one and a line in TASKS. Only bert_nq.cli looks a task up by name;
training, prediction and records are given the values that they need of it.
"""
import importlib

from bert_nq.base.errors import UserError
from bert_nq.tasks.task import Task

# Name to the module that has the task as TASK.
TASKS = {
    "nq_joint": "bert_nq.tasks.nq_joint",
    "squad": "bert_nq.tasks.squad",
    "classification": "bert_nq.tasks.classification",
    "quesbelm": "bert_nq.tasks.quesbelm",
    "masked_lm": "bert_nq.tasks.masked_lm",
}


def get(name: str) -> Task:
    """The task of a name.

    Raises:
      UserError: there is none.
    """
    if name not in TASKS:
        raise UserError("there is no task %r: there are %s" % (name, ", ".join(sorted(TASKS))))
    return importlib.import_module(TASKS[name]).TASK
