"""Runs Google's bert_joint/prepare_nq_data.py, which is not part of this project."""
import collections
import os

import processes

from bert_nq.base.errors import UserError
from bert_nq.records import examples, tfrecord

_MODULE = "language.question_answering.bert_joint.prepare_nq_data"

# The script is written for Python 2: the launcher provides xrange and files that are read as bytes.
_LAUNCHER = """
import builtins, runpy, sys
import tensorflow as tf
sys.path.insert(0, sys.argv.pop(1))
builtins.xrange = range
tf.gfile.Open = lambda path, mode="rb": tf.gfile.GFile(path, "rb")
runpy.run_module("%s", run_name="__main__", alter_sys=True)
""" % _MODULE


def check(checkout: str) -> None:
    """Checks that the checkout has the script.

    Raises:
      UserError: it does not.
    """
    script = os.path.join(checkout, *_MODULE.split(".")) + ".py"
    if not os.path.exists(script):
        raise UserError("there is no %s: --reference is the folder that has language/ in it"
                        % script)


class Reference:
    """The reference script with its settings.

    Attributes:
      records: the record file that `run` writes.
    """

    def __init__(self, checkout: str, python: str, vocab_file: str, include_unknowns: float,
                 folder: str):
        self.records = os.path.join(folder, "reference.tfrecord")
        self._log = os.path.join(folder, "reference.log")
        self._arguments = [python, "-c", _LAUNCHER, checkout, "--vocab_file=" + vocab_file,
                           "--include_unknowns=%g" % include_unknowns,
                           "--output_tfrecord=" + self.records]

    def run(self, shard: str, pages: int) -> processes.Run:
        """Makes training records of the first pages of a shard."""
        return processes.run(
            self._arguments + ["--input_jsonl=" + shard, "--max_examples=%d" % pages], self._log,
            # Uses the script's TensorFlow, not the benchmark's.
            env=dict(os.environ, PYTHONPATH="", TF_CPP_MIN_LOG_LEVEL="3"))


def features(path: str) -> "collections.Counter":
    """The records of a file as a multiset, each a tuple of (name, values); ignores their order."""
    return collections.Counter(
        tuple(sorted((name, values.tobytes())
                     for name, values in examples.parse(payload, path).items()))
        for payload in tfrecord.read_records(path))
