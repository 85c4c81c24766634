"""Pieces back to text."""
import pytest

from bert_nq.base.piece_model import CONTROL, Piece
from bert_nq.text.detokenize import pieces_to_text
from tests.support import piece_models


@pytest.mark.parametrize("pieces, text", [
    ([], ""),
    (["the", "un", "##aff", "##able", "man", "."], "the unaffable man ."),
    (["##able", "man"], "##able man"),  # a window that begins within a word
    (["[SEP]", "##able", "##s", "man"], "[SEP] ##ables man"),
    (["[Q]", "who", "[UNK]", "##x"], "[Q] who [UNK] ##x"),
    (["[", "]", "##a"], "[ ]a"),  # brackets of the text are no markers
    (["#", "##", "#"], "# ## #"),
])
def test_pieces_are_joined(pieces, text):
    assert pieces_to_text(pieces) == text


def test_any_iterable_will_do():
    assert pieces_to_text(iter(["a", "##b"])) == "ab"


@pytest.mark.parametrize("pieces, text", [
    ([], ""),
    (["\u2581the", "\u2581un", "able", "."], "the unable."),
    (["able", "\u2581the"], "able the"),  # a window that begins within a word
    (["[CLS]", "[Q]", "\u2581a", "[SEP]", "able", "[SEP]"], "[CLS] [Q] a [SEP] able [SEP]"),
    (["\u2581", "\u2044", "2", "\u2581", "<unk>"], "\u20442 <unk>"),
    (["a", "\u2581"], "a"),
])
def test_sentence_pieces_are_joined(pieces, text):
    vocabulary = piece_models.vocabulary("albert", more=[Piece("[Q]", 0.0, CONTROL)])
    assert vocabulary.text_of(pieces) == text
