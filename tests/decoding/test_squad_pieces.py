"""Labels and answers of SQuAD by the characters of SentencePiece's pieces."""
import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.decoding.final_text import between
from bert_nq.decoding.run_squad import _part
from bert_nq.features.options import TextOptions
from bert_nq.features.squad_answers import narrowed_by_characters
from bert_nq.features.squad_maker import make_window_maker
from bert_nq.features.squad_options import SquadOptions
from bert_nq.text.sentencepiece_tokenizer import SentencePieceTokenizer
from tests.support import piece_models, span_windows

CONTEXT = "The (un\u00e9, 1,2 \u00bd"
# Pieces: ▁the | ▁ <unk> u n e , | ▁1 , 2 | ▁1 ⁄ 2


def windows(context=CONTEXT):
    tokenizer = SentencePieceTokenizer(piece_models.vocabulary("albert"), True, False)
    words = context.split()
    pieces = [tokenizer.tokenize_word(word) for word in words]
    made = span_windows.windows(words, pieces, 3, 30, 20)
    return made._replace(tokenizer=tokenizer)


@pytest.mark.parametrize("first, last, text", [
    ("u", "e", "un\u00e9"), ("e", ",", "\u00e9,"), ("\u25811", "\u25811", "1"),
    ("\u2044", "2", "\u00bd"),  # half a character is the whole one
])
def test_a_part_of_words_is_their_characters(first, last, text):
    made = windows()
    start = made.pieces.index(first)
    end = made.pieces.index(last, start)
    words = made.words[made.word_of_piece[start]:made.word_of_piece[end] + 1]
    assert _part(made, start, end, words) == text


def test_a_span_of_two_words():
    assert between(["(a", "bc)"], 1, 2) == "a bc"
    assert between(["(a", "bc)"], 0, 0) == "(a"
    assert between(["a"], 0, 0) == "a"  # nothing: the whole word


def test_labels_are_narrowed_by_characters():
    offsets = [[(0, 0), (0, 1), (1, 5), (5, 6), (6, 10), (10, 11)]]  # ▁ ( 1895 - 1943 )
    assert narrowed_by_characters(["(1895-1943)"], offsets, "1895") == (2, 1)
    assert narrowed_by_characters(["(1895-1943)"], offsets, "1895-1943") == (2, 3)
    assert narrowed_by_characters(["(1895-1943)"], offsets, "1666") == (0, 6)
    assert narrowed_by_characters(["a", "b."], [[(0, 1)], [(0, 1), (1, 2)]], "a b") == (0, 2)


def test_windows_of_a_model(tmp_path):
    path = piece_models.write(tmp_path / "spiece.model", "xlnet")
    text = TextOptions(path, False, "sentencepiece")
    maker = make_window_maker(text, SquadOptions(max_seq_length=80))
    assert maker.vocab_size == len(piece_models.model("xlnet").pieces)
    assert maker.question_ids("unable") == np.array(
        [piece_models.vocabulary("xlnet").ids[piece] for piece in ("\u2581un", "able")]).tolist()
    with pytest.raises(UserError, match="--tokenizer=wordpiece does not fit .*spiece.model, which "
                                        "is for --tokenizer=sentencepiece: leave the flag out"):
        make_window_maker(text._replace(tokenizer="wordpiece"), SquadOptions())
