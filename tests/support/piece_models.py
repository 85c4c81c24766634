"""Small SentencePiece models, made of pieces that a test can read."""
import functools
import io
from typing import Iterable

from bert_nq.base import piece_model
from bert_nq.base.piece_model import CONTROL, NORMAL, UNKNOWN, Piece, PieceModel
from bert_nq.text.vocabulary import ALBERT, PieceVocabulary

SPECIALS = {"albert": ALBERT[:5], "xlnet": ("<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>",
                                            "<mask>", "<eod>", "<eop>")}
PIECES = ("\u2581", "\u2581un", "able", "\u2581a", "\u25811", ",", "\u25811,", "2", "1", "\u2044",
          ".", '"', "-", "\u2581the", "\u2581The") + tuple("abcdefghijklmnopqrstuvwxyz")


@functools.lru_cache(maxsize=None)
def settings() -> bytes:
    """The fields after the pieces: a unigram model of NFKC with a blank before the text."""
    from sentencepiece import SentencePieceTrainer
    out = io.BytesIO()
    SentencePieceTrainer.train(sentence_iterator=iter(["a b c"] * 9), model_writer=out,
                               vocab_size=8, minloglevel=2, hard_vocab_limit=False)
    return piece_model.parse(out.getvalue(), "trained").rest


def model(family: str, pieces: Iterable[str] = PIECES, more: Iterable[Piece] = ()) -> PieceModel:
    """A model with the special tokens of a family; of the pieces, longer ones are likelier."""
    specials = [Piece(name, 0.0, UNKNOWN if name == "<unk>" else CONTROL)
                for name in SPECIALS[family]]
    normal = [Piece(text, -10.0 + len(text), NORMAL) for text in pieces]
    return PieceModel(tuple(specials + normal + list(more)), settings())


def vocabulary(family: str, pieces: Iterable[str] = PIECES,
               more: Iterable[Piece] = ()) -> PieceVocabulary:
    """The vocabulary of `model`."""
    return PieceVocabulary(model(family, pieces, more))


def write(path, family: str, pieces: Iterable[str] = PIECES, more: Iterable[Piece] = ()) -> str:
    """Writes `model` as a file; returns its path."""
    path.write_bytes(model(family, pieces, more).content())
    return str(path)
