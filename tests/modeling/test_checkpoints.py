"""Checkpoints: found, read, written, and refused where they do not fit."""
import os
import subprocess
import sys

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints
from bert_nq.modeling.encoders.bert_config import BertConfig
from tests.support import numpy_bert

CONFIG = BertConfig(vocab_size=9, hidden_size=4, num_hidden_layers=2, num_attention_heads=2,
                    intermediate_size=6, max_position_embeddings=5, type_vocab_size=2)


@pytest.fixture
def prefix(tmp_path):
    """A checkpoint of CONFIG's encoder and a head, with what an optimizer leaves beside them."""
    weights = numpy_bert.random_weights(0, vocab=9, hidden=4, n_layers=2, intermediate=6,
                                        positions=5, types=2)
    weights["cls/nq/output_bias"] = np.array([1, 2], np.float32)
    weights["cls/nq/output_bias/adam_m"] = np.zeros(2, np.float32)
    weights["global_step"] = np.array(7, np.int64)
    path = str(tmp_path / "model.ckpt-7")
    checkpoints.write_weights(path, weights)
    return path


def message(call, *args, **kwargs):
    with pytest.raises(UserError) as error:
        call(*args, **kwargs)
    return str(error.value)


def test_written_weights_are_read_back_without_the_optimizer(prefix, tmp_path):
    weights = checkpoints.read_weights(prefix)
    assert len(weights) == 7 + 2 * 16 + 1
    assert weights["cls/nq/output_bias"].tolist() == [1, 2]
    assert "global_step" not in weights and "cls/nq/output_bias/adam_m" not in weights
    shapes = checkpoints.read_shapes(prefix)
    assert len(shapes) == len(weights) + 2
    assert shapes["bert/encoder/layer_1/intermediate/dense/kernel"] == (4, 6)
    assert shapes["global_step"] == ()
    assert sorted(os.listdir(str(tmp_path))) == ["model.ckpt-7.data-00000-of-00001",
                                                 "model.ckpt-7.index"]


def test_checkpoint_is_found_by_prefix_file_and_folder(prefix, tmp_path):
    for path in (prefix, prefix + ".index", prefix + ".data-00000-of-00001", str(tmp_path)):
        assert checkpoints.find_checkpoint(path) == prefix


# As TensorFlow writes them: in a text protocol buffer, a backslash is written twice.
MOVED = ["/a/folder/that/was/moved/model.ckpt-7", "C:\\\\models\\\\mine\\\\model.ckpt-7",
         "/a//folder//model.ckpt-7", "gs://bucket/model/model.ckpt-7"]


@pytest.mark.parametrize("named", ["model.ckpt-7"] + MOVED)
def test_state_file_chooses_among_several(prefix, tmp_path, named):
    checkpoints.write_weights(str(tmp_path / "model.ckpt-8"), {"x": np.zeros(1)})
    assert message(checkpoints.find_checkpoint, str(tmp_path)) == (
        "the folder %s has 2 checkpoints and no file `checkpoint` that chooses: give one, such as "
        "%s/model.ckpt-8" % (tmp_path, tmp_path))
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "%s"\n'
                                         'all_model_checkpoint_paths: "model.ckpt-8"\n' % named)
    assert checkpoints.find_checkpoint(str(tmp_path)) == prefix
    assert checkpoints.newest(str(tmp_path)) == prefix


