"""XLNet: attention by content, distance and segment, and what padding does not change."""
import os

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints, conversion, encoders, huggingface, models
from bert_nq.modeling.encoders import Pass, xlnet_graph, xlnet_names
from bert_nq.modeling.encoders.xlnet_config import XLNetConfig
from bert_nq.modeling.models import Model
from bert_nq.modeling.runtime import MULTIPLIES_BFLOAT16, tf
from bert_nq.training import depth
from tests.modeling.encoders.test_bert import assigned
from tests.support import numpy_xlnet, reference_encoders

# Heads are wider than the layer here: 3 * 6 = 18, not 10.
CONFIG = XLNetConfig(n_token=30, d_model=10, n_layer=2, n_head=3, d_head=6, d_inner=14,
                     hidden_dropout_prob=0, attention_probs_dropout_prob=0)
IDS = np.array([[7, 8, 9, 4, 11, 12, 4, 3], [5, 6, 4, 9, 4, 3, 0, 0]], np.int32)
MASK = np.array([[1] * 8, [1] * 6 + [0] * 2], np.int32)
SEGMENTS = np.array([[0, 0, 0, 0, 1, 1, 1, 2], [0, 0, 0, 1, 1, 2, 3, 3]], np.int32)


def random_weights(config, seed=0):
    random = np.random.RandomState(seed)
    return {name: random.normal(0, 0.4, shape).astype(np.float32)
            for name, shape in sorted(xlnet_names.variables(config).items())}


def encoded(config, weights, inputs, **options):
    with tf.Graph().as_default():
        places = [tf.placeholder(tf.int32, [None, None]) for _ in inputs]
        features = dict(zip(("input_ids", "input_mask", "segment_ids"), places))
        made = encoders.of(config).encode(config, features, Pass(all_layers=True, **options))
        assert made.pooled is None and len(made.layers) == 1 + config.n_layer
        with assigned(weights) as session:  # Which compares names and shapes, too.
            return session.run(made.sequence, dict(zip(places, inputs)))


@pytest.mark.parametrize("changes, options, tolerance", [
    ({}, {}, 2e-5), ({}, {"use_tpu": True}, 2e-5), ({}, {"is_training": True}, 2e-5),
    ({}, {"is_training": True, "recompute": True}, 2e-5), ({"untie_r": False}, {}, 2e-5),
    ({}, {"precision": "bf16"}, 0.2), ({}, {"precision": "fp16"}, 0.02)])
def test_it_is_what_a_loop_over_all_pairs_computes(changes, options, tolerance):
    if options.get("precision") == "bf16" and not MULTIPLIES_BFLOAT16:
        pytest.skip("no kernels for bfloat16")
    config = CONFIG.from_dict(dict(CONFIG.to_dict(), **changes))
    weights = random_weights(config)
    expected, _ = numpy_xlnet.forward(weights, config, IDS, MASK, SEGMENTS)
    sequence = encoded(config, weights, [IDS, MASK, SEGMENTS], **options)
    np.testing.assert_allclose(sequence, expected, atol=tolerance, rtol=0)


def test_encodings_of_distances_by_hand():
    # Width 4: frequencies 1 and 1/100. Distances 1, 0, -1 and, which two positions do not have, -2.
    with tf.Graph().as_default(), tf.Session() as session:
        rows = session.run(xlnet_graph.position_encodings(2, 4))
    np.testing.assert_allclose(rows, [
        [0.841471, 0.01, 0.540302, 0.99995], [0, 0, 1, 1], [-0.841471, -0.01, 0.540302, 0.99995],
        [-0.909297, -0.019999, -0.416147, 0.9998]], atol=1e-6)


