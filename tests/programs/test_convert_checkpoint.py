"""The program that converts checkpoints, on models laid out as the published ones are.

What a converted model computes is compared with a forward pass in numpy, whose weights were never
under Hugging Face's names.
"""
import json
import os
from typing import Any, Dict, NamedTuple, Tuple

import numpy as np
import pytest
import safetensors.numpy

from bert_nq.modeling import checkpoints, conversion
from bert_nq.modeling.encoders.bert_config import BertConfig
from bert_nq.modeling.runtime import tf
from bert_nq.records import manifest
from tests.support import hf_models, hub_server, numpy_bert, programs, tiny_nq
from tests.support.encoding import encode
from tests.support.nq_pages import write_shard

PROGRAM = "prepare/convert_checkpoint.py"
MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = MARKS + ["w%d" % i for i in range(12)] + ["##é", "日", "!"]  # 20
POOLER = ("bert/pooler/dense/kernel", "bert/pooler/dense/bias")


class Family(NamedTuple):
    """How a published model is laid out; small, but with the proportions of the real one."""

    sizes: Dict[str, int]
    num_heads: int
    prefix: str = "bert."
    old_spelling: bool = False
    num_files: int = 1
    heads: Dict[str, Tuple[int, ...]] = {}  # kept by the conversion
    copies: Tuple[str, ...] = ()  # and what is not: copies of other weights, and buffers
    without: Tuple[str, ...] = ()
    vocab_txt: bool = True


FAMILIES = {
    # bert-base-uncased: LayerNorm's old spelling, and the heads of pretraining.
    "bert": Family(
        dict(vocab=20, hidden=16, n_layers=2, intermediate=64, positions=9, types=2), 2,
        old_spelling=True,
        heads={"cls.predictions.bias": (20,), "cls.predictions.transform.dense.weight": (16, 16),
               "cls.predictions.transform.dense.bias": (16,),
               "cls.predictions.transform.LayerNorm.weight": (16,),
               "cls.predictions.transform.LayerNorm.bias": (16,),
               "cls.seq_relationship.weight": (2, 16), "cls.seq_relationship.bias": (2,)},
        copies=("cls.predictions.decoder.weight", "cls.predictions.decoder.bias")),
    # bert-large-uncased-whole-word-masking-finetuned-squad: the layout of BERT, but deeper and with
    # more heads; the head of SQuAD; here in several files.
    "wwm": Family(
        dict(vocab=20, hidden=32, n_layers=4, intermediate=128, positions=9, types=2), 4,
        num_files=3, heads={"qa_outputs.weight": (2, 32), "qa_outputs.bias": (2,)},
        copies=("bert.embeddings.position_ids",)),
    # MiniLM as sentence-transformers save it: twelve thin heads, no "bert." in front, here without
    # the pooler, and with a tokenizer.json alone.
    "minilm": Family(
        dict(vocab=20, hidden=24, n_layers=3, intermediate=96, positions=9, types=2), 12,
        prefix="", copies=("embeddings.position_ids",), without=POOLER, vocab_txt=False),
}


def saved(family, folder) -> Tuple[Dict[str, np.ndarray], Dict[str, np.ndarray]]:
    """Saves a model; its encoder by Google's names, and the tensors that a round trip must keep."""
    weights = numpy_bert.random_weights(0, **family.sizes)
    stored = {name: value for name, value in weights.items() if name not in family.without}
    heads = hf_models.random_tensors(family.heads, seed=1)
    values = dict(hf_models.tensors(stored, family.prefix, family.old_spelling), **heads)
    values.update((name, np.arange(9)) for name in family.copies)
    hf_models.save(folder, values, hf_models.config(family.sizes, family.num_heads),
                   family.num_files, PIECES if family.vocab_txt else None)
    if not family.vocab_txt:
        hf_models.write_json(folder, "tokenizer.json", hf_models.tokenizer(PIECES))
    return weights, dict(hf_models.tensors(stored, family.prefix), **heads)


def run_checkpoint(folder, new, *batch) -> Tuple[Any, Any]:
    """The encoder's vectors of a batch with a folder's config and checkpoint.

    `new` are the variables that the checkpoint does not have.
    """
    config = BertConfig.from_json_file(os.path.join(folder, "bert_config.json"))
    with tf.Graph().as_default():
        outputs = encode(config, map(tf.constant, batch))
        shapes = {v.op.name: v.shape.as_list() for v in tf.global_variables()}
        assignment = checkpoints.assignment_map(shapes, folder, "bert")
        assert sorted(assignment.new) == sorted(new)
        tf.train.init_from_checkpoint(assignment.checkpoint, assignment.map)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            return session.run(outputs)


