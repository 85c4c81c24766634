"""Training as the flags of a model's program say: the plan, the run, and what is said of it."""
import contextlib
import itertools
import os
import sys
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

from absl import flags

from bert_nq.base import files, locking
from bert_nq.base.errors import UserError
from bert_nq.cli import prediction, program, training_report
from bert_nq.features import composition

# Flags that a function of this module defines count as the calling program's own in --help.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


class TrainingPlan(NamedTuple):
    """The data of a training, checked."""
    data: Any  # a training.settings.TrainingData
    dev: Any  # a prediction.dev_set.DevSet; None where nothing is scored
    teaching: Any = None  # a cli.distillation.Teaching; None where there is no teacher


def define_flags(featurizer) -> None:
    """Defines the flags that name a training's data.

    Args:
      featurizer: of the task.
    """
    flags.DEFINE_string("train_precomputed_file", None,
                        "Training records: comma-separated paths and globs.")
    flags.DEFINE_string("train_file", None, "In place of records the annotated data themselves: "
                        "records are made of them first, OUTPUT_DIR/train.tfrecord.")
    flags.DEFINE_integer("train_num_precomputed", None,
                         "How many records these are; counted when not given.", lower_bound=1)
    flags.DEFINE_bool("overwrite_output_dir", False,
                      "Whether training removes the model in --output_dir and starts anew.")
    flags.DEFINE_string("dev_file", None, "Annotated data that the model is scored on while it "
                        "is trained: comma-separated paths and globs.")
    flags.DEFINE_integer("dev_pages", 0, "Examples of --dev_file that are used, a sample; 0: "
                         "all.",
                         lower_bound=0)
    kinds = composition.kinds_of(featurizer)
    if kinds:
        flags.DEFINE_list("step_composition", None, "The rows of each kind that stand together in "
                          "training, 3,3,2 for example: %s. By default as they are mixed in the "
                          "records." % ", ".join(kinds).lower())


def is_chief() -> bool:
    """Whether this process writes files: of the workers of a training, only the chief does."""
    from bert_nq.estimator import cluster
    if FLAGS.overwrite_output_dir and FLAGS.distribution == "multi_worker":
        raise UserError("--overwrite_output_dir is not for --distribution=multi_worker, where the "
                        "same command goes on after a worker was lost: remove the folder yourself")
    return cluster.is_chief(FLAGS.distribution, os.environ)


def make_plan(task, groups, config, checkpoint: Optional[str],
              make_dev_set: Callable[[List[str]], Any],
              make_teaching: Callable[[List[str]], Any], passes: int = 1) -> TrainingPlan:
    """Checks the data and the flags of a training. TensorFlow is not imported.

    Args:
      task: a tasks.Task.
      groups: of flags.training.define_training_flags.
      config: the encoder's.
      checkpoint: the prefix of --init_checkpoint, or None.
      make_dev_set: given the shards of --dev_file, see `dev_set`.
      make_teaching: given the record files, see distillation.make_plan.
      passes: over the data that the records hold, one behind the other; an epoch is one of them.

    Raises:
      UserError: something cannot be used, or the folder holds a model that was trained otherwise.
    """
    from bert_nq.estimator import model_folder
    from bert_nq.records import training_files
    from bert_nq.training import run_record
    from bert_nq.training.settings import NO_TEACHER, TrainingData
    settings = training_settings(groups).check()
    if settings.group_by_length and FLAGS.use_tpu:
        raise UserError("--group_by_length makes batches of many lengths, a TPU wants one: leave "
                        "it out with --use_tpu")
    paths = files.expand(FLAGS.train_precomputed_file, "record")
    training_files.check_first_records(paths, training_files.Demands.of(
        task.featurizer, FLAGS.max_seq_length, config))
    num_records = FLAGS.train_num_precomputed or training_files.count_records(paths)
    teaching = make_teaching(paths)
    composed = _composition(task.featurizer, paths, settings)
    data = TrainingData(paths, num_records // passes,
                        run_record.describe_data(paths, num_records, composed), task.featurizer,
                        teaching and teaching.companions, composed)
    model_folder.check_no_vocabulary_is_lost(FLAGS.output_dir, FLAGS.vocab_file)
    if FLAGS.overwrite_output_dir:
        model_folder.check_can_clear(FLAGS.output_dir, FLAGS.init_checkpoint)
    else:
        run_record.RunRecord(FLAGS.output_dir).check_same(
            dict(settings.of_result(FLAGS.train_batch_size, checkpoint),
                 **(teaching.of_result() if teaching else NO_TEACHER)), data.description)
    for flag in ("eval_every", "early_stopping", "dev_pages"):
        if FLAGS[flag].value and not FLAGS.dev_file:
            raise UserError("--%s is for --dev_file, which is not given" % flag)
    dev_shards = task.find_shards(FLAGS.dev_file) if FLAGS.dev_file else []
    run_record.check_apart(paths, dev_shards)
    return TrainingPlan(data, make_dev_set(dev_shards) if dev_shards else None, teaching)


