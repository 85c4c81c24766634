"""Folders of Hugging Face as they occur: weights in parts, vocabularies in a tokenizer.json."""
import os
import resource

import numpy as np
import pytest

from bert_nq.base import piece_model
from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints, conversion, huggingface
from bert_nq.modeling.encoders.bert_config import BertConfig
from tests.support import hf_models, numpy_bert, piece_models

SIZES = dict(vocab=6, hidden=4, n_layers=1, intermediate=6, positions=5, types=2)
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b"]
INDEX = "model.safetensors.index.json"
WEIGHTS = numpy_bert.random_weights(0, **SIZES)
NO_VOCABULARY = "no vocab.txt found: put the model's own beside the output"


@pytest.fixture
def folder(tmp_path):
    """A model in three files, without a vocabulary."""
    return hf_models.save(tmp_path / "hf", hf_models.tensors(WEIGHTS), hf_models.config(SIZES, 2),
                          num_files=3)


def converted(folder):
    return conversion.to_tensorflow(folder, folder + "-tf")


def message(folder):
    with pytest.raises(UserError) as error:
        converted(folder)
    assert not os.path.exists(folder + "-tf")
    return str(error.value)


def vocab_of(done):
    with open(done.vocab, encoding="utf8") as f:
        return f.read()


def test_weights_in_several_files(folder):
    assert conversion.is_huggingface(folder)
    weights = checkpoints.read_weights(converted(folder).model)
    assert set(weights) == set(WEIGHTS)
    for name, value in WEIGHTS.items():
        np.testing.assert_array_equal(weights[name], value, err_msg=name)


def test_one_file_is_preferred_to_several(folder):
    hf_models.write_json(folder, INDEX, {"weight_map": {"x": "gone.safetensors"}})
    names = [n for n in os.listdir(folder) if n.endswith(".safetensors")]
    tensors = {}
    for name in names:
        tensors.update(huggingface.read_safetensors(os.path.join(folder, name)))
    huggingface.write_safetensors(os.path.join(folder, "model.safetensors"), tensors)
    assert converted(folder).n_tensors == len(WEIGHTS)


def test_a_part_that_is_missing_or_of_another_model(folder):
    first, second = (os.path.join(folder, "model-0000%d-of-00003.safetensors" % i) for i in (1, 2))
    os.rename(second, second + ".part")
    assert message(folder) == "cannot read %s: No such file or directory" % second
    huggingface.write_safetensors(second, huggingface.read_safetensors(first))
    # The second in the order of their names is the first of that file.
    assert message(folder) == (
        "%s has no embeddings.LayerNorm.weight, although %s/%s says so: are the files of one "
        "model?" % (second, folder, INDEX))


@pytest.mark.parametrize("index", [[], {}, {"weight_map": {"x": "../other/model.safetensors"}},
                                   {"weight_map": {"x": 1}}])
def test_an_index_that_is_none(folder, index):
    hf_models.write_json(folder, INDEX, index)
    assert message(folder) == ('%s/%s is not the index of a model: expected {"weight_map": '
                               '{TENSOR: FILE}}' % (folder, INDEX))


def test_the_vocabulary_of_a_newer_folder(folder):
    assert converted(folder).notes == [NO_VOCABULARY]
    hf_models.write_json(folder, "tokenizer.json", hf_models.tokenizer(PIECES))
    done = converted(folder)
    assert (vocab_of(done), done.notes) == ("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##b\n", [])
    # Pieces that were added later follow the others.
    hf_models.write_json(folder, "tokenizer.json", hf_models.tokenizer(PIECES[:4], ["[Q]"]))
    done = converted(folder)
    assert vocab_of(done) == "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[Q]\n"
    assert done.notes == ["tokenizer.json has 5 entries for 6 word embeddings"]
    # And a vocab.txt is what counts.
    with open(os.path.join(folder, "vocab.txt"), "w") as f:
        f.write("".join("%d\n" % i for i in range(6)))
    assert vocab_of(converted(folder)) == "0\n1\n2\n3\n4\n5\n"


@pytest.mark.parametrize("content, problem", [
    (hf_models.tokenizer(PIECES + ["c"]),
     "has 7 entries, but the config's vocab_size is 6"),
    (dict(hf_models.tokenizer([]), model={"type": "WordPiece", "vocab": {"a": 0, "b": 2}}),
     "has ids that are missing or double: put the model's vocab.txt beside it"),
    (dict(hf_models.tokenizer([]), model={"type": "BPE", "vocab": {"a": 0}}),
     "has no wordpieces, but a BPE model: put the model's vocab.txt beside it"),
    ([], "is not the file of a tokenizer (TypeError: list indices must be integers or slices, not "
     "str): put the model's vocab.txt beside it")])
