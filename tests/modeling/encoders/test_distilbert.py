"""DistilBERT: BERT's layers without token types, its own names, and heads that want a pooler."""
import os

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints, conversion, encoders, models
from bert_nq.modeling.encoders import Pass, bert_initialisation, distilbert_names
from bert_nq.modeling.encoders.distilbert_config import DistilBertConfig
from bert_nq.modeling.models import Model
from bert_nq.modeling.runtime import MULTIPLIES_BFLOAT16, tf
from bert_nq.training import depth
from tests.modeling.encoders.test_bert import TINY, assigned, batch, sizes
from tests.support import numpy_bert, reference_encoders

CONFIG = DistilBertConfig(vocab_size=50, hidden_size=12, num_hidden_layers=2,
                          num_attention_heads=3, intermediate_size=20, max_position_embeddings=16)


def weights_of_bert():
    """Of a BERT that is a DistilBERT: its token types add nothing."""
    weights = numpy_bert.random_weights(1, **sizes(TINY))
    weights["bert/embeddings/token_type_embeddings"][:] = 0
    return weights


def weights_of(bert):
    return {name.replace("bert/", "distilbert/"): value for name, value in bert.items()
            if "token_type" not in name and "pooler" not in name}


@pytest.mark.parametrize("options, tolerance", [
    ({}, 1e-5), ({"use_tpu": True}, 1e-5), ({"is_training": True, "recompute": True}, 1e-5),
    ({"precision": "bf16"}, 0.1)])
def test_it_is_bert_without_token_types(options, tolerance):
    if options.get("precision") == "bf16" and not MULTIPLIES_BFLOAT16:
        pytest.skip("no kernels for bfloat16")
    bert, inputs = weights_of_bert(), batch(TINY, [16, 9, 1], 16)
    expected, _ = numpy_bert.forward(bert, 2, 3, "tanh_gelu", *inputs)
    config = CONFIG.from_dict(dict(CONFIG.to_dict(), hidden_dropout_prob=0,
                                   attention_probs_dropout_prob=0))
    encoder = encoders.of(config)
    with tf.Graph().as_default():
        places = [tf.placeholder(tf.int32, [None, None]) for _ in inputs]
        features = dict(zip(encoder.inputs, places))
        encoded = encoder.encode(config, features, Pass(all_layers=True, **options))
        assert encoded.pooled is None and len(encoded.layers) == 3
        with assigned(weights_of(bert)) as session:  # Which compares names and shapes, too.
            sequence = session.run(encoded.sequence, dict(zip(places, inputs)))
    np.testing.assert_allclose(sequence, expected, atol=tolerance, rtol=0)
    assert distilbert_names.variables(config) == {
        name: value.shape for name, value in weights_of(bert).items()}


def test_transformers_gives_the_same(shared_data, tmp_path):
    encoders_of_transformers = os.path.join(shared_data, "parity", "encoders")
    reference_encoders.check(os.path.join(encoders_of_transformers, "distilbert-qa"), tmp_path)


def test_the_head_of_masked_words_travels_along(shared_data, tmp_path):
    folder = os.path.join(shared_data, "parity", "encoders", "distilbert-mlm")
    _, checkpoint = reference_encoders.there_and_back(folder, tmp_path)
    assert {"cls/predictions/output_bias", "cls/predictions/transform/dense/kernel",
            "cls/predictions/transform/dense/bias", "cls/predictions/transform/LayerNorm/beta",
            "cls/predictions/transform/LayerNorm/gamma"} <= set(
                checkpoints.read_shapes(checkpoint))