def _composition(featurizer, paths: List[str], settings):
    """The features.composition.Composition of steps, or None."""
    if not composition.kinds_of(featurizer) or not FLAGS.step_composition:
        return None
    from bert_nq.records import training_files
    if settings.group_by_length:
        raise UserError("--group_by_length puts rows of one length together, --step_composition "
                        "those of all kinds: give one of them")
    composed = composition.parse(FLAGS.step_composition, featurizer)
    training_files.check_kinds(paths, composed)
    return composed


def dev_set(task, dev_format, maker, shards: List[str]):
    """The DevSet of --dev_file, every page of it looked at. TensorFlow is not imported.

    Args:
      task: a tasks.Task.
      dev_format: a prediction.dev_set.DevFormat.
      maker: of windows.
      shards: of --dev_file.

    Raises:
      UserError: the shards cannot be used, or their annotations cannot tell a better model.
    """
    from bert_nq.prediction.dev_set import DevSet
    dev = DevSet(shards, dev_format, FLAGS.dev_pages, maker.prediction,
                 FLAGS.on_bad_input == "skip")
    for remark in dev.check_limits(task.measure.keys(FLAGS.metric)):
        program.note("--dev_file: " + remark)
    if dev.skipped:
        program.note("--dev_file: %d pages or files that cannot be used are left out, %d pages are "
                     "scored" % (dev.skipped, len(dev)))
    return dev


def check_trainer(groups) -> None:
    """Raises UserError where the trainer cannot train as the flags say: with this TensorFlow, or on
    the devices that there are."""
    from bert_nq.estimator import trainers
    trainers.of(run_settings(groups))


def check_can_continue(model) -> None:
    """Raises UserError where the newest checkpoint in --output_dir cannot be trained further."""
    from bert_nq.estimator import model as estimator_model
    from bert_nq.modeling import checkpoints
    trained = checkpoints.newest(FLAGS.output_dir)
    if trained:
        checkpoints.check_fits(model.config, trained)
        estimator_model.check_can_continue(model, trained)


def run_settings(groups):
    """The trainer's settings."""
    from bert_nq.estimator.devices import RunSettings
    return RunSettings(save_checkpoints_steps=FLAGS.save_checkpoints_steps, **groups.running())


def training_settings(groups):
    """The settings that decide the trained weights."""
    from bert_nq.training.settings import TrainingSettings
    return TrainingSettings(max_seq_length=FLAGS.max_seq_length, **groups.training())


def _keeping_settings(groups):
    from bert_nq.training.settings import KeepingSettings
    return KeepingSettings(**groups.keeping())


@contextlib.contextmanager
def _training_alone():
    """Keeps other processes from training the same model, except workers of the same run."""
    if files.is_remote(FLAGS.output_dir) or FLAGS.distribution == "multi_worker":
        yield
        return
    with locking.locked(os.path.join(FLAGS.output_dir, ".training.lock")):
        yield


