"""The optimizers against bert-tensorflow's `create_optimizer` and against plain numpy."""
import numpy as np
import pytest
from bert import optimization
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bert_nq.base.errors import UserError
from bert_nq.modeling.runtime import tf
from bert_nq.training import optimizer, steps
from bert_nq.training.optimizer import OptimizerSettings
from bert_nq.training.settings import TrainingSettings

# Reads row 2 twice and row 4 never: the embedding's gradient is an IndexedSlices with a duplicate.
IDS = [2, 0, 2, 3]
START = {
    "bert/embeddings/word_embeddings": np.arange(15, dtype=np.float32).reshape(5, 3) / 10 - 0.5,
    "bert/encoder/kernel": np.array([[0.5, -1.0], [0.25, 2.0], [-0.75, 0.1]], np.float32),
    "bert/encoder/bias": np.array([0.3, -0.2], np.float32),
    "bert/encoder/LayerNorm/gamma": np.array([1.0, 1.5], np.float32),
    # No gradient reaches it: neither optimizer touches it or gives it slots.
    "bert/pooler/kernel": np.array([7.0], np.float32),
}


def make_loss(one_hot=False):
    """A loss on the variables of START, large enough that the clipping to norm 1 always bites."""
    variables = {name: tf.get_variable(name, initializer=tf.constant(value))
                 for name, value in START.items()}
    embeddings = variables["bert/embeddings/word_embeddings"]
    rows = tf.matmul(tf.one_hot(IDS, 5), embeddings) if one_hot else tf.gather(embeddings, IDS)
    outputs = tf.nn.bias_add(tf.matmul(rows, variables["bert/encoder/kernel"]),
                             variables["bert/encoder/bias"])
    outputs *= variables["bert/encoder/LayerNorm/gamma"]
    return 50 * tf.reduce_mean(tf.square(outputs - [[1.0, 2.0]]))


def ours(settings, times=1.0):
    """The train_op of training_step on make_loss() * times."""
    return steps.training_step(lambda features, index: (times * make_loss(), {}), {},
                               settings).train_op


def reference(settings):
    """bert-tensorflow's. Of an IndexedSlices it would take the norm without summing duplicates."""
    return optimization.create_optimizer(
        make_loss(one_hot=True), settings.learning_rate, settings.num_train_steps,
        settings.num_warmup_steps, False)


def trained(make_train_op, steps, *args, feed_step=False):
    """[{name: value} of all variables after each of `steps` steps].

    The reference counts the step up beside the update and not after it, so that its learning rate
    is now of this step and now of the next. `feed_step` makes it that of this step, which takes
    variables whose reading has a name.
    """
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope(tf.get_variable_scope(), use_resource=not feed_step):
            train_op = make_train_op(*args)
        variables = {v.op.name: v for v in tf.global_variables()}
        session.run(tf.global_variables_initializer())
        history = []
        for step in range(steps):
            session.run(train_op, {"global_step/read:0": step} if feed_step else {})
            history.append(session.run(variables))
        return history


@pytest.mark.parametrize("warmup", [0, 4])
def test_it_equals_the_reference_over_warm_up_and_decay(warmup):
    settings = OptimizerSettings(learning_rate=2e-3, num_train_steps=12, num_warmup_steps=warmup)
    # Two steps more than the schedule has: the rate stays 0.
    mine = trained(ours, 14, settings)
    theirs = trained(reference, 14, settings, feed_step=True)
    assert sorted(mine[-1]) == sorted(theirs[-1])
    for step, (a, b) in enumerate(zip(mine, theirs)):
        for name in a:
            # The kernel has 1 - adam_beta2 from float32's 0.999: 1.3e-5 less than 0.001.
            rtol = 2e-5 if name.endswith("adam_v") else 1e-6
            np.testing.assert_allclose(a[name], b[name], rtol=rtol, atol=1e-6,
                                       err_msg="%s after step %d" % (name, step + 1))
    moved = np.abs(mine[11]["bert/encoder/kernel"] - START["bert/encoder/kernel"])
    assert moved.max() > 0.05  # The comparison was not of variables that stand still.
    np.testing.assert_array_equal(mine[11]["bert/encoder/kernel"], mine[13]["bert/encoder/kernel"])


def test_slots_and_global_step_are_named_as_in_googles_checkpoints():
    settings = OptimizerSettings(learning_rate=0.1, num_train_steps=12, num_warmup_steps=0)
    final = trained(ours, 1, settings)[-1]
    trainable = sorted(set(START) - {"bert/pooler/kernel"})
    assert sorted(final) == sorted(
        list(START) + ["global_step"]
        + [name + slot for name in trainable for slot in ("/adam_m", "/adam_v")])
    assert final["global_step"] == 1


