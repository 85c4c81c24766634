"""Trainers: what makes the steps of a training. Looked up by name.

    estimator    TensorFlow's Estimator, which has it as far as 2.15
    session      a session on one device

Either makes the same weights of the same seed, and goes on from a checkpoint of the other. A
trainer is a module with

    check(settings)   raises UserError where it cannot train as devices.RunSettings say
    train(build, settings, input_fn, max_steps, hooks, report, is_stopped, is_over)
                      makes steps until the global step is max_steps, going on from the checkpoint
                      in output_dir, and leaves saving and all other files to the hooks

`build` is a model.BuildTraining. `input_fn` takes `params`, whose "batch_size" is what one device
gets, and with several devices `input_context`, a tf.distribute.InputContext. For the rest see
estimator_trainer.train.
"""
import importlib
from types import ModuleType

from bert_nq.base.errors import UserError
from bert_nq.estimator.devices import RunSettings
from bert_nq.modeling.runtime import HAS_ESTIMATOR

TRAINERS = {"estimator": "bert_nq.estimator.estimator_trainer",
            "session": "bert_nq.estimator.session_trainer"}


def of(settings: RunSettings) -> ModuleType:
    """The trainer of a run.

    Raises:
      UserError: there is no such trainer, or it cannot train so.
    """
    name = settings.trainer or ("estimator" if HAS_ESTIMATOR else "session")
    if name not in TRAINERS:
        raise UserError("--trainer=%s: there is %s" % (name, ", ".join(TRAINERS)))
    trainer = importlib.import_module(TRAINERS[name])
    trainer.check(settings)
    return trainer
