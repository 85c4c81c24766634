"""ALBERT's graph: narrow embeddings, and layers that share weights by groups."""
import dataclasses
import os

import numpy as np
import pytest

from bert_nq.modeling import encoders, freezing, models
from bert_nq.modeling.encoders import Pass, albert_names
from bert_nq.modeling.encoders.albert_config import AlbertConfig
from bert_nq.modeling.models import Model
from bert_nq.modeling.runtime import MULTIPLIES_BFLOAT16, tf
from tests.modeling.encoders.test_bert import assigned, batch
from tests.support import numpy_albert, reference_encoders

CONFIG = AlbertConfig(vocab_size=50, hidden_size=12, num_hidden_layers=3, num_attention_heads=3,
                      intermediate_size=20, max_position_embeddings=16, embedding_size=5)
# Layers 0, 1 and 2 in two groups: 0 * 2 / 3, 1 * 2 / 3 and 2 * 2 / 3, rounded down.
GROUPS = {1: [0, 0, 0], 2: [0, 0, 1], 3: [0, 1, 2]}


def config_of(num_groups, **changes):
    return dataclasses.replace(CONFIG, num_hidden_groups=num_groups, **changes)


def weights_of(config, seed=1):
    return numpy_albert.random_weights(
        seed, vocab=config.vocab_size, narrow=config.embedding_size, hidden=config.hidden_size,
        n_groups=config.num_hidden_groups, intermediate=config.intermediate_size,
        positions=config.max_position_embeddings, types=config.type_vocab_size)


def built(config, inputs, **options):
    """Sequence and pooled output of the encoder on three tensors."""
    encoder = encoders.of(config)
    encoded = encoder.encode(config, dict(zip(encoder.inputs, inputs)), Pass(**options))
    return [encoded.sequence, encoded.pooled]


@pytest.mark.parametrize("num_groups", sorted(GROUPS))
@pytest.mark.parametrize("options, tolerance", [
    ({}, 2e-5), ({"use_tpu": True}, 2e-5), ({"is_training": True, "recompute": True}, 2e-5),
    ({"precision": "bf16"}, 0.2)])
def test_numpy_forward_pass_gives_the_same(num_groups, options, tolerance):
    if options.get("precision") == "bf16" and not MULTIPLIES_BFLOAT16:
        pytest.skip("no kernels for bfloat16")
    config = config_of(num_groups)
    weights, inputs = weights_of(config), batch(config, [16, 9, 1], 16)
    expected = numpy_albert.forward(weights, GROUPS[num_groups], 3, *inputs)
    with tf.Graph().as_default():
        places = [tf.placeholder(tf.int32, [None, None]) for _ in inputs]
        outputs = built(config, places, **options)
        with assigned(weights) as session:  # Which compares names and shapes, too.
            outputs = session.run(outputs, dict(zip(places, inputs)))
    for ours, theirs in zip(outputs, expected):
        np.testing.assert_allclose(ours, theirs, atol=tolerance, rtol=0)


def test_embeddings_as_wide_as_layers_are_not_mapped():
    config = config_of(1, embedding_size=12, num_hidden_layers=1)
    weights, inputs = weights_of(config), batch(config, [7, 3], 7)
    assert not [name for name in weights if "mapping" in name]
    expected = numpy_albert.forward(weights, [0], 3, *inputs)
    with tf.Graph().as_default():
        outputs = built(config, map(tf.constant, inputs))
        with assigned(weights) as session:
            np.testing.assert_allclose(session.run(outputs[0]), expected[0], atol=1e-5, rtol=0)
    assert albert_names.variables(config) == {name: w.shape for name, w in weights.items()}


def gradients(config, weights, inputs, on_sequence, on_pooled, **options):
    """{name: gradient} of weighted sums of the outputs."""
    with tf.Graph().as_default():
        sequence, pooled = built(config, map(tf.constant, inputs), is_training=True,
                                 seed=tf.constant(17, tf.int64), **options)
        loss = (tf.reduce_sum(sequence * on_sequence.astype(np.float32))
                + tf.reduce_sum(pooled * on_pooled.astype(np.float32)))
        variables = tf.trainable_variables()
        with assigned(weights) as session:
            values = session.run([tf.convert_to_tensor(g) for g in tf.gradients(loss, variables)])
    return {v.op.name: value for v, value in zip(variables, values)}


def sums(seed=5):
    random = np.random.RandomState(seed)
    return random.standard_normal((2, 9, 12)), random.standard_normal((2, 12))


