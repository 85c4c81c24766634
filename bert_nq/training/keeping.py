"""The keeper of a training run: the last checkpoints, the best one, their average, the history.

In the model's folder:

    model.ckpt-N.*, checkpoint   the last checkpoints
    history.json                 losses and scores, see training.history; as of the last checkpoint
    best/                        a copy of the checkpoint with the best dev score, without optimizer
    averaged/                    the average of the last checkpoints
    history.png                  losses and scores as a picture
"""
import os
from typing import Callable, Dict, List, Optional, Sequence

import numpy as np

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.estimator import failures, model_folder
from bert_nq.estimator.model_folder import AVERAGED, BEST, HISTORY
from bert_nq.modeling import checkpoints
from bert_nq.modeling.runtime import tf
from bert_nq.training.history import Evaluation, History
from bert_nq.training.settings import KeepingSettings
from bert_nq.training.stopping import StopRequest

SCORES = "scores.json"

# Given the prefix of a checkpoint and whether to stop, its scores on the dev set by their keys;
# None if it stopped before it had them.
Evaluate = Callable[[str, StopRequest], Optional[Dict[str, float]]]


class Keeper:
    """Saves the checkpoints of a run, scores them, and keeps the best.

    Only one process of a run has one. `begin` comes first, then `after_step` for every step, then
    `save` once more at the end.

    Args:
      output_dir: the model's folder.
      settings: when to do what.
      keys: of the scores by whose mean a checkpoint is the best, see Measure.keys.
      history: is given the evaluations, and written with every checkpoint.
      evaluate: scores a checkpoint; None: nothing is scored.
      told: is given each evaluation, and whether it is the best so far.
      stop: what is begun is given up when it says so. An evaluation is made by the next start.
    """

    def __init__(self, output_dir: str, settings: KeepingSettings, keys: Sequence[str],
                 history: History, evaluate: Optional[Evaluate],
                 told: Callable[[Evaluation, bool], None], stop: StopRequest):
        self._prefix = os.path.join(output_dir, model_folder.CHECKPOINT)
        self._output_dir = output_dir
        self._settings = settings
        self._keys = keys
        self._history = history
        self._evaluate = evaluate
        self._told = told
        self._stop = stop
        self._saver: Optional[tf.train.Saver] = None
        self._saved_step = -1

    def begin(self, session: tf.Session, step: int) -> None:
        """Saves the initial weights, or scores the checkpoint that a killed run has not scored."""
        self._saver, = session.graph.get_collection(tf.GraphKeys.SAVERS)
        if step:
            # Else it would forget the checkpoints that are there, and never remove them.
            self._saver.recover_last_checkpoints(checkpoints.all_in(self._output_dir))
            self._saved_step = step
            self._evaluate_if_due(session, step, last=False)
        else:
            self.save(session, 0)

    def after_step(self, session: tf.Session, step: int, last: bool) -> bool:
        """Does what is due after a step; returns whether training should stop early."""
        if last or step % self._settings.save_checkpoints_steps == 0:
            self.save(session, step)
        self._evaluate_if_due(session, step, last)
        return has_stopped_improving(self._history, self._keys, self._settings.early_stopping)

    def score_finished(self, step: int) -> None:
        """Scores the last checkpoint if that has not been done: after training without a hook, and
        where the scoring was broken off."""
        self._saved_step = step
        self._evaluate_if_due(None, step, last=True)

    def save(self, session: Optional[tf.Session], step: int) -> None:
        """Saves a checkpoint of this step, unless there is one."""
        if step == self._saved_step:
            return
        # The history first: what it has of later steps than the newest checkpoint is dropped again.
        self._write_history()
        with failures.as_user_error("saving a checkpoint"):
            self._saver.save(session, self._prefix, global_step=step, write_meta_graph=False)
        self._saved_step = step

    def _evaluate_if_due(self, session: Optional[tf.Session], step: int, last: bool) -> None:
        every = self._settings.eval_every
        due = last or (every and step % every == 0)
        done = any(e.step == step for e in self._history.evaluations)
        if self._evaluate is None or not due or done:
            return
        self.save(session, step)
        checkpoint = "%s-%d" % (self._prefix, step)
        scores = self._evaluate(checkpoint, self._stop)
        if scores is None:
            return
        self._history.add_evaluation(step, scores)
        best = self._history.best(self._keys)
        if best.step == step:
            keep_copy(checkpoint, os.path.join(self._output_dir, BEST), best.scores)
        self._write_history()
        self._told(self._history.evaluations[-1], best.step == step)

    def _write_history(self) -> None:
        self._history.write(os.path.join(self._output_dir, HISTORY))


def has_stopped_improving(history: History, keys: Sequence[str], early_stopping: int) -> bool:
    """Whether the last so many evaluations were all no better than one before; 0: never."""
    best = history.best(keys)
    if not early_stopping or best is None:
        return False
    later = [e for e in history.evaluations if e.step > best.step]
    return len(later) >= early_stopping


def keep_copy(checkpoint: str, folder: str, scores: Dict[str, float]) -> None:
    """Makes `folder` a model's folder with the weights of one checkpoint, without the optimizer's.

    What was there before is removed when the new one is complete.
    """
    write_model(checkpoints.read_weights(checkpoint), checkpoint, folder)
    files.write_json(os.path.join(folder, SCORES), scores)


def write_model(weights: Dict[str, np.ndarray], like: str, folder: str) -> str:
    """Writes weights as the one checkpoint of a model's folder; returns the checkpoint's prefix.

    Args:
      weights: by variables' names.
      like: a checkpoint of the same step and name, with the config and the vocabulary beside it.
      folder: is made if it is not there.
    """
    model_dir, name = os.path.split(like)
    prefix = os.path.join(folder, name)
    # Without a step the Estimator does not predict.
    step = np.asarray(tf.train.load_variable(like, "global_step"))
    checkpoints.write_weights(prefix, dict(weights, global_step=step))
    model_folder.copy_kept_files(model_dir, folder)
    # The state names one checkpoint; it changes in one move, so that the folder is always a whole.
    tf.train.update_checkpoint_state(folder, name, [name])
    for other in _checkpoints_in(folder):
        if other != prefix:
            tf.train.remove_checkpoint(other)
    return prefix


def average_last(output_dir: str, number: int) -> str:
    """Writes the average of the last checkpoints of a folder into its folder averaged/.

    Izmailov et al. 2018 (stochastic weight averaging), over the end of one run.

    Args:
      output_dir: the model's folder.
      number: how many; fewer where there are not as many.

    Returns:
      the prefix of the average.

    Raises:
      UserError: there is no checkpoint.
    """
    # The untrained model, step 0, is no part of it.
    trained = [c for c in checkpoints.all_in(output_dir) if not c.endswith("-0")][-number:]
    if not trained:
        raise UserError("%s has no checkpoint to average" % output_dir)
    sums: Dict[str, np.ndarray] = {}
    for checkpoint in trained:
        for name, weights in checkpoints.read_weights(checkpoint).items():
            sums[name] = sums.get(name, 0.0) + weights.astype(np.float64)
    average = {name: (total / len(trained)).astype(np.float32) for name, total in sums.items()}
    return write_model(average, trained[-1], os.path.join(output_dir, AVERAGED))


def _checkpoints_in(folder: str) -> List[str]:
    names = tf.io.gfile.listdir(folder)
    return [os.path.join(folder, name[:-len(".index")]) for name in names
            if name.endswith(".index")]