IDS = np.array([[2, 8, 19, 3, 17, 18, 3], [2, 5, 3, 0, 0, 0, 0]], np.int32)
MASK = np.array([[1] * 7, [1, 1, 1, 0, 0, 0, 0]], np.int32)
SEGMENTS = np.array([[0, 0, 0, 0, 1, 1, 1], [0] * 7], np.int32)


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_a_converted_model_computes_what_the_original_does(name, tmp_path):
    family = FAMILIES[name]
    there, back = str(tmp_path / "tf"), str(tmp_path / "back")
    weights, kept = saved(family, tmp_path / "hf")
    done = programs.run(PROGRAM, "--input=%s" % (tmp_path / "hf"), "--output_dir=" + there,
                        "--allow_missing_pooler=%s" % bool(family.without))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Converted to TensorFlow\n  model       %s/bert_model.ckpt\n" % there in done.stdout

    sequence, pooled = numpy_bert.forward(weights, family.sizes["n_layers"], family.num_heads,
                                          "erf_gelu", IDS, MASK, SEGMENTS)
    ours = run_checkpoint(there, family.without, IDS, MASK, SEGMENTS)
    np.testing.assert_allclose(ours[0], sequence, atol=1e-5, rtol=0)
    if not family.without:
        np.testing.assert_allclose(ours[1], pooled, atol=1e-5, rtol=0)
    # The test would tell the two kinds of gelu apart.
    other, _ = numpy_bert.forward(weights, family.sizes["n_layers"], family.num_heads,
                                  "tanh_gelu", IDS, MASK, SEGMENTS)
    assert abs(other - sequence).max() > 1e-4
    with open(os.path.join(there, "vocab.txt"), encoding="utf8") as f:
        assert f.read().split("\n") == PIECES + [""]

    # And back, bit by bit; the direction is seen by what is there.
    conversion.to_huggingface(there, back, allow_missing_pooler=bool(family.without))
    result = safetensors.numpy.load_file(os.path.join(back, "model.safetensors"))
    assert set(result) == set(kept)
    for tensor in kept:
        np.testing.assert_array_equal(result[tensor], kept[tensor], err_msg=tensor)
    with open(os.path.join(back, "config.json")) as f:
        assert json.load(f) == hf_models.config(family.sizes, family.num_heads)


