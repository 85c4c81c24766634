"""Pieces back to text."""
import pytest

from bert_nq.text.detokenize import pieces_to_text


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
