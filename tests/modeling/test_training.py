"""The encoder in training: precisions and recomputed layers, against the plain one."""
import dataclasses
import functools

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling import precisions
from bert_nq.modeling.encoders.bert_config import BertConfig
from bert_nq.modeling.runtime import MULTIPLIES_BFLOAT16, tf
from tests.modeling.encoders.test_bert import TINY, assigned, batch, sizes
from tests.support import numpy_bert
from tests.support.encoding import encode

WIDE = BertConfig(vocab_size=50, hidden_size=48, num_hidden_layers=2, num_attention_heads=4,
                  intermediate_size=96, max_position_embeddings=32, type_vocab_size=2)
needs_bfloat16 = pytest.mark.skipif(not MULTIPLIES_BFLOAT16, reason="no kernels for bfloat16")
HALVES = [pytest.param("bf16", marks=needs_bfloat16), "fp16"]


def make_loss(config, inputs, seed=17, **options):
    """A scalar that all outputs of the encoder have a part in."""
    sequence, pooled = encode(config, inputs, is_training=True,
                              seed=tf.constant(seed, tf.int64), **options)
    assert sequence.dtype == pooled.dtype == tf.float32
    random = np.random.RandomState(1)
    return (tf.reduce_mean(sequence * random.standard_normal(config.hidden_size))
            + tf.reduce_mean(pooled * random.standard_normal(config.hidden_size)))


def weights_of(config):
    # Small enough for softmax and tanh not to be saturated.
    return {name: value if name.endswith("gamma") else value / 3
            for name, value in numpy_bert.random_weights(8, **sizes(config)).items()}


def gradients(config, of=None, **options):
    """{"loss" and the name of each variable: loss and its gradient}.

    Args:
      config: of the encoder.
      of: a part of the names of the variables that are trained.
      **options: for make_loss.
    """
    inputs = batch(config, [config.max_position_embeddings, 9], config.max_position_embeddings)
    with tf.Graph().as_default():
        loss = make_loss(config, list(map(tf.constant, inputs)), **options)
        variables = [v for v in tf.trainable_variables() if of is None or of in v.name]
        assert all(v.dtype.base_dtype == tf.float32 for v in tf.trainable_variables())
        values = [tf.convert_to_tensor(g) for g in tf.gradients(loss, variables)]
        assert all(g.dtype == tf.float32 for g in values)
        with assigned(weights_of(config)) as session:
            loss, values = session.run([loss, values])
    return dict({v.op.name: g for v, g in zip(variables, values)}, loss=loss)


def assert_same(ours, theirs, tolerance=1e-6):
    """Compares with the largest element of each gradient."""
    assert sorted(ours) == sorted(theirs)
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name], value, atol=tolerance * abs(value).max(), rtol=0,
                                   err_msg=name)


KEYS_BIAS = "self/key/bias"  # moves all scores of a query alike: its gradient is rounding alone


@pytest.mark.parametrize("hidden_act", ["gelu", "gelu_erf"])
def test_recomputed_layers_have_the_same_gradients_with_the_same_masks(hidden_act):
    config = dataclasses.replace(TINY, hidden_act=hidden_act)
    plain, recomputed = gradients(config), gradients(config, recompute=True)
    for values in (plain, recomputed):
        for name in [name for name in values if name.endswith(KEYS_BIAS)]:
            assert abs(values.pop(name)).max() < 1e-7
    assert_same(recomputed, plain, 2e-6)
    # With other masks they are not.
    name = "bert/encoder/layer_0/output/dense/kernel"
    difference = gradients(config, seed=18)[name] - plain[name]
    assert np.linalg.norm(difference) > 0.1 * np.linalg.norm(plain[name])


def test_recomputed_layers_with_only_some_weights_trained():
    part = "layer_1/output"
    recomputed, plain = gradients(TINY, part, recompute=True), gradients(TINY, part)
    assert len(plain) == 5  # kernel, bias, gamma, beta, and the loss
    assert_same(recomputed, plain, 2e-6)


def test_a_recomputed_layer_waits_for_the_gradient_from_above():
    # What the second computation reads comes through identities behind the incoming gradient;
    # without that, TensorFlow would merge it with the first one.
    with tf.Graph().as_default() as graph:
        inputs = list(map(tf.constant, batch(TINY, [5], 5)))
        loss = make_loss(TINY, inputs, recompute=True)
        before = {op.name for op in graph.get_operations()}
        tf.gradients(loss, tf.trainable_variables())
        new = [op for op in graph.get_operations() if op.name not in before]
    assert [op for op in new if "StatelessRandom" in op.type], "dropout is drawn again"
    waiting = [op for op in new if op.type == "Identity" and op.control_inputs
               and op.inputs[0].op.name in before]
    assert len(waiting) >= 2 * 13  # x and 12 weights of each of the two layers