def test_gradients_are_clipped_to_a_global_norm_of_one():
    # At the first step adam_m is 0.1 of the clipped gradient.
    settings = OptimizerSettings(learning_rate=0.1, num_train_steps=12, num_warmup_steps=0)
    slots = trained(ours, 1, settings)[-1]
    norm = np.sqrt(sum(np.sum((value / 0.1) ** 2) for name, value in slots.items()
                       if name.endswith("adam_m")))
    np.testing.assert_allclose(norm, 1, rtol=1e-5)
    unclipped = trained(ours, 1, settings._replace(max_gradient_norm=1e9))[-1]
    name = "bert/encoder/kernel/adam_m"
    ratios = unclipped[name] / slots[name]
    np.testing.assert_allclose(ratios, ratios[0, 0], rtol=1e-5)
    assert ratios[0, 0] > 20


def test_rows_that_a_batch_did_not_read_decay_and_go_on_with_their_momentum():
    settings = OptimizerSettings(learning_rate=0.1, num_train_steps=10, num_warmup_steps=0)
    embeddings = trained(ours, 1, settings)[-1]["bert/embeddings/word_embeddings"]
    # Row 4 was not read: its moments are 0, and 0.1 * 0.01 of it decays.
    start = START["bert/embeddings/word_embeddings"]
    np.testing.assert_allclose(embeddings[4], start[4] * (1 - 0.1 * 0.01), rtol=1e-6)
    # Rows 2 and 0 moved by about rate * 0.1 / sqrt(0.001), as every first step of this Adam.
    np.testing.assert_allclose(np.abs(embeddings[2] - start[2]), 0.1 * 0.1 / np.sqrt(0.001),
                               rtol=0.01)


def test_names_with_layer_norm_and_bias_do_not_decay():
    # A gradient of zero leaves nothing but the decay: 10 steps of rate 0.1, falling linearly.
    settings = OptimizerSettings(learning_rate=0.1, num_train_steps=10, num_warmup_steps=0)
    final = trained(ours, 10, settings, 0.0)[-1]
    kept = np.prod([1 - 0.1 * (1 - step / 10) * 0.01 for step in range(10)])
    for name in ("bert/embeddings/word_embeddings", "bert/encoder/kernel"):
        np.testing.assert_allclose(final[name], START[name] * kept, rtol=1e-5, err_msg=name)
    for name in ("bert/encoder/bias", "bert/encoder/LayerNorm/gamma", "bert/pooler/kernel"):
        np.testing.assert_array_equal(final[name], START[name], err_msg=name)


def test_the_learning_rate_rises_then_falls_from_where_the_decay_has_got_to():
    settings = OptimizerSettings(learning_rate=0.8, num_train_steps=8, num_warmup_steps=2)
    with tf.Graph().as_default(), tf.Session() as session:
        step = tf.placeholder(tf.int64, [])
        rate = optimizer.learning_rate(settings, step)
        rates = [session.run(rate, {step: i}) for i in range(10)]
    # 0 and 1 of 2 steps of warm-up; then 0.8 * (1 - step / 8), from step 2 on.
    np.testing.assert_allclose(rates, [0, 0.4, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0, 0], atol=1e-7)


def test_learning_rates_of_equal_parts_of_the_training():
    settings = OptimizerSettings(learning_rate=0.8, num_train_steps=9, num_warmup_steps=2,
                                 learning_rates="2e-5,1e-5,4e-6")
    with tf.Graph().as_default(), tf.Session() as session:
        step = tf.placeholder(tf.int64, [])
        rate = optimizer.learning_rate(settings, step)
        rates = [session.run(rate, {step: i}) for i in range(10)]
    # 0 and 1 of 2 steps of warm-up to the first.
    np.testing.assert_allclose(rates, [0, 1e-5, 2e-5] + [1e-5] * 3 + [4e-6] * 4, rtol=1e-6)
    for rates in ("2e-5,", "2e-5,0", "a", "inf"):
        with pytest.raises(UserError, match="is not a number above 0"):
            TrainingSettings(learning_rates=rates).check()
    with pytest.raises(UserError, match="--learning_rates=1e-5 and --learning_rate=0.1: give one"):
        TrainingSettings(learning_rates="1e-5", learning_rate=0.1).check()


# The optimizers in numpy, on gradients that are chosen.

MODEL = {
    "bert/embeddings/word_embeddings": np.array([[0.5, -1.0], [0.25, 2.0], [-0.75, 0.1]]),
    "bert/encoder/layer_0/output/dense/kernel": np.array([[3.0, -4.0]]),
    "bert/encoder/layer_0/output/dense/bias": np.array([0.3, -0.2]),
    "bert/encoder/layer_1/output/LayerNorm/gamma": np.array([1.0, 1.5]),
    "bert/encoder/layer_1/output/dense/kernel": np.array([[2.0, 1.0]]),
    # LAMB scales to the norm of the variable, except where that is 0.
    "cls/nq/output_weights": np.array([0.0, 0.0]),
}
RANDOM = np.random.RandomState(0)
GRADIENTS = [{name: RANDOM.randn(*value.shape) for name, value in MODEL.items()} for _ in range(5)]
UNCLIPPED = OptimizerSettings(learning_rate=0.01, num_train_steps=10, num_warmup_steps=2,
                              max_gradient_norm=1e9)


