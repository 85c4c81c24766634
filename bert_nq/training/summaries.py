"""The scalars of a training run for TensorBoard."""
import glob
import os
import re
from typing import Mapping

from bert_nq.modeling.runtime import tf

# Tags by the names that steps have; TensorBoard groups by what is before the "/".
_TAGS = {
    "loss": "loss/total", "start_loss": "loss/start", "end_loss": "loss/end",
    "type_loss": "loss/type", "start_accuracy": "accuracy/start", "end_accuracy": "accuracy/end",
    "type_accuracy": "accuracy/type",
}


def evaluation_tag(key: str) -> str:
    """The tag of one of the official scorer's keys, such as dev/long_f1 (at the best threshold).

    "long-recall-at-precision>=0.5" becomes dev/long_recall_at_precision_0.5.
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
          scalars: losses as loss/total, loss/start, ..., accuracies as accuracy/start, ..., others,
            such as gradient_norm, learning_rate, examples_per_second and data_wait, as they are.
        """
        self._add(step, {_TAGS.get(name, name): value for name, value in scalars.items()})

    def add_evaluation(self, step: int, scores: Mapping[str, float]) -> None:
        """Writes the scores of the model after `step`, given under the official keys."""
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
