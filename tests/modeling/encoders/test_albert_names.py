"""ALBERT's config and names: Google's, Hugging Face's, and what is refused."""
import dataclasses
import json
import os

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints, conversion, encoders, huggingface
from bert_nq.modeling.encoders import albert_config, albert_names, bert_initialisation
from bert_nq.modeling.encoders.albert_config import AlbertConfig
from bert_nq.training import depth
from tests.modeling.encoders.test_albert import CONFIG, config_of, weights_of

# As in the file of albert_base_v2.
GOOGLE = {"attention_probs_dropout_prob": 0, "hidden_act": "gelu", "hidden_dropout_prob": 0,
          "embedding_size": 128, "hidden_size": 768, "initializer_range": 0.02,
          "intermediate_size": 3072, "max_position_embeddings": 512, "num_attention_heads": 12,
          "num_hidden_layers": 12, "num_hidden_groups": 1, "net_structure_type": 0,
          "layers_to_keep": [], "gap_size": 0, "num_memory_blocks": 0, "inner_group_num": 1,
          "down_scale_factor": 1, "type_vocab_size": 2, "vocab_size": 30000}


def test_a_config_of_google_names_no_model_but_is_known(tmp_path):
    path = tmp_path / "albert_config.json"
    path.write_text(json.dumps(GOOGLE))
    config = encoders.read_config(str(path))
    assert config == albert_config.published("base")
    assert config.to_dict()["model_type"] == "albert"
    path.write_text(config.to_json())
    assert encoders.read_config(str(path)) == config


@pytest.mark.parametrize("size, weights", [
    # Embeddings: 30,000 + 512 + 2 rows of 128, and LayerNorm's 2 x 128: 3,906,048.
    # Mapping: 128 H + H. Layer: 4 (H^2 + H), 2 H I + I + H, and 4 H. Pooler: H^2 + H.
    ("base", 3906048 + 99072 + 7087872 + 590592),
    ("large", 3906048 + 132096 + 12596224 + 1049600),
    ("xlarge", 3906048 + 264192 + 50358272 + 4196352),
    ("xxlarge", 3906048 + 528384 + 201379840 + 16781312)])
def test_published_sizes(size, weights):
    config = albert_config.published(size)
    assert encoders.num_weights(config) == weights
    # Depth costs no weights.
    deeper = dataclasses.replace(config, num_hidden_layers=3 * config.num_hidden_layers)
    assert encoders.num_weights(deeper) == weights


def test_groups_of_layers_by_hand():
    config = AlbertConfig(vocab_size=9, num_hidden_layers=5, num_hidden_groups=2)
    assert [config.group_of(layer) for layer in range(5)] == [0, 0, 0, 1, 1]


@pytest.mark.parametrize("changes, problem", [
    ({"inner_group_num": 2}, "f: inner_group_num is 2; groups are of one layer here, as in all "
                             "published models: only 1 can be used"),
    ({"num_hidden_groups": 13}, "f: num_hidden_groups is 13, but there are 12 layers to share "
                                "them: lower it"),
    ({"num_hidden_groups": 0}, "f: num_hidden_groups is 0, but must be a whole number above 0"),
    ({"position_embedding_type": "relative_key"},
     "f: position_embedding_type is 'relative_key'; ALBERT has only absolute here"),
    ({"embedding_size": "128"}, "f: embedding_size is '128', but must be a whole number above 0")])
def test_configs_that_are_refused(changes, problem):
    with pytest.raises(UserError) as error:
        AlbertConfig.from_dict(dict(GOOGLE, **changes), "f")
    assert str(error.value) == problem


def test_names_there_and_back_by_hand():
    group = "bert/encoder/transformer/group_1/inner_group_0/"
    theirs = "encoder.albert_layer_groups.1.albert_layers.0."
    assert {name: albert_names.huggingface_name(name) for name in (
        "bert/embeddings/word_embeddings", "bert/embeddings/LayerNorm/gamma",
        "bert/encoder/embedding_hidden_mapping_in/kernel", group + "attention_1/self/key/bias",
        group + "attention_1/output/dense/kernel", group + "LayerNorm/beta",
        group + "ffn_1/intermediate/dense/kernel", group + "ffn_1/intermediate/output/dense/bias",
        group + "LayerNorm_1/gamma", "bert/pooler/dense/kernel")} == {
            "bert/embeddings/word_embeddings": "embeddings.word_embeddings.weight",
            "bert/embeddings/LayerNorm/gamma": "embeddings.LayerNorm.weight",
            "bert/encoder/embedding_hidden_mapping_in/kernel":
                "encoder.embedding_hidden_mapping_in.weight",
            group + "attention_1/self/key/bias": theirs + "attention.key.bias",
            group + "attention_1/output/dense/kernel": theirs + "attention.dense.weight",
            group + "LayerNorm/beta": theirs + "attention.LayerNorm.bias",
            group + "ffn_1/intermediate/dense/kernel": theirs + "ffn.weight",
            group + "ffn_1/intermediate/output/dense/bias": theirs + "ffn_output.bias",
            group + "LayerNorm_1/gamma": theirs + "full_layer_layer_norm.weight",
            "bert/pooler/dense/kernel": "pooler.weight"}


