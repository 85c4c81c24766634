"""The scalars of a training run for TensorBoard."""
import glob
import os
import re
from typing import Mapping

from bert_nq.modeling.runtime import tf


def step_tag(name: str) -> str:
    """The tag of a step's scalar: X_loss becomes loss/X, X_accuracy accuracy/X, loss loss/total.

    TensorBoard groups tags by the part before the "/".
    """
    if name == "loss":
        return "loss/total"
    return re.sub(r"^(.+)_(loss|accuracy)$", r"\2/\1", name)


def evaluation_tag(key: str) -> str:
    """The tag of a score's key.

    "X-best-threshold-f1" becomes dev/X_f1, "X-recall-at-precision>=0.5"
    dev/X_recall_at_precision_0.5.
    """
    key = re.sub(r"-best-threshold(-(f1|precision|recall))$", r"\1", key)
    key = re.sub(r"-best-threshold$", "-threshold", key)
    return "dev/" + re.sub(r"[^\w.]+", "_", key)


class SummaryWriter:
    """Appends to the events in a folder.

    What an earlier process wrote of steps after `start_step` is superseded: TensorBoard drops it.
    The Estimator's own summaries should be off (save_summary_steps=None), since they begin a file
    in the same way, from a step that is not quite known.

    Args:
      output_dir: the folder; made if it is not there.
      start_step: the steps that were done before.
    """

    def __init__(self, output_dir: str, start_step: int = 0):
        # TensorFlow names the file by the second, and TensorBoard reads files in the order of their
        # names: a number keeps those apart, and in order, that begin in the same second.
        started = len(glob.glob(os.path.join(glob.escape(output_dir), "*tfevents*")))
        self._writer = tf.summary.FileWriter(output_dir, filename_suffix=".%05d" % started)
        # TensorBoard drops what has this step or a later one, and keeps the scores of start_step.
        self._writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), start_step + 1)

    def add_step(self, step: int, scalars: Mapping[str, float]) -> None:
        """Writes a step's values.

        Args:
          step: counted from 1.
          scalars: written as loss/total, loss/X and accuracy/X, others, such as gradient_norm,
            learning_rate, examples_per_second and data_wait, as they are.
        """
        self._add(step, {step_tag(name): value for name, value in scalars.items()})

    def add_evaluation(self, step: int, scores: Mapping[str, float]) -> None:
        """Writes the scores of the model after `step`, by their keys."""
        self._add(step, {evaluation_tag(key): value for key, value in scores.items()})
        self._writer.flush()

    def _add(self, step: int, values: Mapping[str, float]) -> None:
        self._writer.add_summary(tf.Summary(value=[
            tf.Summary.Value(tag=tag, simple_value=value)
            for tag, value in sorted(values.items())]), step)

    def flush(self) -> None:
        """Brings what was added to the file."""
        self._writer.flush()

    def close(self) -> None:
        """Flushes and closes the file."""
        self._writer.close()
