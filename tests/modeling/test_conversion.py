"""Folders of Hugging Face as they occur: weights in parts, vocabularies in a tokenizer.json."""
import os

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints, conversion, huggingface
from tests.support import hf_models, numpy_bert

SIZES = dict(vocab=6, hidden=4, n_layers=1, intermediate=6, positions=5, types=2)
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b"]
INDEX = "model.safetensors.index.json"
WEIGHTS = numpy_bert.random_weights(0, **SIZES)


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
    assert converted(folder).notes == ["no vocab.txt found: put the model's own beside the output"]
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
    (dict(hf_models.tokenizer([]), model={"type": "Unigram", "vocab": [["a", -1.5]]}),
     "has no wordpieces, but a Unigram model: put the model's vocab.txt beside it"),
    ([], "is not the file of a tokenizer (TypeError: list indices must be integers or slices, not "
     "str): put the model's vocab.txt beside it")])
def test_a_tokenizer_that_is_of_no_use(folder, content, problem):
    hf_models.write_json(folder, "tokenizer.json", content)
    assert message(folder) == "%s/tokenizer.json %s" % (folder, problem)


@pytest.mark.parametrize("settings, notes", [
    ({"do_lower_case": True}, []), ({}, []), ([], []),
    ({"do_lower_case": False}, ["this is a cased model: pass --do_lower_case=false to all "
                                "programs"])])
def test_a_cased_model_is_told(folder, settings, notes):
    hf_models.write_json(folder, "tokenizer.json", hf_models.tokenizer(PIECES))
    hf_models.write_json(folder, "tokenizer_config.json", settings)
    assert converted(folder).notes == notes
