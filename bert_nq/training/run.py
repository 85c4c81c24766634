"""The training run: how many steps, on what, what is seen of it, and what is left of it."""
import contextlib
import os
import signal
import time
from typing import Callable, Iterator, NamedTuple, Optional, Sequence

from bert_nq.base.errors import UserError
from bert_nq.estimator import devices, failures, inputs, length_groups, model_folder, trainers
from bert_nq.estimator.model import Training, training_builder
from bert_nq.modeling import checkpoints, heads
from bert_nq.modeling.models import Model
from bert_nq.modeling.runtime import tf
from bert_nq.records import training_files
from bert_nq.records.training_files import Demands
from bert_nq.scoring.measure import Measure
from bert_nq.training import hooks, keeping, steps, stopping
from bert_nq.training.history import History
from bert_nq.training.objectives import Objective, supervised
from bert_nq.training.optimizer import OptimizerSettings
from bert_nq.training.run_record import RunRecord
from bert_nq.training.settings import KeepingSettings, TrainingData, TrainingSettings
from bert_nq.training.watching import SEQ_LENGTH, Alarms, Screen, Tally, Watch


class TrainingResult(NamedTuple):
    """The outcome of a run."""
    num_steps: int  # of the whole training
    step: int  # that it reached
    steps_done: int  # in this run
    seconds: float  # scoring and saving included
    tally: Optional[Tally]  # None without steps, and on a TPU
    checkpoint: str
    history: History
    average: Optional[str]  # the prefix of the averaged checkpoint
    stopped_by: Optional["signal.Signals"]
    stopped_early: bool


def train(model: Model, init_checkpoint: Optional[str], data: TrainingData,
          settings: TrainingSettings, keeping_settings: KeepingSettings,
          run: devices.RunSettings, measure: Measure, report: Callable[[str], None],
          evaluate: Optional[keeping.Evaluate] = None,
          objective: Optional[Objective] = None) -> TrainingResult:
    """Trains until the number of steps is reached, going on from run.output_dir's checkpoint.

    Args:
      model: encoder and head.
      init_checkpoint: a pretrained encoder, or None to start from random weights.
      data: the training records.
      settings: what decides the result.
      keeping_settings: what is saved and scored when.
      run: of the trainer.
      measure: which scores on the dev set count, and which are shown.
      report: is given lines of progress.
      evaluate: scores a checkpoint on the dev set; None: nothing is scored.
      objective: what is made small; by default the head's loss on the labels of the records.

    Raises:
      UserError: a record is damaged or of another kind, the loss is no number or does not move, the
        folder holds a model that was trained otherwise, or an error of failures.as_user_error.
    """
    batch_size = settings.windows_of_step(run.train_batch_size)
    num_steps = settings.num_steps(data.num_records, run.train_batch_size)
    chief = devices.is_chief(run)
    if chief:
        checkpoints.remove_unfinished(run.output_dir)
        checkpoints.settle(run.output_dir)
    first_step = _steps_of(checkpoints.newest(run.output_dir))
    objective = objective or supervised.make(model)
    seed = _start(run, dict(settings.of_result(run.train_batch_size, init_checkpoint),
                            **objective.settings), settings.seed, data, first_step, num_steps,
                  chief)
    run = run._replace(train_batch_size=batch_size, seed=seed)
    history = History.resumed(os.path.join(run.output_dir, model_folder.HISTORY), num_steps,
                              first_step)
    keys = measure.keys(keeping_settings.metric)
    demands = Demands.of(data.featurizer, settings.max_seq_length, model.config)
    trainer = trainers.of(run)
    build = _builder(model, init_checkpoint, objective, settings, num_steps, run)
    input_fn = inputs.training_input_fn(data.paths, data.featurizer.spec,
                                        settings.max_seq_length, seed, first_step * batch_size,
                                        demands.sizes, settings.group_by_length,
                                        data.companions, data.composition)
    stopped_early = keeping.has_stopped_improving(history, keys, keeping_settings.early_stopping)
    at_work = first_step < num_steps and not stopped_early
    screen = Screen(run.output_dir, first_step, num_steps, batch_size, measure,
                    report) if chief and at_work else None
    watch = Watch(history, batch_size, screen, Alarms(
        heads.find(model.head).chance, settings.max_seq_length,
        settings.num_warmup_steps(num_steps), settings.alarm_steps,
        skips_overflow=settings.precision == "fp16"))
    start = time.time()
    with contextlib.closing(watch), stopping.stop_on_signals() as stop:
        keeper = keeping.Keeper(run.output_dir, keeping_settings, keys, history, evaluate,
                                watch.on_evaluation, stop) if chief else None
        hook = hooks.TrainingHook(num_steps, watch, keeper, stop)
        if at_work:
            with failures.as_user_error("training"), _naming_faulty_records(data, demands):
                # On a TPU many steps are one run of the session, and its loss is on the device.
                trainer.train(build, run, input_fn, num_steps, [] if run.use_tpu else [hook],
                              report=report, is_stopped=lambda: bool(stop),
                              is_over=lambda: _was_stopped_early(run.output_dir, keys,
                                                                 keeping_settings.early_stopping))
        checkpoint = checkpoints.newest(run.output_dir)
        step = _steps_of(checkpoint)
        if keeper and not stop and step >= num_steps:
            keeper.score_finished(step)
    average = None
    if chief and not stop and keeping_settings.average_last:
        average = keeping.average_last(run.output_dir, keeping_settings.average_last)
    return TrainingResult(
        num_steps, step, step - first_step, time.time() - start, watch.tally(), checkpoint, history,
        average, stop.signal, stopped_early or hook.stopped_early)


