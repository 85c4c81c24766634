"""Error pages of predictions, by the format of these.

A format, one of cli.prediction_formats, is a line in FORMATS and a module in this folder with

    plan(gold_paths, bad_input)  which goes by the flags of eval/error_pages.py and returns a Plan
    NAME                         for messages
    OWN_FLAGS                    the flags that not all formats take, by name
    ONLY                         the values of --only
"""
import importlib
from typing import Any, Callable, Iterator, NamedTuple

from absl import flags

from bert_nq.base.errors import UserError

FORMATS = {
    "nq": "bert_nq.cli.error_pages.nq",
    "squad": "bert_nq.cli.error_pages.squad",
}

FLAGS = flags.FLAGS


class Plan(NamedTuple):
    """A site to be written, when all but the texts was read and scored."""
    num_scored: int
    num_chosen: int  # questions that get a file
    write: Iterator[str]  # yields the name of each question's file when it was written
    print_scores: Callable[[], None]


def planner(name: str) -> Any:
    """The module of a format; raises UserError where flags were given that it does not take."""
    modules = {other: importlib.import_module(path) for other, path in FORMATS.items()}
    module = modules[name]
    for other in modules.values():
        for flag in other.OWN_FLAGS:
            if flag not in module.OWN_FLAGS and FLAGS[flag].present:
                raise UserError("--%s is for predictions of %s, and those of %s are of %s: "
                                "leave it out" % (flag, other.NAME, FLAGS.predictions_path,
                                                  module.NAME))
    if FLAGS.only not in module.ONLY:
        raise UserError("--only=%s is not for predictions of %s, which take %s"
                        % (FLAGS.only, module.NAME, ", ".join(module.ONLY)))
    return module