@pytest.mark.parametrize("left, right", [(0, 5), (5, 0), (3, 2)])
def test_more_padding_changes_nothing(left, right):
    weights = random_weights(CONFIG)
    inputs = [IDS, MASK, SEGMENTS]
    padded = [np.pad(x, [[0, 0], [left, right]], "constant", constant_values=fill)
              for x, fill in zip(inputs, (0, 0, 3))]
    before, after = encoded(CONFIG, weights, inputs), encoded(CONFIG, weights, padded)
    after = after[:, left:left + 8]
    np.testing.assert_allclose(after[MASK == 1], before[MASK == 1], atol=1e-5, rtol=0)


def test_gradients_are_those_of_plain_operations():
    # The one that is written by hand for training against TensorFlow's of the pass for prediction.
    weights, gradients = random_weights(CONFIG), []
    aim = np.random.RandomState(1).normal(size=[2, 8, 10])
    for options in ({"use_tpu": True}, {"is_training": True, "use_tpu": True},
                    {"is_training": True, "use_tpu": True, "recompute": True}):
        with tf.Graph().as_default():
            features = dict(zip(("input_ids", "input_mask", "segment_ids"),
                                map(tf.constant, (IDS, MASK, SEGMENTS))))
            sequence = encoders.of(CONFIG).encode(CONFIG, features, Pass(**options)).sequence
            variables = {v.op.name: v for v in tf.trainable_variables()
                         if "mask_emb" not in v.op.name}
            some = tf.gradients(tf.reduce_sum(sequence * aim), list(variables.values()))
            with assigned(weights) as session:
                gradients.append(dict(zip(variables, session.run(some))))
    for name, value in gradients[0].items():
        for other in gradients[1:]:
            np.testing.assert_allclose(other[name], value, atol=2e-3, rtol=1e-3, err_msg=name)


