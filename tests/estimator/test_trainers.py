"""The trainers: what they share, what each is for, and what is said where one cannot be had."""
import os

import pytest

from bert_nq.base.errors import UserError
from bert_nq.estimator import estimator_trainer, session_trainer, trainers
from bert_nq.estimator.failures import as_user_error
from bert_nq.estimator.model import TrainingGraph
from bert_nq.modeling.runtime import tf
from tests.support.run_settings import TWO_WORKERS, settings
from tests.support.runtimes import TRAINERS, needs_estimator


def one_weight(features):
    """Learns a number: the loss is the squared distance to the mean of the batch."""
    weight = tf.get_variable("weight", [], initializer=tf.zeros_initializer())
    loss = tf.square(weight - tf.reduce_mean(features))
    return TrainingGraph(loss, tf.train.GradientDescentOptimizer(0.25).minimize(
        loss, global_step=tf.train.get_global_step()))


class Last(tf.train.SessionRunHook):
    """Keeps the weight after the last step."""

    def end(self, session):
        self.weight = session.run(tf.trainable_variables()[0])


@pytest.mark.parametrize("changes", [{"trainer": trainer} for trainer in TRAINERS] + [
    pytest.param({"distribution": "mirrored", "num_devices": number}, marks=needs_estimator)
    for number in (2, 4)])
def test_devices_get_their_shares_and_the_trainer_writes_nothing(changes, tmp_path):
    asked = []

    def input_fn(params, input_context=None):
        asked.append((params["batch_size"],
                      input_context and (input_context.num_input_pipelines,
                                         input_context.input_pipeline_id,
                                         input_context.num_replicas_in_sync)))
        return tf.data.Dataset.from_tensor_slices(
            tf.constant([1., 3., 5., 7.])).repeat().batch(params["batch_size"])

    run = settings(output_dir=str(tmp_path), train_batch_size=4, **changes)
    last = Last()
    trainers.of(run).train(one_weight, run, input_fn, 2, [last])
    number = changes.get("num_devices", 1)
    assert asked == [(4 // number, (1, 0, number) if number > 1 else None)]
    # The mean is 4, its gradient 2 (w - 4): 0 -> 0 + 0.25 * 8 = 2 -> 2 + 0.25 * 4 = 3.
    assert last.weight == pytest.approx(3.0)
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.parametrize("trainer", TRAINERS)
def test_several_workers_are_not_trained_each_by_itself(trainer, two_workers):
    with pytest.raises(UserError) as e:
        trainers.of(settings(trainer=trainer))
    assert str(e.value) == ("TF_CONFIG is of several workers: give --distribution=multi_worker, or "
                            "unset it")


@needs_estimator
def test_the_estimator_is_the_default():
    assert trainers.of(settings()) is estimator_trainer


def test_without_an_estimator_the_session_is(monkeypatch):
    for module in (trainers, session_trainer, estimator_trainer):
        monkeypatch.setattr(module, "HAS_ESTIMATOR", False)
    assert trainers.of(settings()) is session_trainer
    version = tf.__version__
    for changes, message in [
            ({"trainer": "estimator"}, "TensorFlow %s has no Estimator, which --trainer=estimator "
             "and --use_tpu need: leave them out, or use TensorFlow 2.15 on Python 3.9 to 3.11"),
            ({"distribution": "mirrored"}, "--distribution=mirrored needs TensorFlow's Estimator, "
             "which %s has no more: leave it out, or use TensorFlow 2.15 on Python 3.9 to 3.11"),
            ({"use_tpu": True}, "--use_tpu needs TensorFlow's Estimator, which %s has no more: "
             "leave it out, or use TensorFlow 2.15 on Python 3.9 to 3.11")]:
        with pytest.raises(UserError) as e:
            trainers.of(settings(**changes))
        assert str(e.value) == message % version


@pytest.mark.parametrize("changes, message", [
    ({"trainer": "loop"}, "--trainer=loop: there is estimator, session"),
    ({"trainer": "session", "num_devices": 2}, "--num_devices=2 is for --distribution=mirrored; "
     "CUDA_VISIBLE_DEVICES chooses GPUs in all cases")])
def test_what_does_not_go_together_is_refused(changes, message):
    with pytest.raises(UserError) as e:
        trainers.of(settings(**changes))
    assert str(e.value) == message


@pytest.mark.parametrize("changes, flag", [
    ({"distribution": "mirrored", "num_devices": 2}, "--distribution=mirrored"),
    ({"distribution": "multi_worker"}, "--distribution=multi_worker"),
    ({"use_tpu": True}, "--use_tpu")])
@needs_estimator
def test_a_session_is_on_one_device(changes, flag, two_workers):
    with pytest.raises(UserError) as e:
        trainers.of(settings(trainer="session", **changes))
    assert str(e.value) == ("--trainer=session trains on one GPU or the CPU: leave out %s, or give "
                            "--trainer=estimator" % flag)


@needs_estimator
@pytest.mark.parametrize("changes", [{}, {"distribution": "mirrored", "num_devices": 2}])
def test_without_multi_worker_tf_config_makes_no_cluster(changes, two_workers, tmp_path):
    config = estimator_trainer._training_estimator(
        one_weight, settings(output_dir=str(tmp_path), **changes)).config
    assert (config.master, config.is_chief) == ("", True)
    assert not config.cluster_spec
    assert os.environ["TF_CONFIG"] == TWO_WORKERS


@needs_estimator
def test_without_a_tpu_use_tpu_says_so(tmp_path):
    run = settings(output_dir=str(tmp_path), use_tpu=True)
    with pytest.raises(UserError, match="^training: there is no TPU here: leave out --use_tpu"):
        with as_user_error("training"):
            trainers.of(run).train(None, run, lambda params: None, 1)


@needs_estimator
def test_a_tpu_that_cannot_be_found_is_named(tmp_path, monkeypatch):
    def no_such_tpu(*args, **kwargs):
        raise ValueError("of a kind\nin two lines")

    monkeypatch.setattr(tf.distribute.cluster_resolver, "TPUClusterResolver", no_such_tpu)
    run = settings(output_dir=str(tmp_path), use_tpu=True, tpu_name="mine")
    with pytest.raises(UserError, match="^--tpu_name=mine: the TPU cannot be found: of a kind$"):
        trainers.of(run).train(None, run, None, 1)
