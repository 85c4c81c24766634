"""The hook around each step of training: counting, watching, saving, stopping."""
import signal
import time
from typing import Dict, Optional

from bert_nq.modeling.runtime import tf
from bert_nq.training.keeping import Keeper
from bert_nq.training.stopping import StopRequest
from bert_nq.training.watching import Watch

# Graph collections by which the hook finds what it fetches.
_NAMES, _VALUES, _BATCH_CAME = ("bert_nq_watched_" + what for what in ("names", "values", "batch"))
_STOP_FLAGS = "bert_nq_stop_flags"  # of the devices of this process

STOPPING = "stopping"


def watch_scalars(scalars: Dict[str, tf.Tensor], batch_came: tf.Tensor) -> None:
    """Has the hook fetch these scalars of the graph after each step.

    With several devices in one process, those of the first are fetched: they are the same in all.

    Args:
      scalars: by their names.
      batch_came: when the step had its batch, see tf.timestamp.
    """
    if not tf.get_collection(_VALUES):
        for name in sorted(scalars):
            tf.add_to_collection(_NAMES, name)
        tf.add_to_collection(_VALUES, tf.stack([scalars[name] for name in sorted(scalars)]))
        tf.add_to_collection(_BATCH_CAME, batch_came)


def stop_flag() -> tf.Tensor:
    """A scalar that the hook feeds: 1 where this process is asked to stop, else 0.

    Its mean over all devices is to be watched as STOPPING. So the workers of a training all learn
    in the same step that one of them is to stop, and the chief can still save that step.
    """
    flag = tf.placeholder_with_default(tf.constant(0.0), [], name="stop_flag")
    tf.add_to_collection(_STOP_FLAGS, flag)
    return flag


class TrainingHook(tf.train.SessionRunHook):
    """Calls back after each step, and ends the training when it is asked to.

    Args:
      num_steps: of the whole training.
      watch: is given the step, counted from 1, and the watched scalars with "seconds", the time
        since the last step, and "wait_seconds", for as much of it there was no batch. What it
        raises ends the training, before anything is saved.
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
        self._names = tf.get_collection(_NAMES)
        self._fetches = tf.get_collection(_VALUES) + tf.get_collection(_BATCH_CAME)
        self._stop_flags = tf.get_collection(_STOP_FLAGS)

    def after_create_session(self, session, coord):
        del coord
        # The step is counted from here on: fetched together with an update, it is sometimes the
        # number before and sometimes the number after it.
        self.step = int(session.run(self._global_step))
        if self._keeper:
            self._keeper.begin(session, self.step)
        self._time = time.time()

    def before_run(self, run_context):
        del run_context
        self._started = time.time()
        return tf.train.SessionRunArgs(
            self._fetches, dict.fromkeys(self._stop_flags, float(bool(self._stop))))

    def after_run(self, run_context, run_values):
        self.step += 1
        values, batch_came = run_values.results
        scalars = dict(zip(self._names, map(float, values)))
        together = STOPPING in scalars
        stopping = scalars.pop(STOPPING) > 0 if together else bool(self._stop)
        self._watch.on_step(self.step, dict(
            scalars, seconds=time.time() - self._time,
            wait_seconds=max(0.0, float(batch_came) - self._started)))
        if self._keeper:
            with self._watch.pause():
                self._keep(run_context, self._keeper, stopping)
        # Where workers stop together, a signal that comes while one saves is for the next step.
        if stopping or self._stop and not together:
            self._stop.signal = self._stop.signal or signal.SIGTERM  # of another worker
            run_context.request_stop()
        self._time = time.time()

    def end(self, session):
        # A signal may have come after the last look at it.
        if self._keeper:
            self._keeper.save(session, self.step)

    def _keep(self, run_context, keeper: Keeper, stopping: bool) -> None:
        last = self.step >= self._num_steps
        if stopping:
            keeper.save(run_context.session, self.step)
        elif keeper.after_step(run_context.session, self.step, last):
            self.stopped_early = not last
            run_context.request_stop()
