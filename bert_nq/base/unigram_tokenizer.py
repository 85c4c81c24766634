"""The SentencePiece model in a tokenizer.json, as Hugging Face saves those of ALBERT and XLNet.

    {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKD"}, ...
                    {"type": "Precompiled", "precompiled_charsmap": "ALQCAACEAAAA..."}]},
     "added_tokens": [{"id": 3, "content": "[SEP]", "special": true, ...}, ...],
     "model": {"type": "Unigram", "unk_id": 1,
               "vocab": [["<pad>", 0.0], ["\\u2581the", -3.2], ...]}}

Pieces, scores and the table of characters are those of the model that the file was made of. Its
other settings are not in the file; these are the ones that both families' published models have,
and a file of another kind is refused.
"""
import base64
import binascii
from typing import Any, Dict, List, Tuple

from bert_nq.base.errors import UserError
from bert_nq.base.piece_model import (
    BLANK,
    CONTROL,
    NORMAL,
    UNKNOWN,
    USER_DEFINED,
    Piece,
    PieceModel,
    is_name,
    settings,
)

_LOWER, _TABLE = "Lowercase", "Precompiled"
_QUOTES = [("Replace", "``", '"'), ("Replace", "''", '"')]
# Other versions of the same: blanks collapse before the model or by this.
_BLANKS = ("Replace", " {2,}", " ")
_BEFORE_TABLE = _QUOTES + ["NFKD", "StripAccents"]


def is_one(content: Any) -> bool:
    """Whether the content of a tokenizer.json has a Unigram model."""
    model = content.get("model") if isinstance(content, dict) else None
    return isinstance(model, dict) and model.get("type") == "Unigram"


def lower_cases(content: Any) -> bool:
    """Whether the tokenizer lower-cases text."""
    return _LOWER in map(_name, _steps(content.get("normalizer"), "normalizers"))


def piece_model_of(content: Any, path: str) -> PieceModel:
    """The model in the content of a tokenizer.json for which `is_one` holds.

    Args:
      content: the JSON value.
      path: the file, for messages.

    Raises:
      UserError: the file is damaged, or its tokenizer is not that of ALBERT or XLNet.
    """
    try:
        table = _table_of(_steps(content.get("normalizer"), "normalizers"), path)
        _check_blanks(_steps(content.get("pre_tokenizer"), "pretokenizers"), path)
        if content["model"].get("byte_fallback"):
            raise _other(path, "byte_fallback is true")
        return PieceModel(_pieces(content["model"], content.get("added_tokens") or [], path),
                          settings(table))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as e:
        raise UserError("%s is not the file of a tokenizer (%s: %s): put the model's spiece.model "
                        "beside it" % (path, type(e).__name__, e)) from e


def _steps(part: Any, name: str) -> List[Dict[str, Any]]:
    """The steps of a part, sequences of them taken apart."""
    if part is None:
        return []
    if part.get("type") == "Sequence":
        return [step for inner in part[name] for step in _steps(inner, name)]
    return [part]


def _name(step: Dict[str, Any]) -> Any:
    """The type of a step, and of a replacement what becomes what."""
    if step.get("type") != "Replace":
        return step.get("type")
    pattern = step.get("pattern") or {}
    return ("Replace", pattern.get("String", pattern.get("Regex")), step.get("content"))


def _table_of(steps: List[Dict[str, Any]], path: str) -> bytes:
    """The table of characters of a normalizer that is that of ALBERT or XLNet."""
    names = list(map(_name, steps))
    if names[-1:] == [_BLANKS]:
        del names[-1]
    tables = [step["precompiled_charsmap"] for step in steps if _name(step) == _TABLE]
    expected = _BEFORE_TABLE + [_LOWER] * (_LOWER in names) + [_TABLE] * len(tables)
    if names != expected or len(tables) > 1:
        raise _other(path, "its normalizer is %s" % ", ".join(str(step.get("type"))
                                                              for step in steps))
    try:
        return base64.b64decode(tables[0] or "", validate=True) if tables else b""
    except binascii.Error as e:
        raise ValueError("precompiled_charsmap: %s" % e) from e


def _check_blanks(steps: List[Dict[str, Any]], path: str) -> None:
    """Raises UserError where words do not begin with a blank each."""
    names = [step.get("type") for step in steps]
    last = steps[-1] if steps else {}
    begins = last.get("prepend_scheme", "always" if last.get("add_prefix_space") else "never")
    if (names not in (["Metaspace"], ["WhitespaceSplit", "Metaspace"])
            or last.get("replacement") != BLANK or begins != "always"):
        raise _other(path, "its pre_tokenizer is not WhitespaceSplit and Metaspace with a blank "
                           "before each text")


def _pieces(model: Dict[str, Any], added: List[Dict[str, Any]], path: str) -> Tuple[Piece, ...]:
    """All pieces, by their ids.

    Those that the model was given, not learnt, have the score 0, which no learnt one has. Of them,
    the special ones whose name is in brackets never come out of text.
    """
    vocab = [(str(text), float(score)) for text, score in model["vocab"]]
    special = {}
    for token in sorted(added, key=lambda token: token["id"]):
        if token["id"] == len(vocab):
            vocab.append((token["content"], 0.0))
        if vocab[token["id"]][0] != token["content"]:
            raise ValueError("id %d is %r and %r" % (token["id"], vocab[token["id"]][0],
                                                     token["content"]))
        special[token["id"]] = bool(token.get("special"))
    pieces = []
    for i, (text, score) in enumerate(vocab):
        kind = NORMAL
        if i == model["unk_id"]:
            kind = UNKNOWN
        elif score == 0:
            kind = CONTROL if special.get(i) and is_name(text) else USER_DEFINED
        pieces.append(Piece(text, score, kind))
    if not any(piece.kind == UNKNOWN for piece in pieces):
        raise _other(path, "it has no unknown piece")
    return tuple(pieces)


def _other(path: str, what: str) -> UserError:
    return UserError("%s: %s, which is another tokenizer than those of ALBERT and XLNet: put the "
                     "model's spiece.model beside it" % (path, what))