@pytest.mark.parametrize("recompute", [False, True])
def test_gradients_are_the_same_within_a_loop(recompute):
    # As gradient accumulation builds it: variables outside, model and gradients in the loop.
    inputs = batch(TINY, [16, 9], 16)
    with tf.Graph().as_default(), tf.variable_scope("", reuse=tf.AUTO_REUSE):
        inputs = list(map(tf.constant, inputs))
        plain = tf.gradients(make_loss(TINY, inputs), tf.trainable_variables())
        variables = tf.trainable_variables()

        def add(i, sums):
            loss = make_loss(TINY, inputs, recompute=recompute)
            return i + 1, [a + b for a, b in zip(sums, tf.gradients(loss, variables))]

        start = [tf.zeros(v.shape) for v in variables]
        _, sums = tf.while_loop(lambda i, _: i < 2, add, (0, start), parallel_iterations=1,
                                back_prop=False)
        with assigned(weights_of(TINY)) as session:
            plain, sums = session.run([[tf.convert_to_tensor(g) for g in plain], sums])
    for variable, one, two in zip(variables, plain, sums):
        np.testing.assert_allclose(two, 2 * one, rtol=1e-5, atol=2e-6 * abs(one).max() + 1e-9,
                                   err_msg=variable.name)


# The spacing of numbers near 1.
EPSILON = {"bf16": 2.0 ** -7, "fp16": 2.0 ** -10}


exact_gradients = functools.lru_cache(maxsize=None)(gradients)


@pytest.mark.parametrize("precision", HALVES)
@pytest.mark.parametrize("hidden_act", ["gelu", "gelu_erf"])
@pytest.mark.parametrize("recompute", [False, True])
def test_half_precision_is_as_near_to_float32_as_its_mantissa_allows(precision, hidden_act,
                                                                     recompute):
    # Each of some twenty roundings on the way of a number errs by at most half a spacing, a
    # quarter on average, in a random direction: sqrt(20) / 4 or about one spacing. Gradients are
    # compared as vectors, whose small elements err with the large ones.
    config = dataclasses.replace(WIDE, hidden_act=hidden_act)
    exact = dict(exact_gradients(config))
    half = gradients(config, precision=precision, recompute=recompute)
    assert abs(half.pop("loss") - exact.pop("loss")) < 2 * EPSILON[precision]
    for name, value in exact.items():
        if not name.endswith(KEYS_BIAS):
            error = np.linalg.norm(half[name] - value) / np.linalg.norm(value)
            assert error < 4 * EPSILON[precision], name
    errors = [np.linalg.norm(half[name] - value) for name, value in exact.items()]
    assert max(errors) > 0, "nothing was computed in half precision"


@pytest.mark.parametrize("precision", HALVES)
def test_prediction_in_half_precision(precision):
    inputs = batch(WIDE, [32, 9], 32)
    outputs = []
    for each in ("fp32", precision):
        with tf.Graph().as_default():
            sequence, pooled = encode(WIDE, map(tf.constant, inputs), precision=each)
            assert sequence.dtype == pooled.dtype == tf.float32
            with assigned(weights_of(WIDE)) as session:
                outputs.append(session.run([sequence, pooled]))
    for exact, half in zip(*outputs):
        error = np.linalg.norm(half - exact) / np.linalg.norm(exact)
        assert 0 < error < 2 * EPSILON[precision]


def test_float16_survives_activations_whose_square_it_cannot_hold():
    # 300^2 is above 65504.
    from bert_nq.modeling import activations
    for name in ("gelu", "gelu_erf"):
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.constant([-300, 0, 300], tf.float16)
            y = activations.activation(name, is_training=True)(x)
            y, slope = session.run([y, tf.gradients(y, x)[0]])
        assert y.tolist() == [0, 0, 300]
        assert slope.tolist() == [0, 0.5, 1]


def test_unknown_precision_and_bfloat16_where_there_are_no_kernels(monkeypatch):
    with pytest.raises(UserError) as error:
        precisions.dtype("fp8", on_tpu=False)
    assert str(error.value) == "unknown precision 'fp8'; it can be fp32, bf16, fp16"
    monkeypatch.setattr(precisions.runtime, "MULTIPLIES_BFLOAT16", False)
    with pytest.raises(UserError) as error:
        precisions.dtype("bf16", on_tpu=False)
    assert str(error.value) == ("--precision=bf16 needs tensorflow 2 or a TPU; this is tensorflow "
                                + tf.__version__)
    assert precisions.dtype("bf16", on_tpu=True) == tf.bfloat16