@pytest.mark.parametrize("num_groups", [1, 2])
def test_gradients_of_shared_weights_add_up_to_the_slopes_of_the_numpy_forward_pass(num_groups):
    config = config_of(num_groups)
    weights, inputs = weights_of(config, 4), batch(config, [9, 6], 9)
    on_sequence, on_pooled = sums()

    def value(name, change):
        moved = dict(weights, **{name: weights[name].astype(np.float64) + change})
        sequence, pooled = numpy_albert.forward(moved, GROUPS[num_groups], 3, *inputs)
        return (sequence * on_sequence).sum() + (pooled * on_pooled).sum()

    random = np.random.RandomState(6)
    found = gradients(config, weights, inputs, on_sequence, on_pooled)
    assert set(found) == set(weights)
    for name, gradient in found.items():
        step = 1e-5 * random.standard_normal(gradient.shape)
        slope = (value(name, step) - value(name, -step)) / 2e-5
        # A key's bias moves all scores of a query alike: its slope is nothing but rounding.
        np.testing.assert_allclose((gradient * step).sum() * 1e5, slope, rtol=5e-4, atol=5e-4,
                                   err_msg=name)


def test_recomputed_layers_have_the_same_gradients_though_each_drops_others():
    config = config_of(2, hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1)
    weights, inputs = weights_of(config, 4), batch(config, [9, 6], 9)
    plain, recomputed = (gradients(config, weights, inputs, *sums(), recompute=recompute)
                         for recompute in (False, True))
    for name, value in plain.items():
        # As above, of a key's bias only rounding is left.
        np.testing.assert_allclose(recomputed[name], value, atol=1e-5 * abs(value).max() + 1e-4,
                                   rtol=0, err_msg=name)


@pytest.mark.skipif(not MULTIPLIES_BFLOAT16, reason="no kernels for bfloat16")
def test_bfloat16_is_as_near_as_its_mantissa_allows():
    config = config_of(1)
    weights = {name: w if name.endswith("gamma") else w / 3
               for name, w in weights_of(config).items()}
    inputs = batch(config, [9, 6], 9)
    exact, half = (gradients(config, weights, inputs, *sums(), precision=precision)
                   for precision in ("fp32", "bf16"))
    for name, value in exact.items():
        if not name.endswith("self/key/bias"):
            error = np.linalg.norm(half[name] - value) / np.linalg.norm(value)
            assert error < 8 * 2.0 ** -7, name


def test_every_layer_where_it_is_asked_for():
    config = config_of(1)
    weights, inputs = weights_of(config), batch(config, [13, 5], 13)
    with tf.Graph().as_default():
        features = dict(zip(encoders.of(config).inputs, map(tf.constant, inputs)))
        encoded = encoders.of(config).encode(config, features, Pass(all_layers=True))
        with assigned(weights) as session:
            layers, sequence = session.run([encoded.layers, encoded.sequence])
    # What the first layer is given, as wide as the layers, and each of three.
    assert [x.shape for x in layers] == [(2, 13, 12)] * 4
    np.testing.assert_array_equal(layers[3], sequence)
    for depth in (0, 2):
        expected, _ = numpy_albert.forward(weights, [0] * depth, 3, *inputs)
        np.testing.assert_allclose(layers[depth], expected, atol=1e-5, rtol=0)


def test_shared_weights_are_frozen_once():
    config = config_of(1)
    weights, inputs = weights_of(config), batch(config, [9, 3], 9)
    with tf.Graph().as_default():
        places = [tf.placeholder(tf.int32, [None, None], "input_%d" % i) for i in range(3)]
        outputs = built(config, places)
        with assigned(weights) as session:
            definition = freezing.frozen(session, outputs)
    values = [node for node in definition.node if node.op == "Const"
              and tuple(d.size for d in node.attr["value"].tensor.tensor_shape.dim) == (12, 20)]
    assert len(values) == 1
    with tf.Graph().as_default(), tf.Session() as session:
        tf.import_graph_def(definition, name="")
        frozen = session.run([y.name for y in outputs],
                             {place.name: x for place, x in zip(places, inputs)})
    for ours, theirs in zip(frozen, numpy_albert.forward(weights, [0] * 3, 3, *inputs)):
        np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=0)


@pytest.mark.parametrize("head", ["span", "joint"])
def test_heads_take_its_vectors(head):
    model = Model(CONFIG, head)
    assert not models.makes_pooler(model)
    with tf.Graph().as_default():
        features = dict(zip(models.inputs(model), map(tf.constant, batch(CONFIG, [16, 9], 16))))
        logits = models.build_logits(model, features, Pass())
        assert logits.start.shape.as_list() == [2, 16]
        names = {v.op.name for v in tf.trainable_variables()}
    assert names == set(albert_names.variables(CONFIG)) | set(models.head_variables(model))


@pytest.mark.parametrize("num_groups", [1, 2])
def test_transformers_gives_the_same(shared_data, tmp_path, num_groups):
    folder = os.path.join(shared_data, "parity", "encoders", "albert-groups%d-qa" % num_groups)
    reference_encoders.check(folder, tmp_path)
