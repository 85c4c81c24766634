"""What happens around each step of training: counting, watching, saving, stopping."""
import time
from typing import Dict, Optional

from bert_nq.modeling.runtime import tf
from bert_nq.training.keeping import Keeper
from bert_nq.training.stopping import StopRequest
from bert_nq.training.watching import Watch

# Graph collections by which the hook finds what it fetches.
_NAMES, _VALUES = "bert_nq_watched_names", "bert_nq_watched_values"


def watch_scalars(scalars: Dict[str, tf.Tensor]) -> None:
    """Has the hook fetch these scalars of the graph after each step.

    With several devices in one process, those of the first are fetched: they are the same in all.
    """
    if not tf.get_collection(_VALUES):
        names = sorted(scalars)
        for name in names:
            tf.add_to_collection(_NAMES, name)
        tf.add_to_collection(_VALUES, tf.stack([tf.cast(scalars[name], tf.float64)
                                                for name in names]))


class TrainingHook(tf.train.SessionRunHook):
    """Calls back after each step, and ends the training when it is asked to.

    Args:
      num_steps: of the whole training.
      watch: is given the step, counted from 1, and the watched scalars with "seconds", the time
        since the last step. What it raises ends the training, before anything is saved.
      keeper: of checkpoints; None where another process keeps them.
      stop: looked at after each step.
    """

    def __init__(self, num_steps: int, watch: Watch, keeper: Optional[Keeper], stop: StopRequest):
        self._num_steps = num_steps
        self._watch = watch
        self._keeper = keeper
        self._stop = stop
        self._time = 0.0  # when the last step was over, with what was done after it
        self.step: Optional[int] = None
        self.stopped_early = False

    def begin(self):
        self._global_step = tf.train.get_global_step()

    def after_create_session(self, session, coord):
        del coord
        # The step is counted from here on: fetched together with an update, it is sometimes the
        # number before and sometimes the number after it.
        self.step = int(session.run(self._global_step))
        if self._keeper:
            self._keeper.begin(session, self.step)
        self._time = time.time()

    def before_run(self, run_context):
        graph = run_context.session.graph
        self._names = graph.get_collection(_NAMES)
        values, = graph.get_collection(_VALUES)
        return tf.train.SessionRunArgs(values)

    def after_run(self, run_context, run_values):
        self.step += 1
        scalars = dict(zip(self._names, map(float, run_values.results)))
        self._watch.on_step(self.step, dict(scalars, seconds=time.time() - self._time))
        if self._keeper:
            with self._watch.pause():
                self._keep(run_context, self._keeper)
        if self._stop:
            run_context.request_stop()
        self._time = time.time()

    def _keep(self, run_context, keeper: Keeper) -> None:
        last = self.step >= self._num_steps
        if self._stop:
            keeper.save(run_context.session, self.step)
        elif keeper.after_step(run_context.session, self.step, last):
            self.stopped_early = not last
            run_context.request_stop()
