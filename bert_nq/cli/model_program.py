"""The body of run_nq.py and its like: what a task's model is trained, predicted and exported by.

A run is a plan first: all that can be told of bad flags and files is told by `make_plan`, which
imports no TensorFlow; `check_weights` looks into the checkpoints; `carry_out` does the work.
"""
import functools
import os
from typing import Any, Callable, List, NamedTuple, Optional

from absl import flags

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.cli import (
    distillation,
    prediction,
    prefiltering,
    program,
    training,
    training_records,
)
from bert_nq.cli.flags import runtime as runtime_flags
from bert_nq.cli.flags.task import TaskFlags
from bert_nq.cli.flags.training import define_training_flags
from bert_nq.cli.model_flags import ModelFlags
from bert_nq.prediction import export_formats, runtimes
from bert_nq.prediction.runtimes.choice import INT8, Choice

# Flags that a function of this module defines count as the calling program's own in --help.
flags.disclaim_key_flags()

FLAGS = flags.FLAGS


_MODES = {  # What the programs do, with the flags that each needs.
    "do_train": "--train_precomputed_file or --train_file, --init_checkpoint, --bert_config_file, "
                "--vocab_file, --output_dir",
    "do_predict": "--predict_file, --output_dir",
    "do_eval": "the same",
    "do_export": "--output_dir",
}
_OUTPUTS = ("output_dir", "output_prediction_file", "output_nbest_file")


class Plan(NamedTuple):
    """A run, checked as far as that goes without TensorFlow."""
    model: Any  # a modeling.models.Model
    maker: Any  # of windows
    checkpoint: Optional[str]  # the prefix of --init_checkpoint; a remote one as it was given
    training: Optional[training.TrainingPlan]
    shards: Optional[List[str]]  # to predict
    runtime: Optional[Choice]  # that predicts, or has calibrated what is exported
    prefilter: prefiltering.Plan  # of what is predicted
    is_chief: bool  # whether this process writes files


class ModelProgram:
    """The flags of a program around one task's model, and its main function."""

    def __init__(self, task, define_task_flags: Callable[[], TaskFlags],
                 define_dev_flags: Optional[Callable[[], Callable[[], Any]]] = None,
                 data: Optional[Any] = None):
        """Defines the flags.

        Args:
          task: a tasks.Task.
          define_task_flags: defines those that the task has for itself.
          define_dev_flags: defines those of its scores in training, and returns what gives the
            DevFormat; None: it is the task's.
          data: the cli.preparation.Data of the task, for records of --train_file.
        """
        self._task, self._data = task, data
        self._dev_format = define_dev_flags() if define_dev_flags else lambda: task.dev_format
        _define_modes()
        training.define_flags(task.featurizer)
        self._model = ModelFlags(task, define_task_flags)
        self._training = define_training_flags(self._model.model, task.measure)
        runtime_flags.define_flags()

    def main(self) -> None:
        """Makes the plan, checks the weights and carries it out."""
        plan = self.make_plan()
        program.quiet_tensorflow(FLAGS.verbose_logging)
        plan = self.check_weights(plan)
        self.carry_out(plan)

    def make_plan(self) -> Plan:
        """Checks flags and files. TensorFlow is not imported.

        Raises:
          UserError: one of them cannot be used.
        """
        if not any(FLAGS[mode].value for mode in _MODES):
            raise UserError("nothing to do: give %s, or several" % ", ".join(
                "--%s (with %s)" % (mode, needs) for mode, needs in _MODES.items()))
        chief = training.is_chief() if FLAGS.do_train else True
        anew = FLAGS.do_train and FLAGS.overwrite_output_dir
        self._model.take_known_settings(FLAGS.do_train, anew, program.note)
        program.require(FLAGS, "vocab_file", "bert_config_file", "output_dir")
        model, maker = self._model.check_model(anew)
        checkpoint = self._model.init_checkpoint()
        shards, prefilter = None, prefiltering.Plan()
        if _predicts():
            program.require(FLAGS, "predict_file")
            shards, prefilter = self._model.check_files(), self._model.prefilter()
        runtime = _check_runtime(shards)
        self._check_model_is_there(model)
        if not anew:
            self._model.check_newest_is_there()
        trained = None
        if FLAGS.do_train:
            training_records.make_if_wanted(self._model, self._data)
            trained = training.make_plan(
                self._task, self._training, model.config, checkpoint,
                functools.partial(training.dev_set, self._task, self._dev_format(), maker),
                functools.partial(distillation.make_plan, self._model, self._training),
                self._model.passes())
        return Plan(model, maker, checkpoint, trained, shards, runtime, prefilter, chief)

    def _check_model_is_there(self, model) -> None:
        if FLAGS.do_export:
            prediction.check_export_dir()
        if FLAGS.ensemble and FLAGS.do_train:
            raise UserError("--ensemble is of models that are trained: leave out --do_train")
        self._model.ensemble()
        if not FLAGS.do_train:
            self._model.check_has_model(model)

    def check_weights(self, plan: Plan) -> Plan:
        """Checks --init_checkpoint, if there is one, the newest model in --output_dir, and devices.

        Raises:
          UserError: they do not fit the config, or lack what is wanted of them; or the devices are
            not there.
        """
        if FLAGS.do_train:
            training.check_trainer(self._training)
            distillation.check(plan.training.teaching, plan.model.head, self._task.title)
        plan.prefilter.check_weights()
        checkpoint = self._model.find_checkpoint(plan.model.config, plan.checkpoint)
        if not FLAGS.do_train:
            self._model.check_trained(plan.model, checkpoint)
        elif not FLAGS.overwrite_output_dir:
            training.check_can_continue(plan.model)
        return plan._replace(checkpoint=checkpoint)

    def carry_out(self, plan: Plan) -> None:
        """Trains, predicts and exports, as far as these are wanted."""
        groups = self._training
        if not plan.is_chief:
            training.train_with_others(groups, self._model, plan.model, plan.checkpoint,
                                       plan.training.data, self._objective(plan))
            return
        files.make_folder(FLAGS.output_dir)
        outputs = () if FLAGS.do_train else (*_OUTPUTS, *self._task.other_outputs)
        program.write_flags(FLAGS, os.path.join(FLAGS.output_dir, _flag_file()), without=outputs)
        model_dir = FLAGS.output_dir
        if FLAGS.do_train:
            evaluate = training.dev_scorer(self._model, plan.model, plan.maker,
                                           plan.training.dev, self._run_settings)
            model_dir = training.train(groups, self._model, plan.model, plan.checkpoint,
                                       plan.training.data, evaluate, self._objective(plan))
        if _predicts() or FLAGS.do_export:
            models = self._model.model_settings(plan.model, plan.checkpoint, model_dir)
        if _predicts():
            work = plan.prefilter.applied(
                self._model.job(models, plan.shards), self._task, plan.runtime,
                functools.partial(prediction.run, settings=self._run_settings))
            prediction.predict(self._task, work._replace(
                model=self._prepared(plan, models, work.decoder)), self._dev_format(),
                self._run_settings)
        if FLAGS.do_export:
            prediction.export(self._model, self._prepared(plan, models, self._model.decoder())
                              if _exports_int8() else models)

    def _prepared(self, plan: Plan, models, decoder):
        """ModelSettings of models that the runtime can open."""
        return plan.runtime.prepare(models, decoder, self._task.reading, self._task.featurizer,
                                    plan.maker, program.note)

    def _objective(self, plan: Plan):
        """A student's objective, once its teacher has shown what it knows; None without one."""
        teaching = plan.training.teaching
        if teaching is None:
            return None
        distillation.examine(teaching, self._model, plan.model, plan.training, functools.partial(
            self._score_teachers, plan))
        return distillation.objective(teaching, plan.model)

    def _score_teachers(self, plan: Plan, members):
        """The scores of teachers on a slice of the dev set, and what this is; None without one."""
        name = FLAGS.dev_file or (FLAGS.do_eval and FLAGS.predict_file)
        if not (name and FLAGS.teacher_dev_examples):
            return None
        from bert_nq.prediction.dev_set import DevSet
        dev = DevSet(self._task.find_shards(name), self._dev_format(), FLAGS.teacher_dev_examples,
                     plan.maker.prediction, FLAGS.on_bad_input == "skip")
        scores = training.scorer(self._model, plan.maker, dev, self._run_settings)(members)
        return "%d examples of %s" % (len(dev), name), scores

    def _run_settings(self):
        return training.run_settings(self._training)


