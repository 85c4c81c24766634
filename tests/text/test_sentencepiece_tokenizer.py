"""SentencePiece: pieces, and the characters that they stand for."""
import json
import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bert_nq.base import piece_model
from bert_nq.base.piece_model import Piece
from bert_nq.text.plain_text import plain, plain_with_origins
from bert_nq.text.sentencepiece_tokenizer import BLANK, SentencePieceTokenizer
from bert_nq.text.vocabulary import Vocabulary
from tests.support import piece_models
from tests.support.examples import with_examples

ALBERT = SentencePieceTokenizer(piece_models.vocabulary("albert"), True, False)
XLNET = SentencePieceTokenizer(piece_models.vocabulary("xlnet"), False, False)
BOTH = {"albert": ALBERT, "xlnet": XLNET}

WILD = st.text(alphabet=st.one_of(
    st.sampled_from("abTUZ12,.\"'`-½ﬁİẞ中한\u0301\u0308\u00a0\u3000\u200b\u00ad\x01\x85¨ſ①²\ud800"),
    st.characters()))


@pytest.mark.parametrize("raw, expected", [
    ("a \t b\u3000", "a b"), ("``Caf\u00e9''", '"Caf\u0065"'), ("```", '"`'),
    ("\u00bd\ufb01\u0130", "1\u20442fiI"), ("a\u0301", "a"), ("\ud800", "\ufffd")])
def test_plain_text(raw, expected):
    assert plain(raw, False) == expected
    assert plain(raw, True) == expected.lower()


@given(WILD, st.booleans())
@example("\u0301\u00a0a", False)  # The accent goes, the blank behind it stays.
def test_origins_are_those_of_plain_text(text, do_lower_case):
    found = plain_with_origins(text, do_lower_case)
    assert found.text == plain(text, do_lower_case)
    assert len(found.starts) == len(found.ends) == len(found.text)
    assert all(0 <= a < b <= len(text) for a, b in zip(found.starts, found.ends))


@pytest.mark.parametrize("word, uncased, cased", [
    ("unable", "▁un able", "▁un able"),
    ("The", "▁the", "▁The"),
    ("unable,", "▁un able ,", "▁un able ,"),
    # "▁1," is a piece, and is cut once more, since its comma is behind a digit.
    ("1,2,", "▁1 , 2 ,", "▁1 , 2 ,"),
    ("\u00bd", "▁1 \u2044 2", "▁1 \u2044 2"),
    ("``a''", '▁ " a "', '▁ " a "'),
    ("", "", ""), ("\u3000", "", "")])
def test_pieces(word, uncased, cased):
    assert ALBERT.tokenize_word(word) == uncased.split()
    assert XLNET.tokenize_word(word) == cased.split()


def test_a_text_has_the_pieces_of_its_words():
    ids = ALBERT.vocabulary.ids
    assert ALBERT.text_ids("The  unable") == [ids["▁the"], ids["▁un"], ids["able"]]


@pytest.mark.parametrize("word, expected", [
    ("unable", ["un", "able"]),
    ("\u00bd,", ["\u00bd", "\u00bd", "\u00bd", ","]),
    ("1,2,", ["1", ",", "2", ","]),
    ("``a''", ["", "``", "a", "''"]),  # of the blank before the word there is no character
    ("xe\u0301\u00e9", ["", "x", "e", "\u00e9"]),  # an accent by itself belongs to no piece
    ("\u0130b", ["", "\u0130", "b"]),
    ("\ufb01z", ["", "\ufb01", "\ufb01", "z"]),
    ("x\u200by", ["", "x", "", "y"]),  # SentencePiece takes U+200B for a blank
    ("a\x01b", ["a", "b"]),
    ("\u3000", [])])
def test_characters_of_pieces(word, expected):
    assert [word[start:end] for start, end in ALBERT.offsets(word)] == expected


@with_examples(150)
@given(WILD, st.sampled_from(["albert", "xlnet"]))
def test_pieces_come_in_order_and_cover_what_they_stand_for(family_text, family):
    word, tokenizer = family_text.replace(" ", ""), BOTH[family]
    offsets = tokenizer.offsets(word)
    assert len(offsets) == len(tokenizer.word_ids(word))
    assert [a for a, _ in offsets] == sorted(a for a, _ in offsets)
    assert [b for _, b in offsets] == sorted(b for _, b in offsets)
    assert all(0 <= a <= b <= len(word) for a, b in offsets)
    covered = {i for a, b in offsets for i in range(a, b)}
    for i, char in enumerate(word):
        # What is of no piece makes none by itself. (A jamo makes none of its own beside others.)
        if i not in covered:
            assert not "".join(tokenizer.tokenize_word(char)).replace(BLANK, "") or char in "`'"
    for piece, (a, b) in zip(tokenizer.tokenize_word(word), offsets):
        text = piece.replace(BLANK, "")
        if not text:
            assert a == b
        elif piece != "<unk>":
            assert text in plain(word[a:b], tokenizer.do_lower_case).replace("\u03c2", "\u03c3")


def test_texts_make_no_special_tokens():
    model = piece_models.vocabulary("xlnet", more=[
        Piece("<eop>x", 0.0, piece_model.NORMAL), Piece("<hm>", 0.0, piece_model.USER_DEFINED)])
    tokenizer = SentencePieceTokenizer(model, False, False)
    specials = {model.ids[name] for name in piece_models.SPECIALS["xlnet"][1:] + ("<hm>",)}
    assert not specials & set(tokenizer.text_ids("<sep> a<cls> [SEP] <eop> <hm> <pad> </s>"))


def test_specials_may_be_kept():
    tokenizer = SentencePieceTokenizer(ALBERT.vocabulary, True, False, keeps_specials=True)
    assert tokenizer.tokenize_word("a[SEP]the") == ["▁a", "[SEP]", "▁the"]
    assert tokenizer.tokenize_word("[MASK]") == ["[MASK]"]


def test_markers_are_looked_up_whole():
    model = piece_models.vocabulary("albert", more=[Piece("[Q]", 0.0, piece_model.UNUSED)])
    with_markers, without = (SentencePieceTokenizer(model, True, has) for has in (True, False))
    assert with_markers.tokenize_word("[Q]") == ["[Q]"]
    assert with_markers.offsets("[Q]") == [(0, 3)]
    assert "[Q]" not in without.tokenize_word("[Q]")
    assert "[12]" not in with_markers.tokenize_word("[12]")  # is text: no marker of NQ


@pytest.mark.parametrize("family, do_lower_case", [("albert", True), ("xlnet", False)])
def test_equal_to_the_tokenizers_of_transformers(shared_data, family, do_lower_case):
    folder = os.path.join(shared_data, "parity", "sentencepiece", family)
    vocabulary = Vocabulary.load(os.path.join(folder, "spiece.model"))
    tokenizer = SentencePieceTokenizer(vocabulary, do_lower_case, False, keeps_specials=True)
    with open(os.path.join(folder, "golden.json"), encoding="utf8") as f:
        golden = json.load(f)
    assert len(golden) == 60
    for entry in golden:
        assert tokenizer.text_ids(entry["text"]) == entry["ids"], entry["text"]
