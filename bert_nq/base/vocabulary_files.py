"""The files of vocabularies: what they are called in a model's folder, and which kind one is."""
import os

from bert_nq.base import files, piece_model

WORDPIECES, PIECES = "vocab.txt", "spiece.model"
NAMES = (WORDPIECES, PIECES)  # A folder has one of them; of two, the first is the model's.


def vocabulary_of(folder: str) -> str:
    """The path of the vocabulary in a folder of this machine, where it would be if there is none.
    """
    paths = [os.path.join(folder, name) for name in NAMES]
    return next(filter(os.path.exists, paths), paths[0])


def is_piece_model(path: str) -> bool:
    """Whether a file is to be a SentencePiece model, by its name or by how it begins.

    Raises:
      UserError: it cannot be read.
    """
    return holds_pieces(path, b"") or holds_pieces(path, files.read_head(path))


def holds_pieces(path: str, content: bytes) -> bool:
    """`is_piece_model` of a file whose content, or the beginning of it, is known."""
    return bool(piece_model.NAME.search(path)) or piece_model.looks_like_one(content)


def file_name_of(path: str) -> str:
    """The name that a copy of a vocabulary's file has in a model's folder."""
    return PIECES if is_piece_model(path) else WORDPIECES