def _start(run, of_result, wanted_seed, data, first_step, num_steps, chief) -> int:
    """Notes the start in the folder; returns the seed."""
    record = RunRecord(run.output_dir)
    seed = record.seed(wanted_seed)
    if chief:
        record.write_start(of_result, data.description, seed, first_step, num_steps)
    return seed


def _was_stopped_early(output_dir: str, keys: Sequence[str], early_stopping: int) -> bool:
    """Whether the process that keeps the model has ended the training early."""
    try:
        history = History.read(os.path.join(output_dir, model_folder.HISTORY))
    except UserError:
        return False
    return history is not None and keeping.has_stopped_improving(
        history, keys, early_stopping)


def _builder(model, init_checkpoint, objective, settings, num_steps, run):
    """The function that builds the graph of training steps on the objective."""
    optimizer_settings = OptimizerSettings.of_training(settings, num_steps)

    def make_step(build_logits, features):
        stop_flag = hooks.stop_flag() if run.distribution == "multi_worker" else None

        def loss_fn(features, pass_index):
            loss, scalars = objective.loss(lambda some: build_logits(some, pass_index), features)
            if stop_flag is not None:
                scalars = dict(scalars, **{hooks.STOPPING: stop_flag})
            if settings.group_by_length:
                scalars = dict(scalars, **{SEQ_LENGTH: length_groups.seq_length(features)})
            return loss, scalars

        with tf.control_dependencies(list(features.values())):
            batch_came = tf.timestamp()
        step = steps.training_step(
            loss_fn, features, optimizer_settings, settings.gradient_accumulation_steps,
            loss_scaling=settings.precision == "fp16", use_tpu=run.use_tpu)
        hooks.watch_scalars(dict(step.scalars, loss=step.loss), batch_came)
        return step.loss, step.train_op

    return training_builder(
        model, init_checkpoint, run.use_tpu, settings.precision,
        Training(make_step, run.seed, settings.gradient_accumulation_steps,
                 settings.gradient_checkpointing))


def _steps_of(checkpoint: Optional[str]) -> int:
    """The steps that the model in a checkpoint was trained for; 0 for None."""
    if checkpoint is None:
        return 0
    try:
        return int(tf.train.load_variable(checkpoint, "global_step"))
    except Exception as e:  # A damaged file raises other errors in every TensorFlow release.
        raise UserError("cannot read the checkpoint %s: %s"
                        % (checkpoint, str(e).split("\n")[0])) from e


@contextlib.contextmanager
def _naming_faulty_records(data: TrainingData, demands: Demands) -> Iterator[None]:
    """Where TensorFlow fails on what it was fed, looks for the record that is at fault."""
    try:
        yield
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError):
        training_files.find_fault(data.paths, demands)
        if data.companions:
            data.companions.find_fault()
        raise
