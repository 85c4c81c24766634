"""SentencePiece models with markers of NQ, and learnt ones."""
import pytest

from bert_nq.base.errors import UserError
from bert_nq.base.piece_model import CONTROL, NORMAL, UNUSED, Piece
from bert_nq.text.piece_learning import learn_pieces
from bert_nq.text.piece_markers import write_markers
from bert_nq.text.sentencepiece_tokenizer import SentencePieceTokenizer
from bert_nq.text.vocabulary import (
    MARKERS,
    NQ_MARKERS,
    PieceVocabulary,
    check_markers,
    check_tag_markers,
    moved_id,
)
from tests.support import piece_models

TEXT = ["The lumen of the Karst is 12,300 lumen"] * 20


def test_unused_pieces_go_first_then_the_least_likely():
    unused = [Piece("[unused%d]" % i, 0.0, CONTROL) for i in range(200)]
    unused.append(Piece("zz", 0.0, UNUSED))
    words = [Piece("w%02d" % i, -20.0 - i, NORMAL) for i in range(10)]
    model = piece_models.model("albert", more=unused + words)
    marked = write_markers(model)
    first = len(model.pieces) - 211
    # 209 markers: 201 unused pieces, then w09 to w02, from the end on.
    assert marked.ids == tuple(range(first, first + 201)) + tuple(
        range(first + 210, first + 202, -1))
    assert marked.lost == ("w09", "w08", "w07", "w06", "w05", "w04", "w03", "w02")
    assert [marked.model.pieces[i].text for i in marked.ids] == NQ_MARKERS
    kept = set(range(len(model.pieces))) - set(marked.ids)
    assert all(marked.model.pieces[i] == model.pieces[i] for i in kept)
    check_markers(PieceVocabulary(marked.model), "m")
    assert write_markers(marked.model).ids == ()


def test_too_few_pieces_are_a_user_error():
    # Of several characters are un, able, "1,", the and The.
    with pytest.raises(UserError, match="0 unused pieces and 5 pieces of several characters are "
                                        "too few for the 209 NQ markers"):
        write_markers(piece_models.model("albert"))


@pytest.mark.parametrize("family, lower, first", [
    ("albert", True, ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]),
    ("xlnet", False, ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>", "<eod>",
                      "<eop>"])])
def test_a_learnt_model(family, lower, first):
    model = learn_pieces(TEXT, 330, family, lower)
    assert model == learn_pieces(TEXT, 330, family, lower)
    assert [piece.text for piece in model.pieces[:len(first)]] == first
    marked = write_markers(model)
    assert (len(marked.model.pieces), marked.lost) == (330, ())
    vocabulary = PieceVocabulary(marked.model)
    tokenizer = SentencePieceTokenizer(vocabulary, lower)
    assert tokenizer.tokenize_word("[ContextId=3]") == ["[ContextId=3]"]
    unknown = vocabulary.ids["<unk>"]
    assert unknown not in tokenizer.text_ids("Karst lumen 12,300")
    assert (unknown in tokenizer.text_ids("KARST")) == (not lower)


def test_markers_do_not_come_out_of_text():
    vocabulary = PieceVocabulary(write_markers(learn_pieces(TEXT, 330, "albert", True)).model)
    ids = {vocabulary.ids[marker] for marker in NQ_MARKERS}
    without = SentencePieceTokenizer(vocabulary, True, has_markers=False)
    assert not ids & set(without.text_ids(" ".join(NQ_MARKERS)))
    assert not ids & set(SentencePieceTokenizer(vocabulary).text_ids("a[Q] [Q]b x[SA]x"))


def test_a_small_vocabulary_is_a_user_error():
    with pytest.raises(UserError, match="a vocabulary of 250 entries is too small: 209 are"):
        learn_pieces(TEXT, 250, "albert", True)


def test_markers_of_tags_take_the_place_of_pieces():
    model = learn_pieces(TEXT, 330, "albert", True)
    marked = write_markers(model, MARKERS["candidates"])
    assert len(marked.model.pieces) == 330 and len(marked.ids) == 10 and marked.lost == ()
    vocabulary, plain = PieceVocabulary(marked.model), PieceVocabulary(model)
    check_tag_markers(vocabulary, "spiece.model")
    assert moved_id(plain, vocabulary) is None
    both = write_markers(write_markers(model).model, MARKERS["candidates"])
    assert len(both.lost) <= 10 and moved_id(plain, PieceVocabulary(both.model)) is None