def test_a_tokenizer_that_is_of_no_use(folder, content, problem):
    hf_models.write_json(folder, "tokenizer.json", content)
    assert message(folder) == "%s/tokenizer.json %s" % (folder, problem)


# Names with the marks of wrappers, and numbers that are none.


def renamed(path, change, num_files, prefix=""):
    values = {change(name): value for name, value in hf_models.tensors(WEIGHTS, prefix).items()}
    return hf_models.save(path, values, hf_models.config(SIZES, 2), num_files)


@pytest.mark.parametrize("num_files", [1, 2])
@pytest.mark.parametrize("prefix, change, taken", [
    ("bert.", lambda name: "module." + name, "module."),
    ("", lambda name: "module." + name, "module."),
    ("bert.", lambda name: "_orig_mod." + name, "_orig_mod."),
    ("bert.", lambda name: "module._orig_mod." + name, "_orig_mod., module."),
    ("bert.", lambda name: name.replace("bert.", "bert._orig_mod."), "_orig_mod."),
    ("", lambda name: name.replace("encoder.layer.0.", "encoder.layer.0._fsdp_wrapped_module."),
     "_fsdp_wrapped_module."),
    ("bert.", lambda name: "model.reader." + name, "model.reader.")])
def test_marks_of_wrappers_are_taken_out_of_names(tmp_path, num_files, prefix, change, taken):
    done = converted(renamed(tmp_path / "hf", change, num_files, prefix))
    assert done.notes == [NO_VOCABULARY, "taken out of the names of tensors: " + taken]
    weights = checkpoints.read_weights(done.model)
    assert set(weights) == set(WEIGHTS)
    for name, value in WEIGHTS.items():
        np.testing.assert_array_equal(weights[name], value, err_msg=name)


def test_heads_beside_a_wrapped_encoder(tmp_path):
    values = hf_models.tensors(WEIGHTS, "module.bert.")
    values["module.qa_outputs.weight"] = np.ones([2, 4], np.float32)
    values["module.qa_outputs.bias"] = np.ones([2], np.float32)
    done = converted(hf_models.save(tmp_path / "hf", values, hf_models.config(SIZES, 2)))
    assert set(checkpoints.read_weights(done.model)) - set(WEIGHTS) == {
        "cls/squad/output_weights", "cls/squad/output_bias"}


def test_names_that_do_not_tell_the_encoder(tmp_path):
    values = dict(hf_models.tensors(WEIGHTS, "student."), **hf_models.tensors(WEIGHTS, "teacher."))
    folder = hf_models.save(tmp_path / "two", values, hf_models.config(SIZES, 2))
    assert message(folder) == (
        folder + "/model.safetensors holds several encoders: names begin with 'student.' and "
        "'teacher.'. Save the one that is wanted by itself")
    values = dict(hf_models.tensors(WEIGHTS), **{
        "_orig_mod.pooler.dense.bias": np.zeros([4], np.float32)})
    folder = hf_models.save(tmp_path / "double", values, hf_models.config(SIZES, 2))
    assert message(folder) == (
        folder + "/model.safetensors: two tensors are named pooler.dense.bias where the names of "
        "wrappers are left out")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 1e300])
def test_numbers_that_are_none_are_not_converted(tmp_path, number):
    values = hf_models.tensors(WEIGHTS)
    name = "encoder.layer.0.output.dense.weight"
    values[name] = values[name].astype(np.float64)
    values[name][1, 2] = number
    folder = hf_models.save(tmp_path / "hf", values, hf_models.config(SIZES, 2))
    assert message(folder) == (
        folder + "/model.safetensors: there are NaN or infinite numbers in "
        "bert/encoder/layer_0/output/dense/kernel: the weights are damaged, or their training has "
        "failed")
    if number > 1e299 and number < float("inf"):
        return  # No checkpoint of ours holds it.
    weights = dict(WEIGHTS, **{"bert/pooler/dense/bias": np.full([4], number, np.float32)})
    prefix = str(tmp_path / "tf" / "bert_model.ckpt")
    checkpoints.write_weights(prefix, weights)
    hf_models.write_json(tmp_path / "tf", "bert_config.json",
                         dict(hf_models.config(SIZES, 2), hidden_act="gelu"))
    for convert in (conversion.to_huggingface, conversion.to_float32):
        with pytest.raises(UserError, match="there are NaN or infinite numbers in "
                           "(bert/)?pooler.dense.bias: "):
            convert(prefix, str(tmp_path / "out"))
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("change, problem", [
    ({"layer_norm_eps": "x"}, "layer_norm_eps is 'x', not a finite number"),
    ({"layer_norm_eps": None}, "layer_norm_eps is None, not a finite number"),
    ({"hidden_act": ["gelu"]}, "unknown hidden_act ['gelu']; it can be "),
    ({"hidden_act": {"a": 1}}, "unknown hidden_act {'a': 1}; it can be "),
    ({"model_type": ["bert"]}, "model_type is ['bert']; only "),
    ({"hidden_size": None}, "hidden_size is None, but must be a whole number above 0"),
    ({"vocab_size": 10 ** 12}, "vocab_size is 1000000000000, but must be below 2^31")])
