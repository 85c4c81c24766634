"""Turns pieces back into readable text."""
from typing import AbstractSet, Iterable, List

from bert_nq.base.piece_model import BLANK


def pieces_to_text(pieces: Iterable[str]) -> str:
    """Joins pieces with blanks and glues each "##" piece to the one before it.

    A "##" piece keeps its "##" where the piece that it continues is not in view, since a window may
    begin within a word:

        [SEP] ##able to say [UNK] , again ##st  ->  [SEP] ##able to say [UNK] , against

    Case, accents and the original blanks around punctuation cannot be restored.
    """
    words = []
    for piece in pieces:
        if piece.startswith("##") and len(piece) > 2 and words and not _is_marker(words[-1]):
            words[-1] += piece[2:]
        else:
            words.append(piece)
    return " ".join(words)


def sentence_pieces_to_text(pieces: Iterable[str], names: AbstractSet[str]) -> str:
    """Joins the pieces of a SentencePiece model; a word begins with each blank in them.

        \u2581un able \u2581to <sep> \u2581who  ->  unable to <sep> who

    A piece within a word whose beginning is not in view is a word here: nothing in it tells.

    Args:
      pieces: as the vocabulary has them.
      names: the pieces that are no text, special tokens and markers, which stand alone.
    """
    words: List[str] = []
    is_open = False
    for piece in pieces:
        begins = piece in names or not is_open or piece.startswith(BLANK)
        text = piece.replace(BLANK, "")
        if begins:
            words.append(text)
        else:
            words[-1] += text
        is_open = piece not in names
    return " ".join(filter(None, words))


def _is_marker(word: str) -> bool:
    return len(word) > 2 and word[0] == "[" and word[-1] == "]"
