"""Layer normalisation, attention and activations on their own."""
import numpy as np
import pytest
import tensorflow

from bert_nq.modeling import activations, attention, layers, runtime
from bert_nq.modeling.runtime import tf


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


@pytest.mark.parametrize("dtype, tile_depth, tolerance", [
    # Of float32 nothing is widened, of heads of 4 columns 2, 1, and none.
    ("float32", 6, 1e-6), ("bfloat16", 6, 0.02), ("bfloat16", 5, 0.02), ("bfloat16", 4, 0.02),
    ("bfloat16", None, 0.02)])
def test_attention_head_by_head_is_the_same(monkeypatch, dtype, tile_depth, tolerance):
    if dtype == "bfloat16" and not runtime.MULTIPLIES_BFLOAT16:
        pytest.skip("TensorFlow 1.15 has no such product")
    monkeypatch.setattr(runtime, "TILE_DEPTH", tile_depth)
    query, key, value, _, adder = attention_inputs()  # [2, 3, 5, 4]
    # Padding that would win, if the mask did not reach it.
    key[1, :, 3:], value[1, :, 3:] = 30 * query[1, :, :2], 100
    with tf.Graph().as_default():
        expected = attention.attend(*map(tf.constant, (query, key, value, adder)))
        inputs = [tf.cast(tf.constant(x), dtype) for x in (query, key, value, adder)]
        factor = attention.query_factor(inputs[0].dtype, 4)
        heads = [[x[:, i:i + 1] for i in range(3)] for x in inputs[:3]]
        ours = attention.attend_by_heads([factor * x for x in heads[0]], *heads[1:], inputs[3])
        with tf.Session() as session:
            ours, expected = session.run([tf.cast(ours, tf.float32), expected])
    assert factor == (0.5 if dtype == "bfloat16" and tile_depth in (5, 6) else 1)
    np.testing.assert_allclose(ours[:, 0], np.concatenate(np.moveaxis(expected, 1, 0), axis=-1),
                               atol=tolerance)


@pytest.mark.parametrize("rewrites", [True, False])
@pytest.mark.parametrize("rows, width", [(1, 8), (7, 5), (64, 16)])
def test_layer_norm_on_cpu_is_the_same(rewrites, rows, width):
    random = np.random.RandomState(0)
    # Also variances as small as 1e-6, which an epsilon of some other size would be seen by.
    x = random.standard_normal([rows, width]) * np.logspace(-3, 1, rows)[:, None] + 0.5
    gamma, beta = random.standard_normal([2, width]).astype(np.float32)
    config = tf.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = not rewrites
    with tf.Graph().as_default(), tf.Session(config=config) as session:
        holder = tf.placeholder(tf.float32, [None, width])
        ours = layers.layer_norm_on_cpu(holder, tf.constant(gamma), tf.constant(beta))
        ours = session.run(ours, {holder: x})
    centred = x - x.mean(axis=1, keepdims=True)
    expected = centred / np.sqrt((centred ** 2).mean(axis=1, keepdims=True)) * gamma + beta
    np.testing.assert_allclose(ours, expected, atol=1e-3)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_layer_norm_on_cpu_is_one_kernel_where_there_is_one(dtype):
    metadata = tf.RunMetadata()
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(dtype, [None, 16])
        # Not of ones or zeros, which the steps would be simplified by.
        y = layers.layer_norm_on_cpu(x + 1, tf.linspace(1.0, 2.0, 16), tf.linspace(1.0, 3.0, 16))
        session.run(y + 1, {x: np.zeros([64, 16])}, tf.RunOptions(output_partition_graphs=True),
                    metadata)
    kinds = {node.op for graph in metadata.partition_graphs for node in graph.node}
    # TensorFlow 1.15 has none, and later ones have it where they compute with oneDNN.
    assert ("_MklLayerNorm" in kinds) == (dtype in runtime.FUSED_LAYER_NORM_TYPES)
    assert "FusedBatchNormV3" not in kinds


def test_layer_norm_by_hand():
    with tf.Graph().as_default():
        # Means 2 and 0, variances 1 and 4.
        y = layers.layer_norm(tf.constant([[1., 3., 1., 3.], [2., -2., 2., -2.]]),
                              gamma=tf.constant([1., 1., 2., 2.]),
                              beta=tf.constant([0., 0., 0., 10.]))
        with tf.Session() as session:
            y = session.run(y)
    np.testing.assert_allclose(y, [[-1, 1, -2, 12], [1, -1, 2, 8]], atol=1e-6)


def fused(activation):
    """The op that TensorFlow fuses with a product in front of `activation`."""
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
