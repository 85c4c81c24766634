"""Which Estimator there is for which devices, and what is said where they are not there."""
import json
import os

import pytest

from bert_nq.base.errors import UserError
from bert_nq.estimator import devices, lost_workers
from bert_nq.estimator.cluster import Cluster
from bert_nq.modeling.runtime import tf

TWO_WORKERS = json.dumps({"cluster": {"worker": ["127.0.0.1:1", "127.0.0.1:2"]},
                          "task": {"type": "worker", "index": 1}})


def settings(**changes):
    return devices.RunSettings(**dict({"output_dir": "model", "seed": 1}, **changes))


def one_weight(features, labels, mode, params):
    """Learns a number: the loss is the squared distance to the mean of the batch."""
    weight = tf.get_variable("weight", [], initializer=tf.zeros_initializer())
    step = tf.train.get_or_create_global_step()
    loss = tf.square(weight - tf.reduce_mean(features))
    train_op = tf.train.GradientDescentOptimizer(0.25).minimize(loss, global_step=step)
    return tf.estimator.tpu.TPUEstimatorSpec(mode, loss=loss, train_op=train_op)


@pytest.fixture
def two_workers(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", TWO_WORKERS)


def with_gpus(monkeypatch, number):
    monkeypatch.setattr(tf.config.experimental, "list_physical_devices",
                        lambda kind: ["a GPU"] * number)


@pytest.mark.parametrize("gpus, changes, replicas", [
    (0, {}, 1), (4, {}, 1), (0, {"use_tpu": True}, 1),
    (0, {"distribution": "mirrored"}, 1), (0, {"distribution": "mirrored", "num_devices": 3}, 3),
    (4, {"distribution": "mirrored"}, 4), (4, {"distribution": "mirrored", "num_devices": 3}, 3),
    (0, {"distribution": "multi_worker"}, 2), (4, {"distribution": "multi_worker"}, 8)])
def test_a_batch_is_shared_by_the_devices_that_there_are(gpus, changes, replicas, monkeypatch,
                                                         two_workers):
    with_gpus(monkeypatch, gpus)
    assert devices.num_replicas(settings(**changes)) == replicas


@pytest.mark.parametrize("changes, message", [
    ({"distribution": "both"}, "--distribution=both: there is none, mirrored, multi_worker"),
    ({"distribution": "mirrored", "use_tpu": True},
     "--distribution=mirrored is for GPUs and CPUs: leave it out with --use_tpu, which uses all "
     "cores of the TPU"),
    ({"num_devices": 2}, "--num_devices=2 is for --distribution=mirrored; CUDA_VISIBLE_DEVICES "
     "chooses GPUs in all cases"),
    ({"distribution": "multi_worker", "seed": None}, "--distribution=multi_worker needs a --seed, "
     "by which all workers agree on the order of the records"),
    ({"distribution": "mirrored", "num_devices": 5}, "--num_devices=5: there are 4 GPUs"),
    ({"distribution": "mirrored", "train_batch_size": 6},
     "--train_batch_size=6 cannot be shared evenly among 4 devices"),
    ({"distribution": "multi_worker", "train_batch_size": 12},
     "--train_batch_size=12 cannot be shared evenly among 8 devices")])
def test_what_does_not_go_together_is_refused(changes, message, monkeypatch, two_workers):
    with_gpus(monkeypatch, 4)
    with pytest.raises(UserError) as e:
        devices.make_estimator(None, settings(**changes))
    assert str(e.value) == message


def test_only_the_first_of_several_workers_is_the_chief(two_workers):
    assert not devices.is_chief(settings(distribution="multi_worker"))
    assert devices.is_chief(settings(distribution="mirrored"))
    assert devices.is_chief(settings(distribution="multi_worker").on_one_device())


def test_what_predicts_is_on_one_device():
    distributed = settings(distribution="mirrored", num_devices=2)
    assert distributed.on_one_device() == settings()


@pytest.mark.parametrize("changes", [{}, {"distribution": "mirrored", "num_devices": 2}])
def test_without_multi_worker_tf_config_makes_no_cluster(changes, two_workers, tmp_path):
    estimator = devices.make_estimator(one_weight, settings(output_dir=str(tmp_path), **changes))
    assert (estimator.config.master, estimator.config.is_chief) == ("", True)
    assert not estimator.config.cluster_spec
    assert os.environ["TF_CONFIG"] == TWO_WORKERS


def test_several_workers_are_not_trained_each_by_itself(two_workers, tmp_path):
    run = settings(output_dir=str(tmp_path))
    with pytest.raises(UserError) as e:
        devices.train(devices.make_estimator(one_weight, run), run, None, 1)
    assert str(e.value) == ("TF_CONFIG is of several workers: give --distribution=multi_worker, or "
                            "unset it")


class Last(tf.train.SessionRunHook):
    """Keeps the weight after the last step."""

    def end(self, session):
        self.weight = session.run(tf.trainable_variables()[0])


@pytest.mark.parametrize("changes", [{}, {"distribution": "mirrored", "num_devices": 2},
                                     {"distribution": "mirrored", "num_devices": 4}])
def test_devices_get_their_shares_and_the_estimator_writes_nothing(changes, tmp_path):
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
    devices.train(devices.make_estimator(one_weight, run), run, input_fn, 2, [last])
    number = changes.get("num_devices", 1)
    assert asked == [(4 // number, (1, 0, number) if changes else None)]
    # The mean is 4, its gradient 2 (w - 4): 0 -> 0 + 0.25 * 8 = 2 -> 2 + 0.25 * 4 = 3.
    assert last.weight == pytest.approx(3.0)
    assert os.listdir(str(tmp_path)) == []


LOST = ("a worker was lost%s: %s; start all workers again with the same command, training "
        "goes on from the last checkpoint")


@pytest.fixture
def alone(monkeypatch):
    """A hook of worker 0, whose other worker is not there."""
    monkeypatch.setattr(lost_workers.time, "sleep", lambda seconds: None)
    return Cluster(("worker 0", "worker 1"), ("127.0.0.1:1", "127.0.0.1:2"), 0)


def noticed(cluster, is_over=lambda: False):
    return lost_workers.noticed(cluster, print, is_over)


def test_an_error_of_tensorflow_is_a_lost_worker_where_one_is_gone(alone):
    with pytest.raises(UserError) as e, noticed(alone):
        raise tf.errors.UnavailableError(None, None, "Socket closed")
    assert str(e.value) == LOST % ("", "worker 1 (127.0.0.1:2) is gone")


def test_an_error_of_tensorflow_stays_one_where_all_are_there(alone, monkeypatch):
    monkeypatch.setattr(lost_workers.peers, "absent", lambda cluster: [])
    with pytest.raises(tf.errors.UnavailableError), noticed(alone):
        raise tf.errors.UnavailableError(None, None, "Socket closed")


def test_no_second_session_is_made(alone, monkeypatch):
    monkeypatch.setattr(lost_workers.peers, "absent", lambda cluster: [])
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.create_global_step()
        session.run(tf.global_variables_initializer())
        with pytest.raises(UserError) as e, noticed(alone) as hook:
            hook.begin()
            hook.after_create_session(session, None)
            hook.after_create_session(session, None)
    assert str(e.value) == LOST % (" at step 0", "the connection to another worker broke")


def test_a_worker_that_is_lost_between_steps_is_told_before_the_next(alone):
    with pytest.raises(UserError) as e, noticed(alone) as hook:
        hook.look_closely()
        hook.before_run(None)
    assert str(e.value) == LOST % ("", "worker 1 (127.0.0.1:2) is gone")


def test_where_the_chief_ended_the_training_nobody_is_lost(alone):
    with noticed(alone, is_over=lambda: True) as hook:
        hook.look_closely()
        hook.before_run(None)
        raise AssertionError("this is not reached")
    with noticed(alone, is_over=lambda: True):
        raise tf.errors.UnavailableError(None, None, "Socket closed")
