"""The SentencePiece model in a tokenizer.json."""
import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base import piece_model, unigram_tokenizer
from bert_nq.base.errors import UserError
from bert_nq.base.piece_model import CONTROL, NORMAL, UNKNOWN, USER_DEFINED, Piece
from bert_nq.text.sentencepiece_tokenizer import SentencePieceTokenizer
from bert_nq.text.vocabulary import PieceVocabulary
from tests.support import piece_models

MORE = [Piece(".", 0.0, USER_DEFINED), Piece("[Q]", 0.0, CONTROL)]
MODELS = {family: piece_models.model(
    family, [piece for piece in piece_models.PIECES if piece != "."], MORE)
    for family in ("albert", "xlnet")}
TOKENIZER = piece_models.tokenizer(MODELS["albert"], True)


def carried(content):
    return unigram_tokenizer.piece_model_of(content, "tokenizer.json")


@pytest.fixture(scope="module")
def tokenizers():
    """{family: those of a model and of what is carried by a tokenizer.json}."""
    return {family: [SentencePieceTokenizer(PieceVocabulary(m), family == "albert", False)
                     for m in (model, carried(piece_models.tokenizer(model, family == "albert")))]
            for family, model in MODELS.items()}


@pytest.mark.parametrize("family", sorted(MODELS))
def test_pieces_and_the_table_of_characters_are_those_of_the_model(family):
    model = carried(piece_models.tokenizer(MODELS[family], False))
    assert model.pieces == MODELS[family].pieces
    assert piece_models.table(model) == piece_models.table(MODELS[family])
    assert piece_model.parse(model.content(), "x") == model


@given(st.text(max_size=12))
def test_any_text_has_the_ids_and_the_places_of_the_model(tokenizers, word):
    for ours, theirs in tokenizers.values():
        assert ours.word_ids(word) == theirs.word_ids(word)
        assert ours.offsets(word) == theirs.offsets(word)


def test_the_settings_of_the_normalizer():
    assert unigram_tokenizer.lower_cases(TOKENIZER)
    assert not unigram_tokenizer.lower_cases(piece_models.tokenizer(MODELS["xlnet"], False))
    # As older versions of transformers write them.
    older = dict(TOKENIZER, pre_tokenizer={"type": "Sequence", "pretokenizers": [
        {"type": "WhitespaceSplit"},
        {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": True}]})
    older["normalizer"] = dict(older["normalizer"],
                               normalizers=older["normalizer"]["normalizers"][:-1])
    assert carried(older) == carried(TOKENIZER)


def test_the_kinds_of_pieces():
    """A saved tokenizer may call all special that is no learnt piece; further ones follow."""
    content = copy.deepcopy(TOKENIZER)
    number = len(content["model"]["vocab"])
    content["added_tokens"] = [dict(token, special=True) for token in content["added_tokens"]] + [
        {"id": number + 1, "content": "b.b", "special": False},
        {"id": number, "content": "[SA]", "special": True}]
    kinds = {piece.text: piece.kind for piece in carried(content).pieces}
    assert kinds["<unk>"] == UNKNOWN and kinds["\u2581the"] == NORMAL
    assert kinds["[CLS]"] == kinds["[Q]"] == kinds["[SA]"] == CONTROL
    assert kinds["."] == kinds["b.b"] == USER_DEFINED


def changed(*path_and_value):
    content = copy.deepcopy(TOKENIZER)
    part = content
    for key in path_and_value[:-2]:
        part = part[key]
    part[path_and_value[-2]] = path_and_value[-1]
    return content


OTHER = "which is another tokenizer than those of ALBERT and XLNet: put the model's spiece.model"
DAMAGED = "tokenizer.json is not the file of a tokenizer ("


@pytest.mark.parametrize("content, message", [
    (changed("normalizer", None), "tokenizer.json: its normalizer is , " + OTHER),
    (changed("normalizer", {"type": "NFKC"}), "tokenizer.json: its normalizer is NFKC, " + OTHER),
    (changed("normalizer", "normalizers", 0, "content", "'"),
     "tokenizer.json: its normalizer is Replace, Replace, NFKD, "),
    (changed("pre_tokenizer", None), "tokenizer.json: its pre_tokenizer is not"),
    (changed("pre_tokenizer", "prepend_scheme", "first"), "tokenizer.json: its pre_tokenizer is "),
    (changed("model", "byte_fallback", True), "tokenizer.json: byte_fallback is true, " + OTHER),
    (changed("model", "unk_id", None), "tokenizer.json: it has no unknown piece, " + OTHER),
    (changed("normalizer", "normalizers", 5, "precompiled_charsmap", "?"), DAMAGED),
    (changed("model", "vocab", [["a"]]), DAMAGED),
    (changed("model", "vocab", None), DAMAGED),
    (changed("added_tokens", [{"id": 10 ** 6, "content": "x"}]), DAMAGED),
    (changed("added_tokens", [{"id": 3, "content": "x"}]),
     DAMAGED + "ValueError: id 3 is '[SEP]' and 'x'): put the model's spiece.model beside it"),
    (changed("pre_tokenizer", "no"), DAMAGED)])
def test_other_tokenizers_and_damaged_ones_are_refused(content, message):
    assert unigram_tokenizer.is_one(content)
    with pytest.raises(UserError) as e:
        carried(content)
    assert str(e.value).startswith(message)


@pytest.mark.parametrize("content", [None, [], {}, {"model": None}, {"model": {"type": "BPE"}}])
def test_what_has_no_unigram_model(content):
    assert not unigram_tokenizer.is_one(content)
