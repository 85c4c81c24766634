"""The vocabulary in a model's folder, of either kind."""
import os

import pytest

from bert_nq.base import vocabulary_files
from bert_nq.base.errors import UserError
from bert_nq.estimator import model_card, model_folder
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

    # In a folder of its own, training replaces what an earlier model had.
    model = tmp_path / "tokens"
    model.mkdir()
    tokens = tiny_nq.write_vocabulary(tmp_path / "vocab.txt")
    model_folder.keep_beside_checkpoints(str(model), config, tokens)
    model_folder.copy_kept_files(str(model), str(other))
    assert sorted(os.listdir(str(other))) == ["bert_config.json", "vocab.txt"]


@pytest.mark.parametrize("has_card, there, given, is_refused", [
    (False, "vocab.txt", "mine.model", True),
    (True, "vocab.txt", "mine.model", True),  # It may have been given where it lies.
    (False, "spiece.model", "vocab.txt", True),
    (False, "vocab.txt", "vocab.txt", True),
    (True, "vocab.txt", "vocab.txt", False),  # The copy that an earlier training made.
    (False, "bert_config.json", "vocab.txt", False)])
def test_a_persons_vocabulary_is_not_lost(tmp_path, has_card, there, given, is_refused):
    model, vocab = tmp_path / "model", str(tmp_path / given)
    model.mkdir()
    (model / there).write_text("[PAD]\n")
    if has_card:
        model_card.write(str(model), model_card.ModelCard("nq_joint", {}))
    if given == "vocab.txt":
        tiny_nq.write_vocabulary(tmp_path / given)
    else:
        piece_models.write(tmp_path / given, "albert")
    if is_refused:
        with pytest.raises(UserError, match="model/%s is another vocabulary than --vocab_file=.*: "
                                            "move it away, or choose" % there):
            model_folder.check_no_vocabulary_is_lost(str(model), vocab)
    else:
        model_folder.check_no_vocabulary_is_lost(str(model), vocab)
    # The same one, given or there, is no other; neither is a folder that is yet to be made.
    (tmp_path / "same").mkdir()
    with open(vocab, "rb") as f:
        (tmp_path / "same" / vocabulary_files.file_name_of(vocab)).write_bytes(f.read())
    for folder in ("same", "none"):
        model_folder.check_no_vocabulary_is_lost(str(tmp_path / folder), vocab)


def test_ids_move_between_vocabularies_of_two_kinds():
    albert, xlnet = (piece_models.vocabulary(family) for family in ("albert", "xlnet"))
    assert moved_id(albert, Vocabulary(albert.tokens)) == 0
    assert moved_id(albert, xlnet) == 0
    assert moved_id(albert, piece_models.vocabulary("albert")) is None