def test_values_of_a_config_that_are_of_no_use(folder, change, problem):
    hf_models.write_json(folder, "config.json", dict(hf_models.config(SIZES, 2), **change))
    assert message(folder).startswith("%s/config.json: %s" % (folder, problem))


# Weights of another type, and disks that are full.


@pytest.mark.parametrize("kind", ["float16", "float64", "bfloat16"])
def test_a_copy_in_our_type(tmp_path, kind):
    from bert_nq.modeling.runtime import tf
    dtype = tf.bfloat16.as_numpy_dtype if kind == "bfloat16" else kind
    prefix = str(tmp_path / "half" / "model.ckpt-5")
    checkpoints.write_weights(prefix, dict(
        {name: value.astype(dtype) for name, value in WEIGHTS.items()}, global_step=np.int64(5)))
    config = dict(hf_models.config(SIZES, 2), hidden_act="gelu")
    hf_models.write_json(tmp_path / "half", "bert_config.json", config)
    (tmp_path / "half" / "vocab.txt").write_text("[PAD]\n")
    with pytest.raises(UserError) as e:
        checkpoints.check_fits(BertConfig.from_dict(config), prefix)
    assert str(e.value) == (
        "%s holds bert/embeddings/word_embeddings as %s, and weights are float32 here: make a copy "
        "that is, with convert_checkpoint.py --input=%s --to=tf --output_dir=FOLDER"
        % (prefix, kind, prefix))
    done = conversion.to_float32(prefix, str(tmp_path / "tf"))
    checkpoints.check_fits(BertConfig.from_dict(config), done.model)
    copied = checkpoints.read_weights(done.model)
    assert set(copied) == set(WEIGHTS)
    for name, value in WEIGHTS.items():
        np.testing.assert_array_equal(copied[name], value.astype(dtype).astype(np.float32))
    assert (done.vocab, done.config) == (str(tmp_path / "tf" / "vocab.txt"),
                                         str(tmp_path / "tf" / "bert_config.json"))
    to = conversion.to_huggingface(prefix, str(tmp_path / "hf"))
    assert to.n_tensors == len(WEIGHTS)
    with pytest.raises(UserError, match="is input and output at once"):
        conversion.to_float32(done.model, str(tmp_path / "tf"))


def test_a_full_disk_leaves_nothing(folder, tmp_path):
    output = tmp_path / "out"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (800, hard))
    try:
        with pytest.raises(UserError, match="^cannot write the checkpoint %s/bert_model.ckpt: "
                           "File too large$" % output):
            conversion.to_tensorflow(folder, str(output))
        assert os.listdir(str(output)) == []
        with pytest.raises(UserError, match="^cannot write %s/x/model.ckpt.data-00000-of-00001: |"
                           "^cannot write the checkpoint %s/x/model.ckpt: " % (output, output)):
            checkpoints.write_weights(str(output / "x" / "model.ckpt"), WEIGHTS)
        assert os.listdir(str(output / "x")) == []
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_sentencepiece_model_travels_both_ways(folder, tmp_path):
    # Special tokens and one piece are the six entries of the config.
    path = piece_models.write(tmp_path / "m.model", "albert", ["a"])
    with open(path, "rb") as source, open(os.path.join(folder, "spiece.model"), "wb") as out:
        out.write(source.read())
    there = converted(folder)
    assert os.path.basename(there.vocab) == "spiece.model" and there.notes == []
    back = conversion.to_huggingface(there.model, str(tmp_path / "back"))
    for done in (there, back):
        with open(done.vocab, "rb") as ours, open(path, "rb") as given:
            assert ours.read() == given.read()


def test_the_sentencepiece_model_of_a_newer_folder(folder):
    model = piece_models.model("albert", ["a"])
    hf_models.write_json(folder, "tokenizer.json", piece_models.tokenizer(model, True))
    done = converted(folder)
    assert os.path.basename(done.vocab) == "spiece.model" and done.notes == []
    with open(done.vocab, "rb") as f:
        assert piece_model.parse(f.read(), "made").pieces == model.pieces
