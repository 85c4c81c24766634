"""SentencePiece models as files."""
import os

import pytest

from bert_nq.base import piece_model
from bert_nq.base.errors import UserError
from bert_nq.base.piece_model import CONTROL, NORMAL, UNKNOWN, Piece, PieceModel
from bert_nq.text.vocabulary import ALBERT, XLNET, PieceVocabulary, Vocabulary, check_specials
from tests.support import piece_models

MODEL = PieceModel((Piece("<unk>", 0.0, UNKNOWN), Piece("[Q]", 0.0, CONTROL),
                    Piece("\u2581a", -1.5, NORMAL)), b"\x12\x00")

# Field 1 of so many bytes, in it field 1 with the text, 2 with the score, 3 with the kind; the
# score -1.5 is bf c0 00 00.
CONTENT = (b"\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02" + b"\n\x0c\n\x03[Q]\x15\0\0\0\0\x18\x03"
           + b"\n\x0b\n\x04\xe2\x96\x81a\x15\0\0\xc0\xbf" + b"\x12\x00")


def test_a_model_is_written_and_read():
    assert MODEL.content() == CONTENT
    assert piece_model.parse(CONTENT, "m") == MODEL
    assert piece_model.looks_like_one(CONTENT)


@pytest.mark.parametrize("content", [b"", b"[PAD]\n[UNK]\n", b"\na\nb\n", b"\n\n\n\n"])
def test_lists_of_tokens_do_not_look_like_models(content):
    assert not piece_model.looks_like_one(content)


@pytest.mark.parametrize("content, message", [
    (CONTENT[:20], "m is cut off or damaged after 1 pieces: give the spiece.model of"),
    (CONTENT[:-2], "m is cut off or damaged: it has 3 pieces and no settings"),
    (b"[PAD]\n[UNK]\n", "m is no SentencePiece model: give the spiece.model of an ALBERT or XLNet "
     "model, whole; a vocab.txt must not be named .model"),
    (b"", "m is no SentencePiece model")])
def test_what_is_no_model_is_a_user_error(content, message):
    with pytest.raises(UserError) as e:
        piece_model.parse(content, "m")
    assert message in str(e.value)


def test_no_cut_of_a_model_passes_for_another_fault():
    for end in range(len(CONTENT)):
        with pytest.raises(UserError):
            piece_model.parse(CONTENT[:end], "m")


@pytest.mark.parametrize("name", ["spiece.model", "any name"])
@pytest.mark.parametrize("family, specials", [("albert", ALBERT), ("xlnet", XLNET)])
def test_a_vocabulary_is_read_of_a_model(tmp_path, name, family, specials):
    path = piece_models.write(tmp_path / name, family)
    vocabulary = Vocabulary.load(path)
    check_specials(vocabulary, path)
    assert vocabulary.specials == specials
    assert (vocabulary.tokenizer, vocabulary.file_name) == ("sentencepiece", "spiece.model")
    names = piece_models.SPECIALS[family]
    assert vocabulary.tokens[:len(names)] == list(names)
    assert vocabulary.ids["able"] == len(names) + piece_models.PIECES.index("able")


def test_scores_are_part_of_a_fingerprint():
    a = piece_models.model("albert")
    other = a._replace(pieces=a.pieces[:-1] + (a.pieces[-1]._replace(score=-3.0),))
    assert PieceVocabulary(a).tokens == PieceVocabulary(other).tokens
    assert PieceVocabulary(a).fingerprint() != PieceVocabulary(other).fingerprint()


def test_a_model_without_special_tokens_is_a_user_error():
    with pytest.raises(UserError, match=r"m: no entry <pad>, \[CLS\], \[SEP\]; give the spiece"):
        check_specials(PieceVocabulary(PieceModel(MODEL.pieces[:1], b"\x12\0")), "m")


@pytest.mark.parametrize("family", ["albert", "xlnet"])
def test_whole_models_are_written_as_they_were(shared_data, family):
    path = os.path.join(shared_data, "parity", "sentencepiece", family, "spiece.model")
    with open(path, "rb") as f:
        content = f.read()
    assert piece_model.parse(content, path).content() == content
