"""Google's and Hugging Face's names for the same weights, and whole models there and back."""
import json
import os

import numpy as np
import pytest
import safetensors.numpy

from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints, conversion, huggingface
from bert_nq.modeling.encoders import bert_names
from bert_nq.modeling.encoders.bert_config import BertConfig
from bert_nq.modeling.runtime import tf
from tests.support import numpy_bert
from tests.support.encoding import encode

CONFIG = BertConfig(vocab_size=9, hidden_size=4, num_hidden_layers=1, num_attention_heads=2,
                    intermediate_size=6, max_position_embeddings=5, type_vocab_size=2,
                    hidden_act="gelu_erf")
SIZES = {"vocab": 9, "hidden": 4, "n_layers": 1, "intermediate": 6, "positions": 5, "types": 2}

# Written out after a BertModel that transformers saved: shapes are [out, in].
HUGGINGFACE_SHAPES = {
    "embeddings.word_embeddings.weight": (9, 4),
    "embeddings.position_embeddings.weight": (5, 4),
    "embeddings.token_type_embeddings.weight": (2, 4),
    "embeddings.LayerNorm.weight": (4,),
    "embeddings.LayerNorm.bias": (4,),
    "encoder.layer.0.attention.self.query.weight": (4, 4),
    "encoder.layer.0.attention.self.query.bias": (4,),
    "encoder.layer.0.attention.self.key.weight": (4, 4),
    "encoder.layer.0.attention.self.key.bias": (4,),
    "encoder.layer.0.attention.self.value.weight": (4, 4),
    "encoder.layer.0.attention.self.value.bias": (4,),
    "encoder.layer.0.attention.output.dense.weight": (4, 4),
    "encoder.layer.0.attention.output.dense.bias": (4,),
    "encoder.layer.0.attention.output.LayerNorm.weight": (4,),
    "encoder.layer.0.attention.output.LayerNorm.bias": (4,),
    "encoder.layer.0.intermediate.dense.weight": (6, 4),
    "encoder.layer.0.intermediate.dense.bias": (6,),
    "encoder.layer.0.output.dense.weight": (4, 6),
    "encoder.layer.0.output.dense.bias": (4,),
    "encoder.layer.0.output.LayerNorm.weight": (4,),
    "encoder.layer.0.output.LayerNorm.bias": (4,),
    "pooler.dense.weight": (4, 4),
    "pooler.dense.bias": (4,),
}

HUGGINGFACE_CONFIG = {
    "architectures": ["BertModel"], "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1, "hidden_size": 4, "initializer_range": 0.02,
    "intermediate_size": 6, "layer_norm_eps": 1e-12, "max_position_embeddings": 5,
    "model_type": "bert", "num_attention_heads": 2, "num_hidden_layers": 1, "pad_token_id": 0,
    "position_embedding_type": "absolute", "type_vocab_size": 2, "vocab_size": 9,
}
VOCAB = b"".join(b"%d\n" % i for i in range(9))


def tensors(prefix="", spelling=("weight", "bias"), seed=0):
    """Random tensors of a Hugging Face model, in either of the two spellings of LayerNorm."""
    random = np.random.RandomState(seed)
    named = {}
    for name, shape in HUGGINGFACE_SHAPES.items():
        if "LayerNorm" in name:
            name = name.replace("weight", spelling[0]).replace("bias", spelling[1])
        named[prefix + name] = random.standard_normal(shape).astype(np.float32)
    return named


def save(folder, values, config=HUGGINGFACE_CONFIG, vocab=VOCAB):
    """A Hugging Face folder."""
    folder.mkdir()
    safetensors.numpy.save_file(values, str(folder / "model.safetensors"))
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.txt").write_bytes(vocab)
    return str(folder)


def equal(ours, theirs):
    assert set(ours) == set(theirs)
    for name in ours:
        assert ours[name].dtype == theirs[name].dtype == np.float32
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def message(call, *args, **kwargs):
    with pytest.raises(UserError) as error:
        call(*args, **kwargs)
    return str(error.value)


def test_names_and_shapes_are_those_of_the_graph():
    with tf.Graph().as_default():
        encode(CONFIG, [tf.zeros([1, 3], tf.int32)] * 3)
        graph = {v.op.name: tuple(v.shape.as_list()) for v in tf.global_variables()}
    assert bert_names.variables(CONFIG) == graph == numpy_bert.variable_shapes(**SIZES)
    assert {bert_names.huggingface_name(name): shape[::-1] if name.endswith("kernel") else shape
            for name, shape in graph.items()} == HUGGINGFACE_SHAPES


