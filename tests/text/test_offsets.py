"""The characters of wordpieces."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.text.offsets import piece_offsets
from bert_nq.text.vocabulary import Vocabulary
from bert_nq.text.wordpiece import WordPieceTokenizer

LETTERS = "abcdefuxyzσςß"
TOKENIZER = WordPieceTokenizer(Vocabulary(
    ["[UNK]"] + list(LETTERS) + ["##" + c for c in LETTERS] + [",", ".", "(", "-", "中", "bu"]))
CASED = WordPieceTokenizer(TOKENIZER.vocabulary, False)


@pytest.mark.parametrize("word, expected", [
    ("bücub,", ["bü", "c", "u", "b", ","]),
    ("Abc", ["A", "b", "c"]),
    ("a\u0301b", ["a", "b"]),  # a combining accent is of no piece
    ("(Abq)-a", ["(", "Abq", ")", "-", "a"]),  # "abq" and ")" are unknown
    ("a中b", ["a", "中", "b"]),
    ("a\u00adb", ["a", "b"]),  # a soft hyphen is dropped
    ("a\x01b", ["a", "b"]),  # a control character, too
    ("ΣΑΣ", ["ΣΑΣ"]),
])
def test_characters_of_pieces(word, expected):
    pieces = TOKENIZER.tokenize_word(word)
    found = [word[start:end] for start, end in piece_offsets(word, pieces, True)]
    assert found == expected


@given(st.text(alphabet=st.one_of(st.sampled_from(LETTERS + "AÜé,.(-中\u0301\u00adİſﬁ"),
                                  st.characters(blacklist_categories=("Zs", "Cc", "Cs")))),
       st.booleans())
def test_pieces_come_in_order_and_cover_what_they_stand_for(word, do_lower_case):
    tokenizer = TOKENIZER if do_lower_case else CASED
    pieces = tokenizer.tokenize_word(word)
    offsets = piece_offsets(word, pieces, do_lower_case)
    assert len(offsets) == len(pieces)
    end_before = 0
    for piece, (start, end) in zip(pieces, offsets):
        assert 0 <= start <= end <= len(word)
        # A character may become several pieces, such as a fraction of digits.
        assert start >= end_before - 1
        end_before = end
        if piece != "[UNK]" and end - start == len(piece.replace("##", "", 1)):
            text = word[start:end]
            if text.isascii():
                assert (text.lower() if do_lower_case else text) == piece.replace("##", "", 1)
