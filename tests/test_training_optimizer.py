"""Our AdamW against bert-tensorflow's `create_optimizer`, variable by variable and slot by slot."""
import numpy as np
import pytest
from bert import optimization

from bert_nq.modeling.runtime import tf
from bert_nq.training import optimizer, steps
from bert_nq.training.optimizer import OptimizerSettings

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
            # The kernel has 1 - beta_2 from float32's 0.999: 1.3e-5 less than 0.001.
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