def _check_runtime(shards: Optional[List[str]]) -> Optional[Choice]:
    """The runtime that predicts, or that has calibrated what is exported, if there is one.

    Raises:
      UserError: it cannot be used with the other flags.
    """
    if FLAGS.precision == INT8 and FLAGS.do_train:
        raise UserError("--precision=int8 is for prediction: train first, in another precision")
    if shards is None and not _exports_int8():
        return None
    choice = runtime_flags.choice().check(shards or ())
    if FLAGS.use_tpu and runtimes.find(choice.runtime).on_cpu:
        raise UserError("--runtime=%s is for CPUs: leave out --use_tpu" % choice.runtime)
    return choice


def _exports_int8() -> bool:
    return FLAGS.do_export and FLAGS.precision == INT8


def _predicts() -> bool:
    return FLAGS.do_predict or FLAGS.do_eval


def _define_modes() -> None:
    flags.DEFINE_bool("do_train", False, "Whether to train.")
    flags.DEFINE_bool("do_predict", False, "Whether to predict.")
    flags.DEFINE_bool("do_eval", False, "Whether to predict and to score the answers against the "
                      "annotations in --predict_file.")
    flags.DEFINE_bool("do_export", False, "Whether to write the model for serving, see "
                      "docs/serving.md.")
    flags.DEFINE_string("export_dir", None, "The folder for --do_export, which adds a version; "
                        "OUTPUT_DIR/serving if not given.")
    flags.DEFINE_enum("export_format", export_formats.DEFAULT, list(export_formats.FORMATS),
                      "The format of --do_export. onnx needs the packages tf2onnx and onnxruntime, "
                      "openvino that of the same name.")
    flags.DEFINE_integer("task_id", 0, "Accepted for the reference's command lines; it has no "
                         "effect.")
    flags.DEFINE_bool("verbose_logging", False, "Whether to show TensorFlow's own messages.")


def _flag_file() -> str:
    """The name of this run's flags: prediction leaves those that the model was trained with."""
    if FLAGS.do_train:
        return "flags.txt"
    return "flags-predict.txt" if _predicts() else "flags-export.txt"