SLOTS = {"adamw": "/adam_", "adamw_corrected": "/adam_", "lamb": "/lamb_"}


class Trainer:
    """Makes steps on the variables of MODEL with gradients that are given."""

    def __init__(self, settings):
        graph = tf.Graph()
        with graph.as_default():
            self._gradients = {name: tf.placeholder(tf.float32, value.shape)
                               for name, value in MODEL.items()}
            self._step = steps.training_step(self._loss, {}, settings)
            self._variables = {v.op.name: v for v in tf.global_variables()}
            self._initialise = tf.global_variables_initializer()
        self._session = tf.Session(graph=graph)
        self.start_again()

    def _loss(self, features, pass_index):
        return tf.add_n([
            tf.reduce_sum(self._gradients[name] * tf.get_variable(
                name, initializer=tf.constant(value, tf.float32)))
            for name, value in MODEL.items()]), {}

    def start_again(self):
        self._session.run(self._initialise)

    def step(self, gradients):
        """Makes a step; returns {name: value} of all variables after it."""
        feed = {self._gradients[name]: value for name, value in gradients.items()}
        self._session.run(self._step.train_op, feed)
        return self._session.run(self._variables)


def numpy_rate(settings, step):
    if step < settings.num_warmup_steps:
        return settings.learning_rate * step / settings.num_warmup_steps
    return settings.learning_rate * (1 - step / settings.num_train_steps)


def excluded(name):
    return name.endswith("bias") or "LayerNorm" in name


def adamw_change(name, value, m, v, step, s):
    decay = 0 if excluded(name) else s.weight_decay_rate * value
    return m / (np.sqrt(v) + s.adam_epsilon) + decay


def corrected_change(m, v, step, s):
    t = step + 1
    return m / (1 - s.adam_beta1 ** t) / (np.sqrt(v / (1 - s.adam_beta2 ** t)) + s.adam_epsilon)


def adamw_corrected_change(name, value, m, v, step, s):
    decay = 0 if excluded(name) else s.weight_decay_rate * value
    return corrected_change(m, v, step, s) + decay


def lamb_change(name, value, m, v, step, s):
    change = corrected_change(m, v, step, s)
    if excluded(name):
        return change
    change = change + s.weight_decay_rate * value
    norms = np.linalg.norm(value), np.linalg.norm(change)
    return change * (norms[0] / norms[1] if norms[0] and norms[1] else 1.0)


def in_numpy(change_of, settings, factors=None):
    """MODEL and its moments after steps on GRADIENTS, in float64."""
    values = dict(MODEL)
    m, v = (dict.fromkeys(MODEL, 0.0) for _ in range(2))
    for step, gradients in enumerate(GRADIENTS):
        for name, g in gradients.items():
            m[name] = settings.adam_beta1 * m[name] + (1 - settings.adam_beta1) * g
            v[name] = settings.adam_beta2 * v[name] + (1 - settings.adam_beta2) * g ** 2
            rate = numpy_rate(settings, step) * (factors or {}).get(name, 1.0)
            values[name] = values[name] - rate * change_of(
                name, values[name], m[name], v[name], step, settings)
    return values, m, v


def assert_equals_numpy(settings, change_of, factors=None):
    trainer = Trainer(settings)
    for gradients in GRADIENTS:
        final = trainer.step(gradients)
    values, m, v = in_numpy(change_of, settings, factors)
    slots = SLOTS[settings.optimizer]
    assert sorted(final) == sorted(
        ["global_step"] + [name + end for name in MODEL for end in ("", slots + "m", slots + "v")])
    for name in MODEL:
        for expected, suffix, rtol in ((values, "", 1e-5), (m, slots + "m", 1e-5),
                                       # float32's 1 - 0.999 is 1.3e-5 too small.
                                       (v, slots + "v", 5e-5)):
            np.testing.assert_allclose(final[name + suffix], expected[name], rtol=rtol, atol=1e-7,
                                       err_msg=name + suffix)
    assert np.abs(values["cls/nq/output_weights"]).max() > 1e-3  # from 0


@pytest.mark.parametrize("name, change_of", [
    ("adamw", adamw_change), ("adamw_corrected", adamw_corrected_change)])
def test_adamw_equals_numpy(name, change_of):
    settings = UNCLIPPED._replace(optimizer=name)
    assert_equals_numpy(settings, change_of)
    assert_equals_numpy(settings._replace(weight_decay_rate=0.1, adam_beta1=0.8, adam_beta2=0.9,
                                          adam_epsilon=1e-3), change_of)


