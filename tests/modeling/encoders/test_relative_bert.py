"""BERT with relative positions: what it computes, its gradients, checkpoints and memory."""
import dataclasses
import os

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints
from bert_nq.modeling.encoders import bert_initialisation, bert_memory, bert_names
from bert_nq.modeling.encoders.bert_config import BertConfig
from bert_nq.modeling.runtime import MULTIPLIES_BFLOAT16, tf
from tests.modeling.encoders.test_bert import TINY, assigned, batch, sizes
from tests.support import numpy_bert, reference_encoders
from tests.support.encoding import encode

KINDS = ["relative_key", "relative_key_query"]
TABLE = "bert/encoder/layer_%d/attention/self/distance_embedding"


def relative(kind, config=TINY):
    return dataclasses.replace(config, position_embedding_type=kind, hidden_dropout_prob=0,
                               attention_probs_dropout_prob=0)


def weights_of(config, seed=1):
    found = numpy_bert.random_weights(seed, **sizes(config))
    random = np.random.RandomState(seed)
    # TINY: two layers, 16 positions, heads of 12 / 3.
    found.update({TABLE % i: random.standard_normal([31, 4]).astype(np.float32)
                  for i in range(config.num_hidden_layers)})
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{}, {"use_tpu": True}, {"is_training": True}, {
    "is_training": True, "recompute": True}])
def test_numpy_forward_pass_gives_the_same(kind, options):
    config = relative(kind)
    weights, inputs = weights_of(config), batch(config, [16, 9, 1], 16)
    expected = numpy_bert.forward(weights, 2, 3, "tanh_gelu", *inputs, positions=kind)
    with tf.Graph().as_default():
        # Windows of any length, as prediction and grouped training feed them.
        places = [tf.placeholder(tf.int32, [None, None]) for _ in inputs]
        outputs = encode(config, places, **options)
        with assigned(weights) as session:
            outputs = session.run(outputs, dict(zip(places, inputs)))
    for ours, theirs in zip(outputs, expected):
        np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=0)


def gradients(config, **options):
    """{name of a variable that the outputs depend on: gradient of a sum of them}."""
    inputs = batch(config, [16, 9], 16)
    random = np.random.RandomState(1)
    with tf.Graph().as_default():
        sequence, pooled = encode(config, map(tf.constant, inputs), is_training=True,
                                  seed=tf.constant(17, tf.int64), **options)
        loss = (tf.reduce_mean(sequence * random.standard_normal(config.hidden_size))
                + tf.reduce_mean(pooled * random.standard_normal(config.hidden_size)))
        pairs = [(v, g) for v, g in zip(tf.trainable_variables(), tf.gradients(
            loss, tf.trainable_variables())) if g is not None]
        with assigned({name: w if name.endswith("gamma") else w / 3
                       for name, w in weights_of(config).items()}) as session:
            values = session.run([tf.convert_to_tensor(g) for _, g in pairs])
    return {v.op.name: value for (v, _), value in zip(pairs, values)}


@pytest.mark.parametrize("kind", KINDS)
def test_recomputed_layers_have_the_same_gradients(kind):
    config = dataclasses.replace(relative(kind), hidden_dropout_prob=0.1,
                                 attention_probs_dropout_prob=0.1)
    plain, recomputed = gradients(config), gradients(config, recompute=True)
    # Positions are nothing but distances: the table of the others has no gradient.
    assert set(bert_names.variables(config)) - set(plain) == {"bert/embeddings/position_embeddings"}
    for name, value in plain.items():
        np.testing.assert_allclose(recomputed[name], value, atol=2e-6 * abs(value).max() + 1e-8,
                                   rtol=0, err_msg=name)


@pytest.mark.skipif(not MULTIPLIES_BFLOAT16, reason="no kernels for bfloat16")
def test_bfloat16_is_as_near_as_its_mantissa_allows():
    config = relative("relative_key_query")
    exact, half = gradients(config), gradients(config, precision="bf16")
    for name, value in exact.items():
        if not name.endswith("self/key/bias"):  # Where keys are compared with distances too, small.
            error = np.linalg.norm(half[name] - value) / np.linalg.norm(value)
            assert error < 8 * 2.0 ** -7, name
    assert max(np.linalg.norm(half[name] - value) for name, value in exact.items()) > 0


@pytest.mark.parametrize("kind", KINDS)
def test_transformers_gives_the_same(shared_data, tmp_path, kind):
    folder = os.path.join(shared_data, "parity", "encoders", "bert-%s-qa" % kind)
    reference_encoders.check(folder, tmp_path)


def test_a_checkpoint_that_lacks_distances_or_has_them_unasked(tmp_path):
    config, weights = relative("relative_key"), weights_of(TINY)
    whole, absolute = str(tmp_path / "whole.ckpt"), str(tmp_path / "absolute.ckpt")
    checkpoints.write_weights(whole, weights)
    checkpoints.write_weights(absolute, {name: w for name, w in weights.items()
                                         if "distance" not in name})
    checkpoints.check_fits(config, whole)
    checkpoints.check_fits(TINY, absolute)
    with pytest.raises(UserError) as error:
        checkpoints.check_fits(config, absolute)
    assert str(error.value) == (
        "%s has no %s and 1 weights more: its encoder is not complete; convert or copy it again"
        % (absolute, TABLE % 0))
    with pytest.raises(UserError) as error:
        checkpoints.check_fits(TINY, whole)
    assert str(error.value) == (
        "%s holds %s, %s, which the config does not ask for: give the checkpoint's own"
        % (whole, TABLE % 0, TABLE % 1))


def test_a_pooler_may_be_missing(tmp_path):
    prefix = str(tmp_path / "model.ckpt")
    checkpoints.write_weights(prefix, {name: w for name, w in weights_of(TINY).items()
                                       if "pooler" not in name and "distance" not in name})
    checkpoints.check_fits(TINY, prefix)


def test_the_config_says_it_only_where_it_is_not_googles():
    config = relative("relative_key")
    assert "position_embedding_type" not in TINY.to_dict()
    assert config.to_dict()["position_embedding_type"] == "relative_key"
    assert BertConfig.from_dict(config.to_dict()) == config


def test_memory_by_hand():
    # 2 windows of 5 pieces, 3 heads: where the scores are larger than the inner layer, [10, 6],
    # their moment takes 4 matrices [2, 3, 5, 5] more, of 4 bytes.
    config = dataclasses.replace(TINY, intermediate_size=6)
    assert (bert_memory.activations(relative("relative_key", config), 2, 5, "fp32", False)
            - bert_memory.activations(relative("absolute", config), 2, 5, "fp32", False)
            == 4 * 4 * 2 * 3 * 5 * 5)


def test_initial_weights_are_for_absolute_positions():
    with pytest.raises(UserError, match="made for position_embedding_type 'absolute', not "
                                        "'relative_key': without --init_checkpoint"):
        bert_initialisation.initial_weights(relative("relative_key"), 0)
