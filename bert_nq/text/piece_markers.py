"""The markers of Natural Questions in a SentencePiece model.

No id moves and none is added, so that the model's checkpoint still fits. Markers are of a kind that
no text is cut into; they are found by their names alone.
"""
import re
from typing import List, NamedTuple, Sequence, Tuple

from bert_nq.base.errors import UserError
from bert_nq.base.piece_model import BLANK, CONTROL, NORMAL, UNUSED, USER_DEFINED, Piece, PieceModel
from bert_nq.text.vocabulary import NQ_MARKERS

_UNUSED_NAME = re.compile(r"[\[<]unused_?\d+[\]>]\Z")


class Marked(NamedTuple):
    """A model with markers."""
    model: PieceModel
    ids: Tuple[int, ...]  # of the markers that were written, in their order
    lost: Tuple[str, ...]  # pieces of text that made room; texts with them are cut more finely


def write_markers(model: PieceModel, markers: Sequence[str] = NQ_MARKERS) -> Marked:
    """Writes each marker that a model lacks over a piece of it.

    Unused pieces are taken first, by ascending ids, then the least likely ones of several
    characters, so that no character becomes unknown.

    Raises:
      UserError: there are too few such pieces.
    """
    present = {piece.text for piece in model.pieces}
    missing = [marker for marker in markers if marker not in present]
    free = [i for i, piece in enumerate(model.pieces) if _is_unused(piece)]
    words = [i for i, piece in enumerate(model.pieces)
             if piece.kind == NORMAL and len(piece.text.replace(BLANK, "")) > 1]
    words.sort(key=lambda i: (model.pieces[i].score, -i))
    if len(free) + len(words) < len(missing):
        raise UserError("%d unused pieces and %d pieces of several characters are too few for the "
                        "%d NQ markers it lacks: take a larger model"
                        % (len(free), len(words), len(missing)))
    ids = (free + words)[:len(missing)]
    pieces: List[Piece] = list(model.pieces)
    for i, marker in zip(ids, missing):
        pieces[i] = Piece(marker, 0.0, CONTROL)
    return Marked(model._replace(pieces=tuple(pieces)), tuple(ids),
                  tuple(model.pieces[i].text for i in ids[len(free):]))


def _is_unused(piece: Piece) -> bool:
    return piece.kind == UNUSED and piece.text not in NQ_MARKERS or (
        piece.kind in (CONTROL, USER_DEFINED) and bool(_UNUSED_NAME.match(piece.text)))