@pytest.mark.parametrize("prefix", ["", "bert."])
@pytest.mark.parametrize("spelling", [("weight", "bias"), ("gamma", "beta")])
def test_kernels_are_transposed_and_nothing_else(prefix, spelling):
    source = tensors(prefix, spelling)
    weights, notes = huggingface.from_huggingface(source, CONFIG, "here")
    assert notes == []
    dense = "encoder.layer.0.intermediate.dense."
    layer = "bert/encoder/layer_0/"
    np.testing.assert_array_equal(weights[layer + "intermediate/dense/kernel"],
                                  source[prefix + dense + "weight"].T)
    np.testing.assert_array_equal(weights[layer + "intermediate/dense/bias"],
                                  source[prefix + dense + "bias"])
    norm = prefix + "encoder.layer.0.output.LayerNorm." + spelling[0]
    np.testing.assert_array_equal(weights[layer + "output/LayerNorm/gamma"], source[norm])
    words = prefix + "embeddings.word_embeddings.weight"
    np.testing.assert_array_equal(weights["bert/embeddings/word_embeddings"], source[words])
    # And back, under the plain names.
    equal(huggingface.to_huggingface(weights, CONFIG, "there")[0], tensors())


def test_folder_survives_the_way_there_and_back(tmp_path):
    source = tensors()
    folder = save(tmp_path / "hf", dict(source, **{"embeddings.position_ids": np.arange(5)}))
    there = conversion.to_tensorflow(folder, str(tmp_path / "tf"))
    assert there == conversion.Conversion(
        model=str(tmp_path / "tf" / "bert_model.ckpt"),
        config=str(tmp_path / "tf" / "bert_config.json"), vocab=str(tmp_path / "tf" / "vocab.txt"),
        n_tensors=23, n_parameters=16 * 4 + 8 + 5 * 16 + 5 * 4 + 2 * 24 + 6 + 4 + 4 * 4,
        notes=[])
    assert BertConfig.from_json_file(there.config) == CONFIG
    back = conversion.to_huggingface(str(tmp_path / "tf"), str(tmp_path / "hf2"))
    assert back.notes == []
    equal(safetensors.numpy.load_file(back.model), source)
    assert json.loads((tmp_path / "hf2" / "config.json").read_text()) == HUGGINGFACE_CONFIG
    assert (tmp_path / "hf2" / "vocab.txt").read_bytes() == VOCAB
    with open(back.model, "rb") as f:  # transformers refuses files without this.
        assert b'"__metadata__":{"format":"pt"}' in f.read(500)


def test_checkpoint_with_heads_survives_the_way_there_and_back(tmp_path):
    weights = numpy_bert.random_weights(0, **SIZES)
    random = np.random.RandomState(1)
    for name, shape in {"cls/nq/output_weights": (2, 4), "cls/nq/output_bias": (2,),
                        "answer_type_output_weights": (5, 4), "answer_type_output_bias": (5,),
                        "cls/squad/output_weights": (2, 4), "cls/squad/output_bias": (2,),
                        "start_logits/dense/kernel": (4, 1), "start_logits/dense/bias": (1,),
                        "end_logits/dense_0/kernel": (8, 4), "end_logits/dense_0/bias": (4,),
                        "end_logits/LayerNorm/gamma": (4,), "end_logits/LayerNorm/beta": (4,),
                        "end_logits/dense_1/kernel": (4, 1), "end_logits/dense_1/bias": (1,),
                        "answer_class/dense_0/kernel": (8, 4), "answer_class/dense_0/bias": (4,),
                        "answer_class/dense_1/kernel": (4, 1),
                        "cls/predictions/transform/dense/kernel": (4, 4),
                        "cls/predictions/transform/dense/bias": (4,),
                        "cls/predictions/transform/LayerNorm/gamma": (4,),
                        "cls/predictions/transform/LayerNorm/beta": (4,),
                        "cls/predictions/output_bias": (9,),
                        "cls/seq_relationship/output_weights": (2, 4),
                        "cls/seq_relationship/output_bias": (2,)}.items():
        weights[name] = random.standard_normal(shape).astype(np.float32)
    tf_dir = tmp_path / "tf"
    checkpoints.write_weights(str(tf_dir / "model.ckpt-5"),
                              dict(weights, **{"global_step": np.array(5, np.int64),
                                               "cls/nq/output_bias/adam_v": np.zeros(2)}))
    (tf_dir / "bert_config.json").write_text(CONFIG.to_json())
    there = conversion.to_huggingface(str(tf_dir / "model.ckpt-5"), str(tmp_path / "hf"))
    assert there.notes == [
        "no vocab.txt found: put the model's own beside the output",
        "kept under their own names: answer_type_output_bias, answer_type_output_weights, "
        "cls/nq/output_bias, cls/nq/output_weights"]
    saved = safetensors.numpy.load_file(there.model)
    np.testing.assert_array_equal(saved["cls.predictions.transform.dense.weight"],
                                  weights["cls/predictions/transform/dense/kernel"].T)
    np.testing.assert_array_equal(saved["qa_outputs.weight"], weights["cls/squad/output_weights"])
    assert saved["end_logits.dense_0.weight"].shape == (4, 8)
    assert "bert.pooler.dense.weight" in saved
    back = conversion.to_tensorflow(str(tmp_path / "hf"), str(tmp_path / "tf2"))
    equal(checkpoints.read_weights(back.model), weights)
    assert BertConfig.from_json_file(back.config) == CONFIG


