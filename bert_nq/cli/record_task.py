"""The task that record files were made for."""
from typing import Sequence

from bert_nq import tasks
from bert_nq.base.errors import UserError
from bert_nq.features import spec
from bert_nq.records import examples, tfrecord
from bert_nq.tasks.task import Task

# Of records that are of no task, all that is wrong is told by the rules of this one.
_DEFAULT = "nq_joint"


def task_of(paths: Sequence[str]) -> Task:
    """The task whose features the first record has.

    Args:
      paths: record files. What is damaged is not told here, since whoever reads them all does.
    """
    try:
        found = list(examples.parse(next(tfrecord.read_records(paths[0])), paths[0]))
    except (UserError, StopIteration):
        return tasks.get(_DEFAULT)
    fitting = [task for task in map(tasks.get, tasks.TASKS)
               if spec.purpose_of(task.featurizer.spec, found)]
    return fitting[0] if fitting else tasks.get(_DEFAULT)
