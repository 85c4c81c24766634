"""The training run: how many steps, on what, and what is seen of it."""
import sys
import time
from typing import Callable, List, NamedTuple, Optional

from bert_nq.errors import UserError
from bert_nq.estimator import devices, inputs, model
from bert_nq.modeling.config import BertConfig
from bert_nq.modeling.runtime import tf
from bert_nq.records import tfrecord
from bert_nq.training import losses, optimizer

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
    first_loss: Optional[float]  # means over the first and last tenth of this run's steps
    last_loss: Optional[float]
    seconds: float
    checkpoint: str


def count_records(paths: List[str]) -> int:
    """How many records the files have together."""
    return sum(map(tfrecord.count_records, paths))


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
    """
    steps = num_train_steps(num_records, run.train_batch_size, settings.num_train_epochs)
    optimizer_settings = optimizer.OptimizerSettings(
        settings.learning_rate, steps, int(steps * settings.warmup_proportion))

    def objective(logits, features):
        loss = losses.joint_loss(logits, features)
        tf.add_to_collection(_LOSS, loss)
        return loss, optimizer.create_train_op(loss, optimizer_settings, run.use_tpu)

    model_fn = model.model_fn_builder(config, init_checkpoint, run.use_tpu, objective,
                                      settings.seed)
    estimator = devices.make_estimator(model_fn, run)
    watch = _Watch(steps, run.train_batch_size, report)
    start = time.time()
    estimator.train(
        inputs.training_input_fn(record_paths, settings.max_seq_length, settings.seed),
        max_steps=steps, hooks=[] if run.use_tpu else [watch])
    tenth = -(-len(watch.losses) // 10)
    return TrainingResult(
        num_records, steps, len(watch.losses), _mean(watch.losses[:tenth]),
        _mean(watch.losses[-tenth:]), time.time() - start, estimator.latest_checkpoint())


def _mean(values: List[float]) -> Optional[float]:
    return sum(values) / len(values) if values else None


class _Watch(tf.train.SessionRunHook):
    """Reports step, loss, speed and time left, and stops where the loss is no number."""

    _EVERY_SECONDS = 10.0

    def __init__(self, num_steps: int, batch_size: int, report: Callable[[str], None]):
        self._num_steps = num_steps
        self._batch_size = batch_size
        self._report = report
        self.losses: List[float] = []

    def begin(self):
        self._step = tf.train.get_global_step()
        self._start = self._last_time = time.time()
        self._last_count = 0

    def before_run(self, run_context):
        loss, = run_context.session.graph.get_collection(_LOSS)
        return tf.train.SessionRunArgs([self._step, loss])

    def after_run(self, run_context, run_values):
        step, loss = run_values.results
        self.losses.append(float(loss))
        if loss != loss or loss in (float("inf"), float("-inf")):
            raise UserError("step %d: the loss is %s; the last checkpoint is kept. Try a lower "
                            "--learning_rate or a longer warm-up" % (step, loss))
        now = time.time()
        seconds = now - self._last_time
        if seconds < self._EVERY_SECONDS and step != self._num_steps:
            return
        recent = self.losses[self._last_count:]
        rate = len(recent) / max(seconds, 1e-9)
        self._report("step %d/%d  loss %.3f  %.1f examples/s  %s left" % (
            step, self._num_steps, _mean(recent), rate * self._batch_size,
            _clock((self._num_steps - step) / rate)))
        self._last_time, self._last_count = now, len(self.losses)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(int(round(seconds)), 60)
    return "%d:%02d:%02d" % (minutes // 60, minutes % 60, seconds)


def report_to_stderr(line: str) -> None:
    """Prints a line of progress."""
    print(line, file=sys.stderr, flush=True)