def test_dropout_follows_its_seed():
    config = CONFIG.from_dict(dict(CONFIG.to_dict(), hidden_dropout_prob=0.3,
                                   attention_probs_dropout_prob=0.3))
    weights, inputs = random_weights(config), [IDS, MASK, SEGMENTS]
    one, same, other = (_with_seed(config, weights, inputs, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def _with_seed(config, weights, inputs, seed):
    with tf.Graph().as_default():
        features = dict(zip(("input_ids", "input_mask", "segment_ids"), map(tf.constant, inputs)))
        pass_ = Pass(is_training=True, seed=tf.constant(seed, tf.int64))
        sequence = encoders.of(config).encode(config, features, pass_).sequence
        with assigned(weights) as session:
            return session.run(sequence)


@pytest.mark.parametrize("folder", ["xlnet-qa-right-padded", "xlnet-qa-left-padded"])
def test_transformers_gives_the_same(folder, shared_data, tmp_path):
    folder = os.path.join(shared_data, "parity", "encoders", folder)
    config, checkpoint = reference_encoders.there_and_back(folder, tmp_path)
    assert {"start_logits/dense/kernel", "end_logits/dense_0/kernel", "end_logits/LayerNorm/beta",
            "end_logits/dense_1/bias", "answer_class/dense_0/bias",
            "answer_class/dense_1/kernel"} <= set(checkpoints.read_shapes(checkpoint))
    golden = np.load(os.path.join(folder, "golden.npz"))
    for options in ({}, {"is_training": True}):
        sequence, _ = reference_encoders.computed(config, checkpoint, golden, None, **options)
        np.testing.assert_allclose(sequence, golden["sequence"], atol=1e-5, rtol=0)


def test_the_head_of_language_modelling_travels_along(shared_data, tmp_path):
    folder = os.path.join(shared_data, "parity", "encoders", "xlnet-lm")
    config, checkpoint = reference_encoders.there_and_back(folder, tmp_path)
    golden = np.load(os.path.join(folder, "golden.npz"))
    sequence, _ = reference_encoders.computed(config, checkpoint, golden, None)
    weights = checkpoints.read_weights(checkpoint)
    logits = (sequence @ weights["model/transformer/word_embedding/lookup_table"].T
              + weights["model/lm_loss/bias"])
    np.testing.assert_allclose(logits, golden["logits"], atol=1e-5, rtol=0)


def test_a_head_that_wants_a_pooler_takes_the_place_of_cls():
    joint = Model(CONFIG, "joint")
    weights = random_weights(CONFIG)
    with tf.Graph().as_default():
        features = dict(zip(models.inputs(joint), map(tf.constant, (IDS, MASK, SEGMENTS))))
        sequence = encoders.of(CONFIG).encode(CONFIG, features, Pass()).sequence
        with tf.variable_scope("", reuse=tf.AUTO_REUSE):
            logits = models.build_logits(joint, features, Pass())
        names = {v.op.name: v for v in tf.trainable_variables()}
        assert set(names) == set(weights) | set(models.head_variables(joint))
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            values, vectors, types = session.run([names, sequence, logits.answer_type])
    pooled = np.tanh(vectors[[0, 1], [7, 5]] @ values["cls/pooler/dense/kernel"]
                     + values["cls/pooler/dense/bias"])
    np.testing.assert_allclose(types, pooled @ values["answer_type_output_weights"].T
                               + values["answer_type_output_bias"], atol=1e-5)


def test_rates_and_frozen_layers():
    names = xlnet_names.variables(CONFIG)
    factors = depth.rate_factors(names, 0.5)
    assert {name: factors["model/transformer/" + name] for name in (
        "layer_1/ff/layer_2/kernel", "layer_0/ff/layer_2/kernel", "word_embedding/lookup_table",
        "mask_emb/mask_emb", "r_w_bias", "seg_embed")} == {
            "layer_1/ff/layer_2/kernel": 1, "layer_0/ff/layer_2/kernel": 0.5,
            "word_embedding/lookup_table": 0.25, "mask_emb/mask_emb": 0.25, "r_w_bias": 1,
            "seg_embed": 1}
    frozen = set(names) - set(depth.trained(names, True, 1))
    assert frozen == {name for name in names if "/layer_0/" in name or "/layer_" not in name}
    assert set(names) - set(depth.trained(names, False, 0)) == set()


def test_names_by_hand():
    assert {name: xlnet_names.huggingface_name("model/transformer/" + name) for name in (
        "word_embedding/lookup_table", "mask_emb/mask_emb", "layer_11/rel_attn/q/kernel",
        "layer_0/rel_attn/LayerNorm/gamma", "layer_0/rel_attn/r_w_bias",
        "layer_0/rel_attn/seg_embed", "layer_1/ff/layer_2/kernel", "layer_1/ff/layer_1/bias",
        "layer_1/ff/LayerNorm/beta")} == {
            "word_embedding/lookup_table": "word_embedding.weight",
            "mask_emb/mask_emb": "mask_emb",
            "layer_11/rel_attn/q/kernel": "layer.11.rel_attn.q",
            "layer_0/rel_attn/LayerNorm/gamma": "layer.0.rel_attn.layer_norm.weight",
            "layer_0/rel_attn/r_w_bias": "layer.0.rel_attn.r_w_bias",
            "layer_0/rel_attn/seg_embed": "layer.0.rel_attn.seg_embed",
            "layer_1/ff/layer_2/kernel": "layer.1.ff.layer_2.weight",
            "layer_1/ff/layer_1/bias": "layer.1.ff.layer_1.bias",
            "layer_1/ff/LayerNorm/beta": "layer.1.ff.layer_norm.bias"}


def test_a_folder_there_and_back(tmp_path):
    folder = tmp_path / "tf"
    config = CONFIG.from_dict(dict(CONFIG.to_dict(), d_model=18, hidden_dropout_prob=0.2))
    assert config.attention_probs_dropout_prob == 0  # Hugging Face has one rate: both are kept.
    checkpoints.write_weights(str(folder / "bert_model.ckpt"), dict(
        random_weights(config), **{"model/lm_loss/bias": np.ones([30], "f4")}))
    (folder / "bert_config.json").write_text(config.to_json())
    there = conversion.to_huggingface(str(folder), str(tmp_path / "hf"))
    tensors = huggingface.read_safetensors(there.model)
    assert tensors["transformer.layer.1.rel_attn.seg_embed"].shape == (2, 3, 6)
    assert tensors["transformer.layer.1.ff.layer_1.weight"].shape == (14, 18)
    back = conversion.to_tensorflow(str(tmp_path / "hf"), str(tmp_path / "back"))
    assert encoders.read_config(back.config) == config
    ours, theirs = (checkpoints.read_weights(path) for path in (str(folder), back.model))
    assert set(ours) == set(theirs)
    assert all("vocab.txt" in note for note in there.notes + back.notes)
    for name, value in ours.items():
        np.testing.assert_array_equal(theirs[name], value, err_msg=name)


def test_a_file_of_google_says_what_it_is_of(tmp_path):
    path = tmp_path / "xlnet_config.json"
    path.write_text('{"d_head": 64, "d_inner": 4096, "d_model": 1024, "ff_activation": "gelu", '
                    '"n_head": 16, "n_layer": 24, "n_token": 32000, "untie_r": true}')
    config = encoders.read_config(str(path))
    assert (config.encoder, config.ff_activation, config.vocab_size) == ("xlnet", "gelu", 32000)
    # 24 layers of 5 D^2 + 2 D I + I + D + 4 D, 3 + 2 vectors of all heads; words; mask_emb.
    assert encoders.num_weights(config) == (
        24 * (5 * 1024 ** 2 + 2 * 1024 * 4096 + 4096 + 5 * 1024 + 5 * 1024) + 32001 * 1024)


@pytest.mark.parametrize("values, problem", [
    ({"vocab_size": 9, "d_model": 8}, '"n_token" is missing: these are the names of '
     "Hugging Face's config.json: convert the model with convert_checkpoint.py, and give the "
     "config that it writes"),
    ({}, '"n_token" is missing: is this the xlnet_config.json of an XLNet?'),
    ({"n_token": 9, "untie_r": 1}, "untie_r is 1, but must be true or false"),
    ({"n_token": 9, "d_model": 7}, "d_model is 7; an odd number has no place for the pairs of sine "
     "and cosine"),
    ({"n_token": 9, "n_layer": 10 ** 5}, "n_layer is 100000, and no model has more than 10000"),
    ({"n_token": 9, "ff_activation": "silu"}, "unknown ff_activation 'silu'; it can be gelu, "
     "gelu_tanh, gelu_new, gelu_erf, relu, tanh, linear")])
def test_impossible_configs(values, problem):
    with pytest.raises(UserError) as error:
        XLNetConfig.from_dict(values, "c.json")
    assert str(error.value) == "c.json: " + problem


@pytest.mark.parametrize("changes, problem", [
    ({"attn_type": "uni"}, "c.json: attn_type is 'uni'; only 'bi' can be converted"),
    ({"clamp_len": 9}, "c.json: clamp_len is 9; only -1 can be converted"),
    ({"d_model": 34, "n_head": 4}, "c.json: d_model 34 is not a multiple of n_head 4")])
def test_what_hugging_face_has_and_we_have_not(changes, problem):
    with pytest.raises(UserError) as error:
        huggingface.config_from_huggingface(dict(changes, model_type="xlnet"), "c.json")
    assert str(error.value) == problem


def test_what_we_have_and_hugging_face_has_not():
    with pytest.raises(UserError, match="^d_head 6 times n_head 3 is not d_model 10: "):
        huggingface.config_to_huggingface(CONFIG)
    tied = CONFIG.from_dict(dict(CONFIG.to_dict(), untie_r=False))
    with pytest.raises(UserError, match="^untie_r is false in the config: "):
        huggingface.to_huggingface(random_weights(tied), tied, "w")
