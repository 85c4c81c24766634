"""What a language model is fine-tuned for in an episode: texts, and rows of a task about each.

A new task is a file beside this one with a `TASK`, and a line in TASKS under the name that it has
in bert_nq.tasks, whose official scores it is tested by.
"""
import collections
import importlib
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Tuple

import numpy as np

from bert_nq.base.bad_input import BadInput
from bert_nq.base.errors import BadExampleError, UserError
from bert_nq.base.ids import hashed_id
from bert_nq.base.reading import Reading
from bert_nq.features.featurizer import Columns, Featurizer
from bert_nq.features.options import TextOptions

# Name to the module that has the task as TASK.
TASKS = {"classification": "bert_nq.masking_policy.tasks.classification",
         "squad": "bert_nq.masking_policy.tasks.squad"}

INPUTS = ("input_ids", "input_mask", "segment_ids")


class Options(NamedTuple):
    """The settings of rows, of all tasks; each takes what it needs."""
    max_seq_length: int  # wordpieces of a row
    labels: str = ""  # see datasets.classification.labels
    doc_stride: int = 128
    max_query_length: int = 64
    version_2_with_negative: bool = False
    head: str = ""  # of the task's heads; "": its default


class Task(NamedTuple):
    """A task, as episodes see it."""
    find_files: Callable[[str], List[str]]  # of a comma list of paths and globs
    reading: Reading  # of annotated files
    featurizer: Featurizer
    featurizer_options: Callable[[Options], Any]
    text_of: Callable[[Any], str]  # an example's text, which is masked and pretrained on
    labels: Tuple[str, ...]  # the features that the head's loss and accuracies read
    heads: Tuple[str, ...]  # the names of Options.head
    head: Callable[[Options], str]  # the whole name of the head
    decoder: Callable[[Options], Any]  # of the head's outputs, see decoding.decoders.make
    # (files, labels that were given or "", BadInput) -> Options.labels
    find_labels: Callable[[List[str], str, BadInput], str]
    defaults: Mapping[str, Any]  # of flags, where they depend on the task: the source's
    program: str  # that fine-tunes on all of the data


class Context(NamedTuple):
    """A text and all that the task asks about it. R rows of S wordpieces."""
    key: int  # a hash of the text: masks and rows go together by it, and not by an order
    text: str
    rows: Columns  # INPUTS, int32 [R, S], and the task's labels, int32 [R]


def get(name: str) -> Task:
    """The task of a name in TASKS."""
    return importlib.import_module(TASKS[name]).TASK


def read_contexts(task: Task, paths: List[str], text: TextOptions, options: Options,
                  bad_input: BadInput, watched: Callable[[Iterable], Iterable] = iter
                  ) -> List[Context]:
    """The texts of files with their rows, in the order in which they come first.

    Args:
      task: makes the rows.
      paths: the files.
      text: how text is cut.
      options: of rows.
      bad_input: told of examples that cannot be used.
      watched: passes the examples on, and shows how many went by.

    Raises:
      UserError: a file cannot be used, or no rows could be made.
    """
    maker = task.featurizer.make(text, task.featurizer_options(options))
    parts: Dict[str, List[Columns]] = collections.OrderedDict()
    for example in watched(task.reading.examples(paths, bad_input)):
        try:
            made = maker.training(example).rows.columns()
        except BadExampleError as e:
            bad_input.handle(e)
            continue
        parts.setdefault(task.text_of(example), []).append(
            {name: np.asarray(made[name], np.int32) for name in INPUTS + task.labels})
    if not parts:
        raise UserError("%s: there is no example that can be used" % ", ".join(paths))
    return [Context(hashed_id(each), each, joined(rows)) for each, rows in parts.items()]


def joined(rows: List[Columns]) -> Columns:
    """Rows one below the other."""
    return {name: np.concatenate([one[name] for one in rows]) for name in rows[0]}
