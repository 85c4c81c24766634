"""Small SentencePiece models, made of pieces that a test can read."""
import base64
import functools
import io
from typing import Any, Dict, Iterable

from bert_nq.base import piece_model
from bert_nq.base.piece_model import (
    CONTROL,
    NORMAL,
    UNKNOWN,
    USER_DEFINED,
    Piece,
    PieceModel,
)
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


def tokenizer(made: PieceModel, do_lower_case: bool) -> Dict[str, Any]:
    """The content of the tokenizer.json that transformers makes of a model."""
    special = [{"id": i, "content": piece.text, "special": piece.kind != USER_DEFINED}
               for i, piece in enumerate(made.pieces) if piece.kind != NORMAL]
    unknown, = [i for i, piece in enumerate(made.pieces) if piece.kind == UNKNOWN]
    steps = [{"type": "Replace", "pattern": {"String": quote}, "content": '"'}
             for quote in ("``", "''")] + [{"type": "NFKD"}, {"type": "StripAccents"}]
    if do_lower_case:
        steps.append({"type": "Lowercase"})
    steps += [{"type": "Precompiled",
               "precompiled_charsmap": base64.b64encode(table(made)).decode("ascii")},
              {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]
    return {"version": "1.0", "added_tokens": special,
            "normalizer": {"type": "Sequence", "normalizers": steps},
            "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581",
                              "prepend_scheme": "always", "split": True},
            "model": {"type": "Unigram", "unk_id": unknown, "byte_fallback": False,
                      "vocab": [[piece.text, piece.score] for piece in made.pieces]}}


def table(made: PieceModel) -> bytes:
    """The table of characters of a model's normalizer, fields 3 and 2."""
    fields = list(piece_model._fields(made.rest))
    normalizer, = [value for number, value, _ in fields if number == 3]
    return next(value for number, value, _ in piece_model._fields(normalizer) if number == 2)