def test_the_direction_is_seen_by_what_is_there(tmp_path):
    weights = numpy_bert.random_weights(0, **FAMILIES["bert"].sizes)
    there = tmp_path / "tf"
    checkpoints.write_weights(str(there / "bert_model.ckpt"), weights)
    with open(str(there / "bert_config.json"), "w") as f:
        json.dump(dict(hf_models.config(FAMILIES["bert"].sizes, 2), hidden_act="gelu"), f)
    done = programs.run(PROGRAM, "--input=%s" % there, "--output_dir=%s" % (tmp_path / "hf"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Converted to Hugging Face\n" in done.stdout
    result = safetensors.numpy.load_file(str(tmp_path / "hf" / "model.safetensors"))
    expected = hf_models.tensors(weights)
    assert set(result) == set(expected)
    for tensor in expected:
        np.testing.assert_array_equal(result[tensor], expected[tensor], err_msg=tensor)
    # Google's gelu is the approximation by tanh, which they call gelu_new.
    with open(str(tmp_path / "hf" / "config.json")) as f:
        assert json.load(f)["hidden_act"] == "gelu_new"


def test_a_model_of_the_hub(tmp_path):
    pytest.importorskip("huggingface_hub")
    folder = tmp_path / "hf"
    weights, _ = saved(FAMILIES["wwm"], folder)
    files = {name: (folder / name).read_bytes() for name in os.listdir(str(folder))}
    with hub_server.serving({"owner/wwm": files}) as server:
        done = programs.run(PROGRAM, "--input=hf:owner/wwm", "--output_dir=%s" % (tmp_path / "tf"),
                            env=hub_server.environment(server.url, tmp_path / "cache"))
    assert (done.returncode, done.stderr) == (0, "")
    result = checkpoints.read_weights(str(tmp_path / "tf"))
    for name, value in weights.items():
        np.testing.assert_array_equal(result[name], value, err_msg=name)
    assert set(result) - set(weights) == {"cls/squad/output_weights", "cls/squad/output_bias"}


@pytest.mark.parametrize("flags, message", [
    (["--input=/nowhere"], "there is no checkpoint /nowhere: no file /nowhere.index"),
    (["--input=bert-base-uncased"], "there is no folder or checkpoint bert-base-uncased; for a "
     "model of the Hugging Face hub give hf:bert-base-uncased"),
    (["--input=a/b"], "there is no folder or checkpoint a/b; for a model of the Hugging Face hub "
     "give hf:a/b"),
    (["--input=hf:a/b/c"], "'hf:a/b/c' is not the name of a model on the hub: write hf:OWNER/NAME "
     "or hf:OWNER/NAME@REVISION"),
    (["--input=hf:a/b", "--to=huggingface"],
     "hf:a/b is a model of Hugging Face already: leave out --to"),
    (["--input=hf:a/b", "--vocab_file=vocab.txt"],
     "--bert_config_file and --vocab_file belong to a TensorFlow checkpoint; a Hugging Face folder "
     "has its own files")])
def test_what_cannot_be_converted(flags, message, tmp_path):
    done = programs.run(PROGRAM, "--output_dir=%s" % (tmp_path / "out"), *flags)
    assert programs.error_line(done) == "error: " + message
    assert not (tmp_path / "out").exists()


CASED = "note: this is a cased model, and tokenizer_config.json says so: programs take " \
    "--do_lower_case=false from it\n"


def convert(source, output, *flags):
    done = programs.run(PROGRAM, "--input=%s" % source, "--output_dir=%s" % output, *flags)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_casing_goes_there_and_back_and_to_the_programs(tmp_path):
    folder = tmp_path / "hf"
    sizes = dict(FAMILIES["bert"].sizes, vocab=len(tiny_nq.TOKENS))
    hf_models.save(folder, hf_models.tensors(numpy_bert.random_weights(0, **sizes)),
                   hf_models.config(sizes, 2), pieces=tiny_nq.TOKENS)
    assert "note: no file says whether the model's text is lower-cased: " in convert(
        folder, tmp_path / "unknown")
    assert not (tmp_path / "unknown" / "tokenizer_config.json").exists()
    hf_models.write_json(folder, "tokenizer_config.json", {"do_lower_case": False})
    assert CASED in convert(folder, tmp_path / "tf")
    assert CASED in convert(tmp_path / "tf", tmp_path / "back")
    for output in ("tf", "back"):
        with open(str(tmp_path / output / "tokenizer_config.json")) as f:
            assert json.load(f) == {"do_lower_case": False, "strip_accents": None,
                                    "tokenize_chinese_chars": True,
                                    "tokenizer_class": "BertTokenizer"}
    # Preparation goes by it.
    shard = write_shard(tmp_path / "nq.jsonl", [tiny_nq.place_page(0)])
    windows = ["--vocab_file=%s" % (tmp_path / "tf" / "vocab.txt"), "--max_seq_length=64",
               "--max_query_length=16"]
    prepare = ["prepare/prepare_nq_data.py", "--input_jsonl=" + shard,
               "--output_tfrecord=%s" % (tmp_path / "r.tfrecord")] + windows
    assert programs.error_line(programs.run(*prepare, "--do_lower_case")) == (
        "error: the model of %s was trained with --do_lower_case=false, not with "
        "--do_lower_case=true: leave the flag out" % (tmp_path / "tf" / "vocab.txt"))
    assert programs.run(*prepare).returncode == 0
    made = manifest.read_manifest(manifest.manifest_path(str(tmp_path / "r.tfrecord")))
    assert made.settings["do_lower_case"] is False


def test_text_that_our_tokenizer_does_not_cut_alike(tmp_path):
    folder = tmp_path / "hf"
    saved(FAMILIES["bert"], folder)
    hf_models.write_json(folder, "tokenizer_config.json",
                         {"do_lower_case": True, "strip_accents": False})
    done = programs.run(PROGRAM, "--input=%s" % folder, "--output_dir=%s" % (tmp_path / "tf"))
    assert programs.error_line(done) == (
        "error: %s/tokenizer_config.json: do_lower_case is true and strip_accents is false, which "
        "is another tokenizer than BERT's own: the model would see other wordpieces here than it "
        "was trained on" % folder)
    assert not (tmp_path / "tf").exists()
    hf_models.write_json(folder, "tokenizer_config.json", {"do_lower_case": True})
    done = programs.run(PROGRAM, "--input=%s" % folder, "--output_dir=%s" % (tmp_path / "tf"),
                        "--do_lower_case=false")
    assert programs.error_line(done) == (
        "error: --do_lower_case=false, but the files in %s say true: leave the flag out" % folder)