def test_names_there_and_back_by_hand():
    assert {name: distilbert_names.huggingface_name("distilbert/" + name) for name in (
        "embeddings/word_embeddings", "embeddings/LayerNorm/gamma",
        "encoder/layer_11/attention/self/key/kernel", "encoder/layer_0/attention/output/dense/bias",
        "encoder/layer_0/attention/output/LayerNorm/beta", "encoder/layer_0/output/dense/kernel",
        "encoder/layer_0/output/LayerNorm/gamma")} == {
            "embeddings/word_embeddings": "embeddings.word_embeddings.weight",
            "embeddings/LayerNorm/gamma": "embeddings.LayerNorm.weight",
            "encoder/layer_11/attention/self/key/kernel":
                "transformer.layer.11.attention.k_lin.weight",
            "encoder/layer_0/attention/output/dense/bias":
                "transformer.layer.0.attention.out_lin.bias",
            "encoder/layer_0/attention/output/LayerNorm/beta":
                "transformer.layer.0.sa_layer_norm.bias",
            "encoder/layer_0/output/dense/kernel": "transformer.layer.0.ffn.lin2.weight",
            "encoder/layer_0/output/LayerNorm/gamma":
                "transformer.layer.0.output_layer_norm.weight"}


def test_a_folder_there_and_back(tmp_path):
    folder, config = tmp_path / "tf", CONFIG
    checkpoints.write_weights(str(folder / "bert_model.ckpt"), dict(
        weights_of(weights_of_bert()), **{"cls/squad/output_weights": np.ones([2, 12], "f4")}))
    (folder / "bert_config.json").write_text(config.to_json())
    there = conversion.to_huggingface(str(folder), str(tmp_path / "hf"))
    back = conversion.to_tensorflow(str(tmp_path / "hf"), str(tmp_path / "back"), True)
    assert encoders.read_config(back.config) == config
    ours, theirs = (checkpoints.read_weights(path) for path in (str(folder), back.model))
    assert set(ours) == set(theirs)
    for name, value in ours.items():
        np.testing.assert_array_equal(theirs[name], value)
    # Nothing is said of a pooler that neither side knows.
    assert [note for note in there.notes + back.notes if "pooler" in note] == []


def test_a_head_that_wants_a_pooler_makes_one():
    joint, span = Model(CONFIG, "joint"), Model(CONFIG, "span")
    # Those that windows have, whoever reads them.
    assert models.inputs(span) == models.inputs(joint) == models.inputs(Model(TINY, "span"))
    made = {"cls/pooler/dense/kernel", "cls/pooler/dense/bias"}
    assert set(models.head_variables(joint)) - set(models.head_variables(
        Model(TINY, "joint"))) == made
    assert models.head_variables(span) == ("cls/squad/output_weights", "cls/squad/output_bias")
    with tf.Graph().as_default():
        features = dict(zip(models.inputs(joint), map(tf.constant, batch(TINY, [16, 9], 16))))
        logits = models.build_logits(joint, features, Pass())
        assert logits.answer_type.shape.as_list() == [2, 5]
        names = {v.op.name for v in tf.trainable_variables()}
        in_its_place = tf.gradients(logits.answer_type, [
            v for v in tf.trainable_variables() if v.op.name in made])
    assert None not in in_its_place
    assert names == set(distilbert_names.variables(CONFIG)) | set(models.head_variables(joint))
    # The layer lies above all of the encoder's.
    factors = depth.rate_factors(names, 0.5)
    assert factors["cls/pooler/dense/kernel"] == 1
    assert factors["distilbert/encoder/layer_0/output/dense/kernel"] == 0.5
    assert factors["distilbert/embeddings/word_embeddings"] == 0.25


def test_what_is_of_another_model(tmp_path):
    with pytest.raises(UserError) as error:
        DistilBertConfig.from_dict({"vocab_size": 9, "dim": 8}, "config.json")
    assert str(error.value) == (
        "config.json has the names of Hugging Face's config.json: convert the model with "
        "convert_checkpoint.py, and give the config that it writes")
    prefix = str(tmp_path / "bert_model.ckpt")
    checkpoints.write_weights(prefix, weights_of_bert())
    with pytest.raises(UserError, match="has no variable distilbert/embeddings/word_embeddings: is "
                                        "it a DistilBERT checkpoint"):
        checkpoints.check_fits(CONFIG, prefix)
    with pytest.raises(UserError, match="initial weights are made for BERT, not for distilbert"):
        bert_initialisation.initial_weights(CONFIG, 0)