def test_unknown_heads_are_left_out_with_a_note():
    source = tensors("bert.")
    for name in ("cls.predictions.decoder.weight", "scorer.weight", "scorer.bias"):
        source[name] = np.zeros((1, 1), np.float32)
    weights, notes = huggingface.from_huggingface(source, CONFIG, "here")
    assert set(weights) == set(numpy_bert.variable_shapes(**SIZES))
    assert notes == ["left out, unknown heads: scorer.bias, scorer.weight"]


def test_missing_pooler_is_an_error_unless_allowed():
    source = {name: t for name, t in tensors().items() if not name.startswith("pooler")}
    assert message(huggingface.from_huggingface, source, CONFIG, "f") == (
        "f has no pooler.dense.weight, which the config asks for; --allow_missing_pooler converts "
        "the rest")
    weights, notes = huggingface.from_huggingface(source, CONFIG, "f", allow_missing_pooler=True)
    assert len(weights) == 21
    assert notes == ["no pooler here: the output has none either, and training starts it at random"]
    assert message(huggingface.to_huggingface, weights, CONFIG, "f") == (
        "f has no bert/pooler/dense/kernel, which the config asks for; --allow_missing_pooler "
        "converts the rest")
    equal(huggingface.to_huggingface(weights, CONFIG, "f", allow_missing_pooler=True)[0], source)


def test_tensors_that_do_not_fit_the_config_are_refused():
    inner = "encoder.layer.0.intermediate.dense.weight"
    missing = {name: t for name, t in tensors().items() if name != inner}
    assert message(huggingface.from_huggingface, missing, CONFIG, "f") == (
        "f has no %s, which the config asks for" % inner)
    assert message(huggingface.from_huggingface,
                   dict(tensors(), **{inner: np.zeros((7, 4), np.float32)}), CONFIG, "f") == (
        "f: %s has the shape [7, 4], but the config asks for [6, 4]" % inner)
    assert message(huggingface.from_huggingface,
                   dict(tensors(), **{inner: np.zeros((6, 4), np.int8)}), CONFIG, "f") == (
        "f: %s holds int8 values, not floating point: quantised weights cannot be converted"
        % inner)
    more = "encoder.layer.1.output.dense.bias"
    assert message(huggingface.from_huggingface, dict(tensors(), **{more: np.zeros(4)}), CONFIG,
                   "f") == ("f holds %s, which no BERT with num_hidden_layers 1 has: do the "
                            "config and the weights belong together?" % more)
    both = dict(tensors(), **{"bert." + inner: np.zeros((6, 4), np.float32)})
    assert message(huggingface.from_huggingface, both, CONFIG, "f").startswith(
        "f: two tensors are named %s, " % inner)
    weights = dict(numpy_bert.random_weights(0, **SIZES), **{"bert/extra": np.zeros(1)})
    assert message(huggingface.to_huggingface, weights, CONFIG, "f").startswith(
        "f holds bert/extra, which no BERT with num_hidden_layers 1 has")


