"""Turns wordpieces back into readable text."""
from typing import Iterable


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


def _is_marker(word: str) -> bool:
    return len(word) > 2 and word[0] == "[" and word[-1] == "]"
