"""The vocabulary in a model's folder, of either kind."""
import os

from bert_nq.base import vocabulary_files
from bert_nq.estimator import model_folder
from bert_nq.text.vocabulary import Vocabulary, moved_id
from tests.support import piece_models, tiny_nq


def test_a_vocabulary_keeps_a_name_that_says_what_it_is(tmp_path):
    model, other = tmp_path / "model", tmp_path / "other"
    model.mkdir()
    other.mkdir()
    config = tiny_nq.write_config(tmp_path / "config.json")
    pieces = piece_models.write(tmp_path / "mine.model", "xlnet")
    model_folder.keep_beside_checkpoints(str(model), config, pieces)
    assert sorted(os.listdir(str(model))) == ["bert_config.json", "spiece.model"]
    assert model_folder.has_files(str(model))
    assert vocabulary_files.vocabulary_of(str(model)) == str(model / "spiece.model")
    model_folder.copy_kept_files(str(model), str(other))
    assert Vocabulary.load(str(other / "spiece.model")).specials.cls == "<cls>"

    tokens = tiny_nq.write_vocabulary(tmp_path / "vocab.txt")
    model_folder.keep_beside_checkpoints(str(model), config, tokens)
    assert sorted(os.listdir(str(model))) == ["bert_config.json", "vocab.txt"]


def test_ids_move_between_vocabularies_of_two_kinds():
    albert, xlnet = (piece_models.vocabulary(family) for family in ("albert", "xlnet"))
    assert moved_id(albert, Vocabulary(albert.tokens)) == 0
    assert moved_id(albert, xlnet) == 0
    assert moved_id(albert, piece_models.vocabulary("albert")) is None