def test_lamb_equals_numpy():
    assert_equals_numpy(UNCLIPPED._replace(optimizer="lamb"), lamb_change)
    assert_equals_numpy(UNCLIPPED._replace(optimizer="lamb", weight_decay_rate=0.1, adam_beta1=0.8,
                                           adam_beta2=0.9, adam_epsilon=1e-3), lamb_change)
    # Without decay the variables are scaled to their norms none the less.
    assert_equals_numpy(UNCLIPPED._replace(optimizer="lamb", weight_decay_rate=0.0), lamb_change)


@pytest.mark.parametrize("name, change_of", [
    ("adamw", adamw_change), ("adamw_corrected", adamw_corrected_change), ("lamb", lamb_change)])
def test_lower_layers_learn_more_slowly(name, change_of):
    # Two layers: the embeddings lie two below the top.
    factors = {"bert/embeddings/word_embeddings": 0.25,
               "bert/encoder/layer_0/output/dense/kernel": 0.5,
               "bert/encoder/layer_0/output/dense/bias": 0.5}
    assert_equals_numpy(UNCLIPPED._replace(optimizer=name, layerwise_lr_decay=0.5), change_of,
                        factors)


@pytest.mark.parametrize("name", ["adamw", "lamb"])
def test_frozen_variables_have_no_slots_and_keep_every_bit(name):
    settings = UNCLIPPED._replace(optimizer=name, freeze_embeddings=True, freeze_layers=1)
    trainer = Trainer(settings)
    for gradients in GRADIENTS:
        final = trainer.step(gradients)
    trained_names = sorted(MODEL)[3:]  # layer_1 and the head
    assert sorted(set(final) - set(MODEL)) == sorted(
        ["global_step"] + [v + SLOTS[name] + m for v in trained_names for m in "mv"])
    for name, value in MODEL.items():
        changed = (final[name] != value.astype(np.float32)).any()
        assert changed == (name in trained_names), name


def test_frozen_variables_take_no_part_in_the_norm():
    settings = UNCLIPPED._replace(freeze_embeddings=True, max_gradient_norm=1.0)
    gradients = {name: np.full(value.shape, 1e3 if "embeddings" in name else 0.0)
                 for name, value in MODEL.items()}
    gradients["cls/nq/output_weights"] = np.array([0.6, 0.0])
    final = Trainer(settings).step(gradients)
    # 0.1 of the gradient, not clipped since its norm is 0.6.
    np.testing.assert_allclose(final["cls/nq/output_weights/adam_m"], [0.06, 0], rtol=1e-6)


def test_settings_that_do_not_fit():
    with pytest.raises(UserError, match="^--freeze_layers=3: the model has 2 layers$"):
        Trainer(UNCLIPPED._replace(freeze_layers=3))
    with pytest.raises(UserError, match="^--optimizer=sgd: there are adamw, adamw_corrected, "
                                        "lamb$"):
        Trainer(UNCLIPPED._replace(optimizer="sgd"))


ANY_FLOAT = st.floats(width=32, allow_nan=True, allow_infinity=True)


@pytest.fixture(scope="module", params=["adamw", "lamb"])
def clipping_trainer(request):
    return Trainer(OptimizerSettings(0.01, 10, 0, optimizer=request.param))


@given(st.fixed_dictionaries({name: arrays.arrays(np.float32, value.shape, elements=ANY_FLOAT)
                              for name, value in MODEL.items()}))
def test_no_gradient_whatever_spoils_a_variable(clipping_trainer, gradients):
    clipping_trainer.start_again()
    clipping_trainer.step(GRADIENTS[0])
    before = clipping_trainer.step(GRADIENTS[1])
    after = clipping_trainer.step(gradients)
    assert after.pop("global_step") == before.pop("global_step") + 1
    for name, value in after.items():
        assert np.isfinite(value).all(), name
    with np.errstate(all="ignore"):
        squares = sum(np.sum(g.astype(np.float64) ** 2) for g in gradients.values())
    # Near the largest float32 the order of the sum decides.
    assume(not 1e38 < squares < 1e39)
    unchanged = all((after[name] == before[name]).all() for name in after)
    assert unchanged == (not squares < 1e38)


def test_a_training_decides_the_settings():
    of_training = OptimizerSettings.of_training
    assert of_training(TrainingSettings(), 250) == OptimizerSettings(5e-5, 250, 25)
    settings = TrainingSettings(learning_rate=1e-3, warmup_proportion=0.5, adam_beta1=0.8,
                                optimizer="lamb", freeze_layers=3, seed=7)
    assert of_training(settings, 10) == OptimizerSettings(
        1e-3, 10, 5, adam_beta1=0.8, optimizer="lamb", freeze_layers=3)