def train(groups, model_flags, model, checkpoint: Optional[str], data,
          evaluate: Optional[Callable], objective=None) -> str:
    """Trains and prints what came of it; returns the folder of the model to predict with."""
    from bert_nq.estimator import model_folder
    from bert_nq.modeling import heads
    with _training_alone():
        if FLAGS.overwrite_output_dir:
            model_folder.clear(FLAGS.output_dir)
        model_folder.keep_beside_checkpoints(FLAGS.output_dir, FLAGS.bert_config_file,
                                             FLAGS.vocab_file, model_flags.card())
        result = _run(groups, model_flags.task.measure, model, checkpoint, data, evaluate,
                      objective)
    if result.stopped_by:
        _stop(result, "stopped at step %d of %d, which is saved: the same command goes on from "
              "there" % (result.step, result.num_steps))
    model_dir = training_report.print_result(
        result, FLAGS.output_dir, _keeping_settings(groups), model_flags.task.measure,
        heads.find(model.head).labels)
    if model_flags.task.next and not (FLAGS.do_predict or FLAGS.do_eval):
        prediction.print_use(model_flags.task, model_dir)
    elif not (FLAGS.do_predict or FLAGS.do_eval):
        print("\nNext: predict\n  " + program.command(
            model_flags.task.program, "--do_predict", "--output_dir=" + model_dir,
            "--predict_file=" + model_flags.task.dev_file))
    return model_dir


def train_with_others(groups, model_flags, model, checkpoint: Optional[str], data,
                      objective=None) -> None:
    """Trains as a worker that is not the chief; prints what it needs to, and writes nothing."""
    result = _run(groups, model_flags.task.measure, model, checkpoint, data, None, objective)
    if result.stopped_by:
        _stop(result, "stopped together with all workers; the chief saves: the same commands go on "
              "from there")
    print("\nThis worker is done; the chief has the model and prints what came of it.")


def _run(groups, measure, model, checkpoint, data, evaluate, objective):
    """Prints the plan and carries it out; returns the TrainingResult."""
    from bert_nq.training import run
    settings = training_settings(groups)
    training_report.print_plan(model.config, data, settings, run_settings(groups),
                               _start_of(model, checkpoint))
    return run.train(model, checkpoint, data, settings, _keeping_settings(groups),
                     run_settings(groups), measure, program.note, evaluate, objective)


def _start_of(model, checkpoint: Optional[str]) -> List[Tuple[str, str]]:
    """The lines on where the weights of a training come from; none where it goes on."""
    from bert_nq.estimator.model import missing_weights
    from bert_nq.modeling import checkpoints
    from bert_nq.modeling.models import makes_pooler
    if checkpoints.newest(FLAGS.output_dir):
        return []
    pooling = []
    if makes_pooler(model):
        from bert_nq.text.vocabulary import Vocabulary
        pooling = [("pooler", "a new dense layer on %s, for the encoder has none"
                    % Vocabulary.load(FLAGS.vocab_file).specials.cls)]
    if checkpoint is None:
        return [("starts at random", "all weights")] + pooling
    missing = missing_weights(model, checkpoint)
    some = ", ".join(missing[:4]) + (" and %d more" % (len(missing) - 4) if missing[4:] else "")
    return [("starts from", checkpoint), ("starts at random", some or "nothing")] + pooling


def _stop(result, message: str) -> None:
    """Ends the program as the signal that ended the training would have."""
    from bert_nq.training import stopping
    program.note("%s: %s" % (result.stopped_by.name, message))
    sys.exit(stopping.exit_code(result.stopped_by))


def dev_scorer(model_flags, model, maker, dev, run: Callable[[], Any]) -> Optional[Callable]:
    """The function that scores a checkpoint on a DevSet; None without one."""
    if dev is None:
        return None
    from bert_nq.modeling.models import Member
    score = scorer(model_flags, maker, dev, run)
    return lambda checkpoint, stop: score((Member(model, checkpoint),), stop)


def scorer(model_flags, maker, dev, run: Callable[[], Any]) -> Callable:
    """The function that scores models, whose logits are averaged, on a DevSet.

    It takes them as Members, and whether to stop, which is looked at after each page; it gives
    their scores, None where it stopped.
    """
    from bert_nq.base.bad_input import BadInput
    from bert_nq.prediction import predictor
    from bert_nq.prediction.model_settings import ModelSettings
    pages = predictor.Predictor(maker, model_flags.task.featurizer.spec, model_flags.decoder(),
                                FLAGS.predict_batch_size)

    def score(members, stop=False):
        settings = ModelSettings(members, FLAGS.precision)

        def predict(examples):
            with prediction.open_model(settings, model_flags.decoder(), run) as opened:
                entries = predictor.predict(opened, pages, examples, BadInput(skip=False))
                entries = program.progress(entries, "dev pages", len(dev), every_seconds=30.0)
                with contextlib.closing(entries):
                    yield from itertools.takewhile(lambda _: not stop, entries)

        return dev.score(predict)

    return score
