"""The training run: how many steps, on what, and what is seen of it."""
import contextlib
import math
import sys
import time
from typing import Callable, Iterator, List, NamedTuple, Optional

from bert_nq.errors import UserError
from bert_nq.estimator import devices, failures, inputs, model, record_checks
from bert_nq.modeling.config import BertConfig
from bert_nq.modeling.runtime import tf
from bert_nq.training import losses, optimizer
from bert_nq.training import steps as training_steps

# The graph's collection by which the watching hook finds the loss.
_LOSS = "total_loss"


class TrainingSettings(NamedTuple):
    """Named as the flags are; the defaults are the reference's."""
    max_seq_length: int = 384
    learning_rate: float = 5e-5
    num_train_epochs: float = 3.0
    warmup_proportion: float = 0.1
    seed: Optional[int] = None


class TrainingResult(NamedTuple):
    """What a run did."""
    num_records: int
    num_steps: int  # of the whole training
    steps_done: int  # of them, in this run
    first_loss: Optional[float]  # means over the first and last tenth of this run's steps;
    last_loss: Optional[float]  # None without steps, and on a TPU
    seconds: float
    checkpoint: str


def num_train_steps(num_records: int, batch_size: int, epochs: float) -> int:
    """Steps of `epochs` passes over the records.

    Raises:
      UserError: that is less than one.
    """
    steps = int(num_records / batch_size * epochs)
    if steps < 1:
        raise UserError("%d records are less than one step of --train_batch_size=%d over "
                        "--num_train_epochs=%g" % (num_records, batch_size, epochs))
    return steps


def train(config: BertConfig, init_checkpoint: Optional[str], record_paths: List[str],
          num_records: int, settings: TrainingSettings, run: devices.RunSettings,
          report: Callable[[str], None]) -> TrainingResult:
    """Trains until the number of steps is reached, going on from run.output_dir's checkpoint.

    Args:
      config: the encoder's.
      init_checkpoint: a pretrained BERT, or None to start from random weights.
      record_paths: files of training records.
      num_records: how many they are counted as.
      settings: of this training.
      run: of the Estimator.
      report: is given lines of progress.

    Raises:
      UserError: a record is damaged or of another kind, the loss is no number, or one of what
        failures.mendable names.
    """
    steps = num_train_steps(num_records, run.train_batch_size, settings.num_train_epochs)
    optimizer_settings = optimizer.OptimizerSettings(
        settings.learning_rate, steps, int(steps * settings.warmup_proportion))

    def objective(logits, features):
        step = training_steps.training_step(
            lambda features, index: losses.joint_loss(logits, features), features,
            optimizer_settings, use_tpu=run.use_tpu)
        tf.add_to_collection(_LOSS, step.loss)
        return step.loss, step.train_op

    model_fn = model.model_fn_builder(config, init_checkpoint, run.use_tpu, objective,
                                      settings.seed)
    estimator = devices.make_estimator(model_fn, run)
    watch = _Watch(steps, run.train_batch_size, report)
    steps_before = _steps_of(estimator.latest_checkpoint())
    start = time.time()
    with failures.mendable("training"), _naming_faulty_records(
            record_paths, settings.max_seq_length, config.vocab_size):
        estimator.train(
            inputs.training_input_fn(record_paths, settings.max_seq_length, settings.seed),
            # On a TPU many steps are one run of the session, and its loss is on the device.
            max_steps=steps, hooks=[] if run.use_tpu else [watch])
    tenth = -(-len(watch.losses) // 10)
    return TrainingResult(
        num_records, steps, max(steps - steps_before, 0), _mean(watch.losses[:tenth]),
        _mean(watch.losses[-tenth:]), time.time() - start, estimator.latest_checkpoint())


def _steps_of(checkpoint: Optional[str]) -> int:
    """How many steps the model in a checkpoint was trained for; 0 for None."""
    if checkpoint is None:
        return 0
    try:
        return int(tf.train.load_variable(checkpoint, "global_step"))
    except Exception as e:  # A damaged file raises other errors in every TensorFlow release.
        raise UserError("cannot read the checkpoint %s: %s"
                        % (checkpoint, str(e).split("\n")[0])) from e


@contextlib.contextmanager
def _naming_faulty_records(paths: List[str], seq_length: int, vocab_size: int) -> Iterator[None]:
    """Where TensorFlow fails over a record, which it does not name, looks for it and names it."""
    try:
        yield
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError):
        record_checks.find_fault(paths, seq_length, vocab_size)
        raise


def _mean(values: List[float]) -> Optional[float]:
    return sum(values) / len(values) if values else None


class _Watch(tf.train.SessionRunHook):
    """Reports step, loss, speed and time left, and stops where the loss is no number."""

    _EVERY_SECONDS = 10.0

    def __init__(self, num_steps: int, batch_size: int, report: Callable[[str], None]):
        self._num_steps = num_steps
        self._batch_size = batch_size
        self._report = report
        self._last_time: Optional[float] = None  # of the last report
        self._last_count = 0  # len(losses) then
        self._steps_per_second: Optional[float] = None  # smoothed over the reports
        self.losses: List[float] = []

    def begin(self):
        self._global_step = tf.train.get_global_step()

    def after_create_session(self, session, coord):
        del coord
        # The step is counted from here on: fetched together with an update, it is sometimes the
        # number before and sometimes the number after it.
        self._step = int(session.run(self._global_step))

    def before_run(self, run_context):
        loss, = run_context.session.graph.get_collection(_LOSS)
        return tf.train.SessionRunArgs(loss)

    def after_run(self, run_context, run_values):
        loss = float(run_values.results)
        self._step += 1
        self.losses.append(loss)
        if not math.isfinite(loss):
            raise UserError("step %d: the loss is %s; the last checkpoint is kept. Try a lower "
                            "--learning_rate or a longer warm-up" % (self._step, loss))
        now = time.time()
        if self._last_time is None:
            # The first step prepares the graph as well: it has no part in the speed.
            self._last_time = now
            self._last_count = 1
        elif now - self._last_time >= self._EVERY_SECONDS or self._step == self._num_steps:
            self._tell(now)

    def _tell(self, now: float) -> None:
        recent = self.losses[self._last_count:]
        speed = len(recent) / max(now - self._last_time, 1e-9)
        if self._steps_per_second is not None:
            speed = 0.5 * (speed + self._steps_per_second)
        self._report("step %d/%d  loss %.3f  %.1f examples/s  %s left" % (
            self._step, self._num_steps, _mean(recent), speed * self._batch_size,
            _clock((self._num_steps - self._step) / speed)))
        self._last_time, self._last_count, self._steps_per_second = now, len(self.losses), speed


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(int(round(seconds)), 60)
    return "%d:%02d:%02d" % (minutes // 60, minutes % 60, seconds)


def report_to_stderr(line: str) -> None:
    """Prints a line of progress."""
    print(line, file=sys.stderr, flush=True)
