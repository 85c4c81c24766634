"""Dropout, layer normalisation and attention on their own."""
import numpy as np
import pytest
import tensorflow

from bert_nq.modeling import activations, attention, layers
from bert_nq.modeling.runtime import tf


def masks(seed, shape, rate=0.25, runs=1, bytewise=True, calls=1):
    """What `calls` masks are in `runs` runs of one session: [runs][calls] of `shape`."""
    with tf.Graph().as_default():
        dropout = layers.Dropout(seed() if callable(seed) else seed, bytewise)
        keeps = [dropout.keep(shape, rate) for _ in range(calls)]
        with tf.Session() as session:
            return [session.run(keeps) for _ in range(runs)]


@pytest.mark.parametrize("bytewise", [True, False])
@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.003])
def test_dropout_drops_the_share_it_says(rate, bytewise):
    # Of two million elements; five standard deviations of a binomial are 5 sqrt(p (1 - p) / n), to
    # which thresholds add, in 64 masks, at most 5 / 256 / sqrt(12 * 64) = 0.0007.
    n = 64 * 33000
    dropped = 1 - np.mean(masks(1, [33000], rate, 64, bytewise))
    assert abs(dropped - rate) < 5 * np.sqrt(rate * (1 - rate) / n) + (0.0036 if bytewise else 0)


def test_each_element_is_dropped_by_itself():
    # Neighbours, heads and rows agree as often as independent ones do: (3/4)^2 + (1/4)^2 = 0.625.
    keep, = masks(2, [40, 50, 60])[0]
    for axis in range(3):
        agree = np.mean(np.take(keep, range(1, keep.shape[axis]), axis)
                        == np.take(keep, range(keep.shape[axis] - 1), axis))
        assert abs(agree - 0.625) < 0.01


@pytest.mark.parametrize("shape", [[1], [7], [8], [9], [3, 5, 7]])
def test_mask_has_any_shape(shape):
    assert masks(3, shape)[0][0].shape == tuple(shape)


def test_integer_seed_repeats_the_sequence_of_masks_in_every_session():
    first, second = masks(4, [500], runs=2, calls=2), masks(4, [500], runs=2, calls=2)
    np.testing.assert_array_equal(first, second)
    other_seed = masks(5, [500], runs=2, calls=2)
    assert len({tuple(mask) for runs in (first, other_seed) for run in runs for mask in run}) == 8


@pytest.mark.parametrize("bytewise", [True, False])
def test_masks_follow_from_a_tensor_seed_alone(bytewise):
    def first_step():
        return tf.constant(10)

    def later_step():
        return tf.constant(11, tf.int64)

    once = masks(first_step, [500], runs=2, calls=2, bytewise=bytewise)
    np.testing.assert_array_equal(once[0], once[1])
    again = masks(first_step, [500], calls=2, bytewise=bytewise)
    np.testing.assert_array_equal(once[:1], again)
    assert once[0][0].tolist() != once[0][1].tolist()
    later = masks(later_step, [500], calls=2, bytewise=bytewise)
    assert once[0][0].tolist() != later[0][0].tolist()
    assert once[0][1].tolist() != later[0][0].tolist()


def test_dropout_scales_what_it_keeps_and_its_gradient():
    with tf.Graph().as_default():
        x = tf.constant(np.arange(1, 101, dtype=np.float32))
        y = layers.Dropout(1)(x, 0.2)
        slope, = tf.gradients(y, x)
        assert layers.Dropout(1)(x, 0) is x
        with tf.Session() as session:
            y, slope = session.run([y, slope])
    assert 0 < np.sum(y == 0) < 50
    np.testing.assert_allclose(slope, np.where(y == 0, 0, 1.25))
    np.testing.assert_allclose(y, slope * np.arange(1, 101), rtol=1e-6)


def attention_inputs():
    random = np.random.RandomState(0)
    query, key, value, weight = random.standard_normal((4, 2, 3, 5, 4)).astype(np.float32)
    adder = np.where(np.arange(5) < np.array([5, 3]).reshape(2, 1, 1, 1), 0, -10000)
    return query, key, value, weight, adder.astype(np.float32)


@pytest.mark.parametrize("with_dropout", [False, True])
def test_attention_gradient_is_the_one_that_tensorflow_derives(with_dropout):
    query, key, value, weight, adder = attention_inputs()
    keep = np.random.RandomState(1).rand(2, 3, 5, 5) > 0.4 if with_dropout else None
    with tf.Graph().as_default():
        inputs = [tf.constant(x) for x in (query, key, value)]
        ours = attention.attend_in_training(*inputs, tf.constant(adder),
                                            None if keep is None else tf.constant(keep),
                                            0.6 if with_dropout else 1.0)
        scores = tf.matmul(inputs[0], inputs[1], transpose_b=True) / 2 + adder
        kept = tf.nn.softmax(scores) * (keep / np.float32(0.6) if with_dropout else 1)
        theirs = tf.matmul(kept, inputs[2])
        with tf.Session() as session:
            ours, theirs = session.run([[y] + tf.gradients(tf.reduce_sum(y * weight), inputs)
                                        for y in (ours, theirs)])
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a, b, atol=2e-6)


def test_attention_in_prediction_and_training_is_the_same():
    query, key, value, _, adder = map(tf.constant, attention_inputs())
    with tf.Session() as session:
        a, b = session.run([attention.attend(query, key, value, adder),
                            attention.attend_in_training(query, key, value, adder)])
    np.testing.assert_allclose(a, b, atol=1e-6)


def test_layer_norm_by_hand():
    with tf.Graph().as_default():
        # Means 2 and 0, variances 1 and 4.
        y = layers.layer_norm(tf.constant([[1., 3., 1., 3.], [2., -2., 2., -2.]]))
        gamma, beta = (next(v for v in tf.trainable_variables() if v.op.name == "LayerNorm/" + name)
                       for name in ("gamma", "beta"))
        with tf.Session() as session:
            gamma.load([1, 1, 2, 2], session)
            beta.load([0, 0, 0, 10], session)
            y = session.run(y)
    np.testing.assert_allclose(y, [[-1, 1, -2, 12], [1, -1, 2, 8]], atol=1e-6)


def fused(activation):
    """What TensorFlow fuses with a product in front of `activation`."""
    options = tf.RunOptions(output_partition_graphs=True)
    metadata = tf.RunMetadata()
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [64, 16])
        y = layers.dense(activation(layers.dense(x, 32, 0.1, "first")), 16, 0.1, "second")
        session.run(tf.global_variables_initializer())
        session.run(y, {x: np.ones([64, 16])}, options=options, run_metadata=metadata)
    return [operation for graph in metadata.partition_graphs for node in graph.node
            for operation in node.attr["fused_ops"].list.s]


@pytest.mark.parametrize("ours, approximate", [(activations.gelu_tanh, True),
                                               (activations.gelu_erf, False)])
def test_gelu_is_fused_with_the_product_where_tensorflow_fuses_its_own(ours, approximate):
    native = getattr(tensorflow.nn, "gelu", None)
    if native is None:
        pytest.skip("TensorFlow 1.15 has no GELU and fuses none")
    assert fused(ours) == fused(lambda x: native(x, approximate=approximate))
