"""A step in several passes, on several devices, and with gradients that are not finite."""
import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints
from bert_nq.modeling.runtime import tf
from bert_nq.training import loss_scale, steps
from bert_nq.training.optimizer import OptimizerSettings

SETTINGS = OptimizerSettings(learning_rate=0.05, num_train_steps=20, num_warmup_steps=2,
                             max_gradient_norm=0.1)
RANDOM = np.random.RandomState(0)
# 12 rows of 5 ids, of which none is 6.
IDS = RANDOM.randint(0, 6, [12, 5])
WANTED = RANDOM.randn(12, 3).astype(np.float32)
SHAPES = {"bert/embeddings/word_embeddings": [7, 4], "bert/encoder/layer_0/kernel": [4, 3],
          "bert/encoder/layer_0/bias": [3]}


def features_of(rows):
    return {"ids": tf.constant(IDS[rows]), "wanted": tf.constant(WANTED[rows])}


def loss_fn(features, pass_index):
    """A small network: mean embedding, tanh, product; its loss is a mean over the rows."""
    with tf.variable_scope("", reuse=tf.AUTO_REUSE):
        embeddings, kernel, bias = (
            tf.get_variable(name, shape, initializer=tf.truncated_normal_initializer(seed=1))
            for name, shape in SHAPES.items())
    hidden = tf.tanh(tf.reduce_mean(tf.gather(embeddings, features["ids"]), axis=1))
    outputs = tf.matmul(hidden, kernel) + bias
    loss = tf.reduce_mean(tf.square(outputs - features["wanted"]))
    return loss, {"mean_output": tf.reduce_mean(outputs),
                  "pass_index": tf.cast(pass_index, tf.float32)}


class Run:
    """Some steps on one device."""

    def __init__(self, num_steps, loss=loss_fn, settings=SETTINGS, **options):
        with tf.Graph().as_default(), tf.Session() as session:
            step = steps.training_step(loss, features_of(slice(None)), settings, **options)
            session.run(tf.global_variables_initializer())
            self.seen = [session.run((step.loss, step.scalars, step.train_op))[:2]
                         for _ in range(num_steps)]
            self.final = session.run({v.op.name: v for v in tf.global_variables()})


def assert_same_training(a, b):
    """Whether two runs saw the same losses and scalars and ended with the same variables."""
    for (loss_a, scalars_a), (loss_b, scalars_b) in zip(a.seen, b.seen):
        np.testing.assert_allclose(loss_a, loss_b, rtol=1e-5)
        assert sorted(scalars_a) == sorted(scalars_b)
        for name in set(scalars_a) - {"pass_index"}:
            np.testing.assert_allclose(scalars_a[name], scalars_b[name], rtol=1e-5, atol=1e-7,
                                       err_msg=name)
    assert sorted(a.final) == sorted(b.final)
    for name in a.final:
        np.testing.assert_allclose(a.final[name], b.final[name], rtol=1e-5, atol=1e-6,
                                   err_msg=name)


@pytest.fixture(scope="module")
def whole():
    return Run(6)


def test_a_step_tells_loss_scalars_norm_and_rate(whole):
    losses = [loss for loss, _ in whole.seen]
    assert losses[-1] < losses[0]
    assert sorted(whole.seen[0][1]) == ["gradient_norm", "learning_rate", "mean_output",
                                        "pass_index"]
    # 0 and 1 of 2 steps of warm-up; then 0.05 * (1 - step / 20).
    np.testing.assert_allclose([scalars["learning_rate"] for _, scalars in whole.seen],
                               [0, 0.025, 0.045, 0.0425, 0.04, 0.0375], rtol=1e-6)
    assert whole.final["global_step"] == 6
    assert whole.seen[0][1]["gradient_norm"] > 0.1  # before clipping to 0.1


def test_a_norm_of_0_clips_nothing(whole):
    free, far = (Run(6, settings=SETTINGS._replace(max_gradient_norm=norm)) for norm in (0, 1e9))
    assert_same_training(free, far)
    assert free.seen[-1][0] != whole.seen[-1][0]


@pytest.mark.parametrize("num_passes", [2, 3, 12])
def test_passes_make_the_step_of_the_whole_batch(whole, num_passes):
    parts = Run(6, num_passes=num_passes)
    assert_same_training(parts, whole)
    # The mean of 0, 1, ...: each pass knows its number.
    assert [scalars["pass_index"] for _, scalars in parts.seen] == [(num_passes - 1) / 2] * 6


def test_a_batch_that_does_not_divide():
    with pytest.raises(UserError, match="^a batch of 12 on each device cannot be divided into 5 "
                       "passes of equal size$"):
        Run(1, num_passes=5)


class TwoDevices(Run):
    """Some steps on two devices, each with half of the batch: the second with rows 1, 3, 5, ...

    seen and final are what the first device had; what the second had is asserted to be equal.
    """

    def __init__(self, num_steps, loss=loss_fn, **options):
        strategy = tf.distribute.MirroredStrategy(["/cpu:0", "/cpu:1"])
        run = getattr(strategy, "run", None) or strategy.experimental_run_v2

        def on_device():
            device = tf.convert_to_tensor(
                tf.distribute.get_replica_context().replica_id_in_sync_group)
            features = {name: tf.reshape(value, [6, 2, -1])[:, device]
                        for name, value in features_of(slice(None)).items()}
            step = steps.training_step(loss, features, SETTINGS, **options)
            with tf.control_dependencies([step.train_op]):
                return tf.identity(step.loss), step.scalars

        with tf.Graph().as_default(), strategy.scope():
            of_device = strategy.experimental_local_results
            loss, scalars = run(on_device)
            fetches = [(of_device(loss)[i], {name: of_device(value)[i]
                                             for name, value in scalars.items()}) for i in (0, 1)]
            copies = [{v.name.split(":")[0]: of_device(v)[i] for v in tf.global_variables()}
                      for i in (0, 1)]
            with tf.Session(config=tf.ConfigProto(device_count={"CPU": 2})) as session:
                session.run(tf.global_variables_initializer())
                seen = [session.run(fetches) for _ in range(num_steps)]
                finals = session.run(copies)
        for first, second in seen:
            np.testing.assert_equal(first, second)
        for name in finals[0]:
            np.testing.assert_array_equal(finals[0][name], finals[1][name], err_msg=name)
        self.seen, self.final = [first for first, _ in seen], finals[0]