def test_a_folder_with_all_heads_there_and_back(tmp_path):
    heads = {"cls/predictions/transform/dense/kernel": np.arange(60, dtype="f4").reshape(12, 5),
             "cls/predictions/transform/dense/bias": np.ones(5, "f4"),
             "cls/predictions/transform/LayerNorm/gamma": np.ones(5, "f4"),
             "cls/predictions/transform/LayerNorm/beta": np.ones(5, "f4"),
             "cls/predictions/output_bias": np.ones(50, "f4"),
             "cls/seq_relationship/output_weights": np.ones([2, 12], "f4"),
             "cls/seq_relationship/output_bias": np.ones(2, "f4")}
    folder, config = tmp_path / "tf", config_of(2, hidden_act="gelu_tanh")
    checkpoints.write_weights(str(folder / "bert_model.ckpt"), dict(weights_of(config), **heads))
    (folder / "bert_config.json").write_text(config.to_json())
    there = conversion.to_huggingface(str(folder), str(tmp_path / "hf"))
    tensors = huggingface.read_safetensors(there.model)
    assert tensors["predictions.dense.weight"].shape == (5, 12)
    assert {"predictions.bias", "sop_classifier.classifier.weight", "albert.pooler.bias"} <= set(
        tensors)
    back = conversion.to_tensorflow(str(tmp_path / "hf"), str(tmp_path / "back"))
    # gelu_new there, which is called gelu here.
    assert encoders.read_config(back.config) == config_of(2)
    ours, theirs = (checkpoints.read_weights(path) for path in (str(folder), back.model))
    assert set(ours) == set(theirs)
    for name, value in ours.items():
        np.testing.assert_array_equal(theirs[name], value)


def test_copies_of_tied_weights_are_passed_over():
    tensors = {"albert." + name: w for name, w in huggingface.to_huggingface(
        weights_of(CONFIG), CONFIG, "f")[0].items()}
    more = {"predictions.decoder.weight": np.zeros([50, 5], "f4"),
            "predictions.decoder.bias": np.zeros(50, "f4"),
            "albert.embeddings.position_ids": np.arange(16)[None]}
    weights, notes = huggingface.from_huggingface(dict(tensors, **more), CONFIG, "f")
    assert set(weights) == set(albert_names.variables(CONFIG)) and not notes


def test_embeddings_as_wide_as_layers_cannot_be_converted():
    values = albert_names.config_to_huggingface(CONFIG)
    with pytest.raises(UserError) as error:
        albert_names.config_from_huggingface(dict(values, embedding_size=12), "config.json")
    assert str(error.value) == (
        "config.json: embedding_size and hidden_size are both 12; Hugging Face's models have a "
        "dense layer between the two then, and Google's have none: such a model cannot be "
        "converted")
    with pytest.raises(UserError, match="^the config: embedding_size and hidden_size are both 12"):
        albert_names.config_to_huggingface(config_of(1, embedding_size=12))


def test_hugging_faces_defaults():
    config, notes = albert_names.config_from_huggingface({"model_type": "albert"}, "f")
    assert config == dataclasses.replace(albert_config.published("xxlarge"), hidden_act="gelu")
    assert not notes
    config, notes = albert_names.config_from_huggingface(
        {"hidden_act": "gelu", "layer_norm_eps": 1e-6}, "f")
    assert config.hidden_act == "gelu_erf"
    assert notes == ["layer_norm_eps is 1e-06 there and 1e-12 here: outputs differ a little"]


def test_what_is_of_another_model(tmp_path):
    prefix = str(tmp_path / "bert_model.ckpt")
    weights = weights_of(config_of(2))
    checkpoints.write_weights(prefix, weights)
    checkpoints.check_fits(config_of(2), prefix)
    checkpoints.check_fits(config_of(2, num_hidden_layers=9), prefix)  # No weight tells.
    with pytest.raises(UserError, match="num_hidden_groups 3, but 2 in the checkpoint"):
        checkpoints.check_fits(config_of(3), prefix)
    with pytest.raises(UserError, match="embedding_size 4, but 5 in the checkpoint"):
        checkpoints.check_fits(config_of(2, embedding_size=4), prefix)
    missing = "bert/encoder/embedding_hidden_mapping_in/bias"
    checkpoints.write_weights(prefix, {n: w for n, w in weights.items() if n != missing})
    with pytest.raises(UserError, match="has no %s: its encoder is not complete" % missing):
        checkpoints.check_fits(config_of(2), prefix)
    with pytest.raises(UserError, match="initial weights are made for BERT, not for albert"):
        bert_initialisation.initial_weights(CONFIG, 0)


def test_a_group_counts_as_one_layer():
    names = list(albert_names.variables(config_of(2))) + ["cls/squad/output_weights"]
    inside = "bert/encoder/transformer/group_%d/inner_group_0/LayerNorm/gamma"
    factors = depth.rate_factors(names, 0.5)
    assert [factors[name] for name in (
        "bert/embeddings/word_embeddings", "bert/encoder/embedding_hidden_mapping_in/kernel",
        inside % 0, inside % 1, "bert/pooler/dense/bias", "cls/squad/output_weights")] == [
            0.25, 0.25, 0.5, 1, 1, 1]
    trained = depth.trained(names, True, 1)
    assert {name.split("/")[3] for name in trained if "/group_" in name} == {"group_1"}
    assert not [name for name in trained if "embedding" in name]
    with pytest.raises(UserError) as error:
        depth.trained(names, False, 3)
    assert str(error.value) == ("--freeze_layers=3: the model has 2 groups of layers that share "
                                "weights, which count")


def test_files_of_the_reference_have_known_names(shared_data):
    folder = os.path.join(shared_data, "parity", "encoders", "albert-groups2-qa")
    tensors = huggingface.read_safetensors(os.path.join(folder, "model.safetensors"))
    with open(os.path.join(folder, "config.json")) as f:
        config, notes = albert_names.config_from_huggingface(json.load(f), "f")
    wanted = {"albert." + albert_names.huggingface_name(name)
              for name in albert_names.variables(config) if "pooler" not in name}
    assert wanted == {name for name in tensors if not name.startswith("qa_outputs")} and not notes