def test_the_checkpoint_beside_the_state_file_counts_also_where_another_one_is(prefix, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    checkpoints.write_weights(str(copy / "model.ckpt-7"), {"x": np.zeros(1)})
    (copy / "checkpoint").write_text('model_checkpoint_path: "%s"\n' % prefix)
    assert checkpoints.newest(str(copy)) == str(copy / "model.ckpt-7")
    (copy / "model.ckpt-7.index").unlink()
    assert message(checkpoints.newest, str(copy)).startswith(
        "there is no checkpoint %s/model.ckpt-7: " % copy)


def test_without_a_state_file_nothing_is_the_newest(prefix, tmp_path):
    assert checkpoints.newest(str(tmp_path)) is None
    assert checkpoints.newest(str(tmp_path / "no such folder")) is None
    assert checkpoints.all_in(str(tmp_path)) == []


@pytest.mark.parametrize("named", MOVED)
def test_the_state_file_of_a_moved_folder_is_settled(named, tmp_path):
    state = tmp_path / "checkpoint"
    older = named[:-1] + "4"
    state.write_text('model_checkpoint_path: "%s"\nall_model_checkpoint_paths: "%s"\n'
                     'all_model_checkpoint_paths: "%s"\nlast_preserved_timestamp: 12.5\n'
                     % (named, older, named))
    assert checkpoints.all_in(str(tmp_path)) == [
        str(tmp_path / "model.ckpt-4"), str(tmp_path / "model.ckpt-7")]
    checkpoints.settle(str(tmp_path))
    settled = ('model_checkpoint_path: "model.ckpt-7"\n'
               'all_model_checkpoint_paths: "model.ckpt-4"\n'
               'all_model_checkpoint_paths: "model.ckpt-7"\nlast_preserved_timestamp: 12.5\n')
    assert state.read_text() == settled
    # What lies where it says stays as it is written.
    text = settled.replace('"model.ckpt', '"%s/model.ckpt' % tmp_path)
    state.write_text(text)
    checkpoints.settle(str(tmp_path))
    assert state.read_text() == text
    state.unlink()
    checkpoints.settle(str(tmp_path))
    assert not state.exists()


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path):
    kept = ["checkpoint", "checkpoint.tmp", "model.ckpt-40.index", "my_temp_1",
            "model.ckpt-40.data-00000-of-00001", "notes_temp_about.txt"]
    # As TensorFlow names them, of one that is put together and of one that is moved.
    unfinished = ["checkpoint.tmp5b0de8c1fe2f4ac0", "model.ckpt-80.index.tempstate1234567890",
                  "model.ckpt-80.data-00000-of-00001.tempstate1234567890"]
    for name in kept + unfinished:
        (tmp_path / name).write_text(name)
    parts = tmp_path / "model.ckpt-80_temp_2ea34f849a7a4a9380e2ee478e6f95b9"
    parts.mkdir()
    (parts / "part-00000-of-00001.index").write_text("half")
    checkpoints.remove_unfinished(str(tmp_path))
    assert sorted(os.listdir(str(tmp_path))) == sorted(kept)
    checkpoints.remove_unfinished(str(tmp_path / "no such folder"))


def test_finding_needs_no_tensorflow(prefix):
    subprocess.run([sys.executable, "-c", "import sys\n"
                    "from bert_nq.modeling import checkpoints\n"
                    "checkpoints.find_checkpoint(sys.argv[1])\n"
                    "assert 'tensorflow' not in sys.modules", prefix], check=True)


def test_missing_and_incomplete_checkpoints_are_refused(prefix, tmp_path):
    wrong = str(tmp_path / "bert_model.ckpt")
    assert message(checkpoints.find_checkpoint, wrong) == (
        "there is no checkpoint %s: no file %s.index; beside it there is %s"
        % (wrong, wrong, prefix))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert message(checkpoints.find_checkpoint, str(empty)) == (
        "there is no checkpoint in the folder %s" % empty)
    (empty / "checkpoint").write_text("nonsense")
    assert message(checkpoints.find_checkpoint, str(empty)) == (
        "%s/checkpoint does not name a checkpoint: give one as FOLDER/NAME" % empty)
    os.remove(prefix + ".data-00000-of-00001")
    assert message(checkpoints.find_checkpoint, prefix) == (
        "the checkpoint %s is incomplete: 0 of its 1 .data files are there" % prefix)


def test_damaged_checkpoints_are_refused(prefix):
    with open(prefix + ".data-00000-of-00001", "r+b") as f:
        f.truncate(100)
    assert message(checkpoints.read_weights, prefix).startswith(
        "cannot read the checkpoint %s: " % prefix)
    with open(prefix + ".index", "r+b") as f:
        f.truncate(50)
    assert message(checkpoints.read_shapes, prefix).startswith(
        "cannot read the checkpoint %s: " % prefix)


def test_assignment_by_equal_name(prefix, tmp_path):
    variables = {"bert/pooler/dense/kernel": [4, 4], "bert/pooler/dense/kernel/adam_m": [4, 4],
                 "cls/nq/output_bias": [2], "answer_type_output_bias": [5], "global_step": []}
    assert checkpoints.assignment_map(variables, str(tmp_path), "bert") == checkpoints.Assignment(
        checkpoint=prefix,
        map={"bert/pooler/dense/kernel": "bert/pooler/dense/kernel",
             "cls/nq/output_bias": "cls/nq/output_bias"},
        initialised=["bert/pooler/dense/kernel", "cls/nq/output_bias"],
        new=["answer_type_output_bias"])


def test_assignment_refuses_other_shapes(prefix):
    assert message(checkpoints.assignment_map, {"bert/pooler/dense/kernel": [4, 8]}, prefix,
                   "bert") == (
        "%s holds bert/pooler/dense/kernel in the shape [4, 4], but the model has it as [4, 8]: "
        "the checkpoint and the bert config do not fit" % prefix)


