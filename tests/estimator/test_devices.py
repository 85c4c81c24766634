"""How many devices share a batch, what is said where they are not there, and lost workers."""
import pytest

from bert_nq.base.errors import UserError
from bert_nq.estimator import devices, lost_workers
from bert_nq.estimator.cluster import Cluster
from bert_nq.modeling.runtime import tf
from tests.support.run_settings import settings


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
        devices.batch_of_device(settings(**changes))
    assert str(e.value) == message


def test_only_the_first_of_several_workers_is_the_chief(two_workers):
    assert not devices.is_chief(settings(distribution="multi_worker"))
    assert devices.is_chief(settings(distribution="mirrored"))
    assert devices.is_chief(settings(distribution="multi_worker").on_one_device())


def test_what_predicts_is_on_one_device():
    distributed = settings(distribution="mirrored", num_devices=2)
    assert distributed.on_one_device() == settings()


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