def test_half_precision_becomes_float32(tmp_path):
    # bfloat16 keeps the upper 16 bits of a float32: 1.0 is 0x3f80, -2.5 is 0xc020.
    path = str(tmp_path / "half.safetensors")
    header = json.dumps({"a": {"dtype": "BF16", "shape": [2, 1], "data_offsets": [0, 4]},
                         "b": {"dtype": "F16", "shape": [1], "data_offsets": [4, 6]}}).encode()
    data = np.array([0x3f80, 0xc020], "<u2").tobytes() + np.array([0.5], "<f2").tobytes()
    with open(path, "wb") as f:
        f.write(np.array(len(header), "<u8").tobytes() + header + data)
    read = huggingface.read_safetensors(path)
    assert read["a"].dtype == np.float32 and read["a"].tolist() == [[1.0], [-2.5]]
    assert read["b"].dtype == np.float16 and read["b"].tolist() == [0.5]
    halved = {name: t.astype(np.float16) for name, t in tensors().items()}
    weights, _ = huggingface.from_huggingface(halved, CONFIG, "f")
    equal(huggingface.to_huggingface(weights, CONFIG, "f")[0],
          {name: t.astype(np.float32) for name, t in halved.items()})


@pytest.mark.parametrize("change, problem", [
    ({"model_type": "roberta"},
     "model_type is 'roberta'; only \"albert\", \"bert\", \"distilbert\", \"xlnet\" can be "
     "converted"),
    ({"position_embedding_type": "rotary"},
     "position_embedding_type is 'rotary'; it can be absolute, relative_key, relative_key_query"),
    ({"position_embedding_type": ["absolute"]},
     "position_embedding_type is ['absolute']; it can be absolute, relative_key, "
     "relative_key_query"),
    ({"is_decoder": True},
     "is_decoder is true; a decoder, whose positions see only those before them, cannot be "
     "converted"),
    ({"hidden_act": "silu"}, "unknown hidden_act 'silu'; it can be gelu, gelu_tanh, gelu_new, "
                             "gelu_erf, relu, tanh, linear"),
])
def test_configs_of_other_models_are_refused(change, problem):
    values = dict(HUGGINGFACE_CONFIG, **change)
    assert message(huggingface.config_from_huggingface, values, "c.json") == "c.json: " + problem


def test_other_epsilon_is_noted_and_defaults_are_filled_in():
    config, notes = huggingface.config_from_huggingface({"layer_norm_eps": 1e-5}, "c.json")
    assert config == BertConfig(vocab_size=30522, type_vocab_size=2, hidden_act="gelu_erf")
    assert notes == ["layer_norm_eps is 1e-05 there and 1e-12 here: outputs differ a little"]


@pytest.mark.parametrize("theirs, ours", [("gelu", "gelu_erf"), ("gelu_new", "gelu"),
                                          ("relu", "relu")])
def test_activation_keeps_its_meaning(theirs, ours):
    config, _ = huggingface.config_from_huggingface(dict(HUGGINGFACE_CONFIG, hidden_act=theirs), "")
    assert config.hidden_act == ours
    assert huggingface.config_to_huggingface(config)["hidden_act"] == theirs


@pytest.mark.parametrize("theirs, ours", [("gelu_python", "gelu_erf"), ("gelu_fast", "gelu"),
                                          ("gelu_pytorch_tanh", "gelu")])
def test_other_names_of_an_activation(theirs, ours):
    config, _ = huggingface.config_from_huggingface(dict(HUGGINGFACE_CONFIG, hidden_act=theirs), "")
    assert config.hidden_act == ours


def test_folders_that_cannot_be_converted_are_refused(tmp_path):
    folder = tmp_path / "hf"
    save(folder, tensors(), vocab=VOCAB + b"one too many\n")
    out = str(tmp_path / "out")
    assert message(conversion.to_tensorflow, str(folder), out) == (
        "%s/vocab.txt has 10 entries, but the config's vocab_size is 9" % folder)
    (folder / "vocab.txt").write_bytes(VOCAB)
    (folder / "model.safetensors").write_bytes(b"not at all")
    assert message(conversion.to_tensorflow, str(folder), out).startswith(
        "%s/model.safetensors is not a safetensors file: " % folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert conversion.is_huggingface(str(folder))
    assert message(conversion.to_tensorflow, str(folder), out) == (
        "%s has pytorch_model.bin but no model.safetensors: save it as safetensors first, with "
        "transformers' model.save_pretrained(FOLDER, safe_serialization=True)" % folder)
    assert not os.path.exists(out)