def test_assignment_refuses_a_checkpoint_without_encoder(tmp_path):
    path = str(tmp_path / "other.ckpt")
    checkpoints.write_weights(path, {"albert/x": np.zeros(1),
                                     "cls/nq/output_bias": np.zeros(2, np.float32)})
    variables = {"bert/pooler/dense/bias": [4], "cls/nq/output_bias": [2]}
    assert message(checkpoints.assignment_map, variables, path, "bert") == (
        "%s holds none of the encoder's variables, such as bert/pooler/dense/bias: is it a BERT "
        "checkpoint? It holds albert/x, cls/nq/output_bias" % path)
    assert checkpoints.assignment_map(variables, path, encoder_scope=None).initialised == [
        "cls/nq/output_bias"]


def test_fitting_config_passes(prefix):
    checkpoints.check_fits(CONFIG, prefix)


def test_config_that_does_not_fit_is_refused(prefix):
    config = BertConfig(vocab_size=30522, hidden_size=4, num_hidden_layers=1,
                        num_attention_heads=2, intermediate_size=8, max_position_embeddings=512,
                        type_vocab_size=16)
    assert message(checkpoints.check_fits, config, prefix) == (
        "the bert config does not fit the checkpoint %s: vocab_size 30522, but 9 in the "
        "checkpoint; num_hidden_layers 1, but 2 in the checkpoint; intermediate_size 8, but 6 in "
        "the checkpoint; max_position_embeddings 512, but 5 in the checkpoint; type_vocab_size "
        "16, but 2 in the checkpoint" % prefix)


def test_config_for_something_else_is_refused(tmp_path):
    path = str(tmp_path / "other.ckpt")
    checkpoints.write_weights(path, {"d": np.zeros(1), "b": np.zeros(1), "c": np.zeros(1),
                                     "a": np.zeros(1), "global_step": np.zeros(())})
    assert message(checkpoints.check_fits, CONFIG, path) == (
        "%s has no variable bert/embeddings/word_embeddings: is it a BERT checkpoint? It holds "
        "a, b, c, ..." % path)


# Weights that are of no use, told before a graph is built.


def test_values_are_read_once(prefix, tmp_path):
    checkpoints.check_values(prefix)
    size = os.path.getsize(prefix + ".data-00000-of-00001")
    os.truncate(prefix + ".data-00000-of-00001", size // 2)
    assert message(checkpoints.check_values, prefix).startswith(
        "cannot read the checkpoint %s: " % prefix)
    weights = {name: np.ones([2], np.float32) for name in "abcdef"}
    for name in "bcde":
        weights[name][1] = np.nan
    checkpoints.write_weights(prefix, weights)
    assert message(checkpoints.check_values, prefix) == (
        "%s: there are NaN or infinite numbers in b, c, d and 1 more: the weights are damaged, or "
        "their training has failed" % prefix)


def test_every_variable_of_the_encoder_has_the_configs_shape(prefix):
    weights = checkpoints.read_weights(prefix)
    name = "bert/encoder/layer_1/output/LayerNorm/beta"
    checkpoints.write_weights(prefix, dict(weights, **{name: np.zeros([3], np.float32)}))
    assert message(checkpoints.check_fits, CONFIG, prefix) == (
        "%s holds %s in the shape [3], but the model has it as [4]: the checkpoint and the bert "
        "config do not fit" % (prefix, name))


@pytest.mark.parametrize("dtype, remedy", [
    ("float16", "make a copy that is, with convert_checkpoint.py --input=PREFIX --to=tf "
     "--output_dir=FOLDER"), ("int8", "quantised weights cannot be used")])
def test_weights_of_another_type(prefix, dtype, remedy):
    weights = checkpoints.read_weights(prefix)
    head = "cls/nq/output_bias"
    weights[head] = weights[head].astype(dtype)
    checkpoints.write_weights(prefix, weights)
    checkpoints.check_fits(CONFIG, prefix)  # The head is no part of it.
    assert message(checkpoints.assignment_map, {head: [2]}, prefix, None) == (
        "%s holds %s as %s, and weights are float32 here: %s"
        % (prefix, head, dtype, remedy.replace("PREFIX", prefix)))


def test_an_export_for_tensorflow_hub_has_the_same_names_behind_module(tmp_path):
    weights = numpy_bert.random_weights(0, vocab=9, hidden=4, n_layers=2, intermediate=6,
                                        positions=5, types=2)
    export = str(tmp_path / "variables" / "variables")
    checkpoints.write_weights(export, {"module/" + name: w for name, w in weights.items()})
    checkpoints.check_fits(CONFIG, export)
    checkpoints.check_values(export)
    assert set(checkpoints.read_weights(export)) == set(weights)
    shapes = {name: w.shape for name, w in weights.items()}
    assert checkpoints.assignment_map(shapes, export, "bert").map == {
        "module/" + name: name for name in weights}
    # One that has other variables as well is no such export.
    checkpoints.write_weights(export, {"module/a": np.zeros(1), "b": np.zeros(1)})
    assert set(checkpoints.read_shapes(export)) == {"module/a", "b"}
