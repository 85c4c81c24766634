"""A model's folder keeps what it was trained with, and tells when it is used with another."""
import pytest

from bert_nq.base.errors import UserError
from bert_nq.estimator import model_folder
from bert_nq.modeling.encoders.bert_config import BertConfig
from tests.support import tiny_nq


@pytest.fixture
def trained(tmp_path):
    """The folder of a trained model, its config file and its vocabulary."""
    vocab = tiny_nq.write_vocabulary(tmp_path / "my vocab.txt")
    config = tiny_nq.write_config(tmp_path / "my config.json")
    folder = tmp_path / "model"
    folder.mkdir()
    model_folder.keep_beside_checkpoints(str(folder), config, vocab)
    (folder / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-1"\n')
    return folder, config, vocab


def check(folder, config, vocab):
    model_folder.check_same_model(str(folder), BertConfig.from_json_file(str(config)), str(vocab))


def test_the_folder_has_copies(trained):
    folder, config, vocab = trained
    for copy, original in (("bert_config.json", config), ("vocab.txt", vocab)):
        with open(original) as f:
            assert (folder / copy).read_text() == f.read()


def test_its_own_files_may_be_given_and_stay(trained):
    folder, config, vocab = trained
    own = folder / "bert_config.json", folder / "vocab.txt"
    before = [path.read_text() for path in own]
    model_folder.keep_beside_checkpoints(str(folder), *map(str, own))
    check(folder, *own)
    check(folder, config, vocab)
    assert [path.read_text() for path in own] == before


def test_another_vocabulary_is_refused(trained, tmp_path):
    folder, config, _ = trained
    other = tmp_path / "other.txt"
    other.write_text("".join(token + "\n" for token in reversed(tiny_nq.TOKENS)))
    with pytest.raises(UserError, match="was trained with another vocabulary than .*other.txt: "
                       "give .*model/vocab.txt or another --output_dir"):
        check(folder, config, other)
    # Another spelling of the file is no other vocabulary.
    other.write_bytes("".join(token + "\r\n" for token in tiny_nq.TOKENS).encode("utf8"))
    check(folder, config, other)


@pytest.mark.parametrize("name, value", [("num_attention_heads", 4), ("hidden_act", "gelu_erf"),
                                         ("hidden_size", 64),
                                         ("position_embedding_type", "relative_key")])
def test_another_model_is_refused(trained, tmp_path, name, value):
    folder, _, vocab = trained
    other = tiny_nq.write_config(tmp_path / "other.json", **{name: value})
    with pytest.raises(UserError, match="was trained with %s %s, --bert_config_file has %s: give "
                       % (name, getattr(tiny_nq.CONFIG, name), value)):
        check(folder, other, vocab)


def test_dropout_may_change(trained, tmp_path):
    folder, _, vocab = trained
    check(folder, tiny_nq.write_config(tmp_path / "other.json", hidden_dropout_prob=0.3), vocab)


def test_a_folder_without_checkpoint_takes_anything(trained, tmp_path):
    folder, _, vocab = trained
    other = tiny_nq.write_config(tmp_path / "other.json", hidden_size=64)
    (folder / "checkpoint").unlink()
    assert not model_folder.has_checkpoint(str(folder))
    check(folder, other, vocab)
    check(tmp_path / "no such folder", other, vocab)


def test_remote_folders_are_not_looked_into():
    assert model_folder.has_checkpoint("gs://bucket/model")
    model_folder.check_same_model("gs://bucket/model", tiny_nq.CONFIG, "nothing.txt")