@pytest.mark.parametrize("options", [
    {}, {"num_passes": 2}, {"num_passes": 3, "loss_scaling": True}])
def test_two_devices_make_the_step_of_one_and_stay_equal(options):
    assert_same_training(TwoDevices(6, **options), Run(6, **options))


def test_an_overflow_on_one_device_is_skipped_on_both():
    def overflows_on_the_second(features, pass_index):
        loss, scalars = loss_fn(features, pass_index)
        device = tf.convert_to_tensor(
            tf.distribute.get_replica_context().replica_id_in_sync_group)
        bad = tf.equal(device, 1) & tf.equal(tf.train.get_or_create_global_step(), 2)
        return loss * tf.where(bad, float("inf"), 1.0), scalars

    bad = TwoDevices(3, overflows_on_the_second, loss_scaling=True)
    good = TwoDevices(2, loss_scaling=True)
    assert (bad.final.pop("global_step"), good.final.pop("global_step")) == (3, 2)
    assert (bad.final.pop("loss_scale"), good.final.pop("loss_scale")) == (2.0 ** 14, 2.0 ** 15)
    assert bad.final.pop("loss_scale_good_steps") == 0
    for name in bad.final:
        np.testing.assert_array_equal(bad.final[name], good.final[name], err_msg=name)


def test_on_a_tpu_the_gradients_are_summed_over_its_cores():
    # The graph alone: no CPU can run it.
    with tf.Graph().as_default() as graph:
        steps.training_step(loss_fn, features_of(slice(None)), SETTINGS, use_tpu=True)
        kinds = [op.type for op in graph.get_operations()]
        summed = {op for op in graph.get_operations() if op.type == "CrossReplicaSum"}
    # Of three variables' gradients and of all scalars together.
    assert len(summed) == 3 + 1
    assert kinds.count("ResourceApplyAdam") == 3


def spoiled(bad_step, value, in_pass=None):
    """loss_fn whose gradients are `value` in one step, in one of its passes or in all."""
    def loss(features, pass_index):
        found, scalars = loss_fn(features, pass_index)
        bad = tf.equal(tf.train.get_or_create_global_step(), bad_step)
        if in_pass is not None:
            bad = bad & tf.equal(pass_index, in_pass)
        return found * tf.where(bad, value, 1.0), scalars

    return loss


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("passes, in_pass", [(1, None), (3, 0), (3, 2)])
def test_a_step_that_is_not_finite_changes_nothing_but_counts(whole, value, passes, in_pass):
    bad = Run(4, spoiled(3, value, in_pass), num_passes=passes)
    good = Run(3, num_passes=passes)
    assert not np.isfinite(bad.seen[3][0]) and not np.isfinite(bad.seen[3][1]["gradient_norm"])
    assert (bad.final.pop("global_step"), good.final.pop("global_step")) == (4, 3)
    for name in good.final:
        np.testing.assert_array_equal(bad.final[name], good.final[name], err_msg=name)


def test_loss_scaling_changes_nothing_while_all_is_finite(whole):
    # The scale is a power of two: only exponents differ.
    scaled = Run(6, loss_scaling=True)
    assert [scalars.pop("loss_scale") for _, scalars in scaled.seen] == [2.0 ** 15] * 6
    assert not any(map(checkpoints.is_model_variable, ["loss_scale", "loss_scale_good_steps"]))
    assert scaled.final.pop("loss_scale") == 2.0 ** 15
    assert scaled.final.pop("loss_scale_good_steps") == 6
    assert_same_training(scaled, whole)


def test_an_overflow_halves_the_scale_and_is_skipped():
    run = Run(4, spoiled(1, float("inf")), loss_scaling=True)
    assert [scalars["loss_scale"] for _, scalars in run.seen] == [
        2.0 ** 15, 2.0 ** 15, 2.0 ** 14, 2.0 ** 14]
    # Two good steps after it.
    assert (run.final["loss_scale"], run.final["loss_scale_good_steps"]) == (2.0 ** 14, 2)
    assert np.isfinite(run.final["bert/encoder/layer_0/kernel"]).all()


def test_the_scale_doubles_after_a_number_of_good_steps_and_stops_falling_at_one(monkeypatch):
    monkeypatch.setattr(loss_scale, "STEPS_TO_DOUBLE", 3)
    run = Run(8, loss_scaling=True)
    assert [scalars["loss_scale"] / 2 ** 15 for _, scalars in run.seen] == [
        1, 1, 1, 2, 2, 2, 4, 4]
    monkeypatch.setattr(loss_scale, "FIRST_SCALE", 4.0)
    run = Run(4, lambda *args: (float("inf") * loss_fn(*args)[0], {}), loss_scaling=True)
    assert [scalars["loss_scale"] for _, scalars in run.seen] == [4, 2, 1, 1]
