"""A SentencePiece model as the list of its pieces: read, changed and written without the package.

The file is a protocol buffer, `ModelProto` of sentencepiece_model.proto. Only its first field, the
pieces, is looked into; the settings of training and normalisation are kept byte for byte. The
package's own Python classes for it are of one protobuf version or another, and none fits both
runtimes.

    field 1, repeated: a piece, of field 1 text, field 2 score (float), field 3 kind (integer)
"""
import re
import struct
from typing import Iterator, List, NamedTuple, Tuple, Union

from bert_nq.base.errors import UserError

BLANK = "\u2581"  # the blank before a word, as pieces have it

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
_KINDS = range(NORMAL, BYTE + 1)

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_PIECES, _TRAINER, _NORMALIZER = 1, 2, 3  # of a model
_TEXT, _SCORE, _KIND = 1, 2, 3  # of a piece
_TABLE = 2  # of the normalizer

# A first piece: the sizes of it and of its text, small enough for a byte each, and its score.
_BEGINNING = re.compile(b"\n[\x01-\x7f]\n([\x01-\x7f])", re.DOTALL)

NAME = re.compile(r"\.(model|spm|spiece)\Z")


class Piece(NamedTuple):
    """One entry; its place among the others is its id."""
    text: str
    score: float  # log-probability; 0 for what is no piece of text
    kind: int


class PieceModel(NamedTuple):
    """A model; a value."""
    pieces: Tuple[Piece, ...]
    rest: bytes  # all other fields, as they are in the file

    def content(self) -> bytes:
        """The content of a file with this model."""
        parts = []
        for piece in self.pieces:
            text = piece.text.encode("utf8")
            entry = b"".join((_key(_TEXT, _BYTES), _varint(len(text)), text,
                              _key(_SCORE, _FIXED32), struct.pack("<f", piece.score)))
            if piece.kind != NORMAL:  # as the package writes it
                entry += _key(_KIND, _VARINT) + _varint(piece.kind)
            parts += [_key(_PIECES, _BYTES), _varint(len(entry)), entry]
        return b"".join(parts) + self.rest


def is_name(text: str) -> bool:
    """Whether a piece is a name in brackets, as special tokens are."""
    return len(text) > 2 and (text[0], text[-1]) in (("<", ">"), ("[", "]"))


def settings(table: bytes) -> bytes:
    """The fields beside the pieces of a unigram model of this table of characters.

    All else is as the package has it by default: a blank before the text, and runs of blanks one.
    """
    normalizer = _key(_TABLE, _BYTES) + _varint(len(table)) + table
    return (_key(_TRAINER, _BYTES) + _varint(0)
            + _key(_NORMALIZER, _BYTES) + _varint(len(normalizer)) + normalizer)


def looks_like_one(content: bytes) -> bool:
    """Whether a file begins as a SentencePiece model does, and no list of tokens."""
    match = _BEGINNING.match(content)
    return bool(match) and content[4 + match.group(1)[0]:][:1] == _key(_SCORE, _FIXED32)


def parse(content: bytes, path: str) -> PieceModel:
    """The model in the content of a file.

    Args:
      content: all of the file.
      path: the file, for messages.

    Raises:
      UserError: it is no such model, or is damaged.
    """
    pieces: List[Piece] = []
    rest = []
    try:
        for number, value, raw in _fields(content):
            if number == _PIECES and isinstance(value, bytes):
                pieces.append(_piece(value))
            else:
                rest.append(raw)
    except (IndexError, ValueError, struct.error):
        raise _no_model(path, "cut off or damaged after %d pieces" % len(pieces)
                        if pieces else "no SentencePiece model") from None
    if not pieces or not rest:
        raise _no_model(path, "cut off or damaged: it has %d pieces and no settings" % len(pieces)
                        if pieces else "no SentencePiece model")
    return PieceModel(tuple(pieces), b"".join(rest))


def _no_model(path: str, what: str) -> UserError:
    return UserError("%s is %s: give the spiece.model of an ALBERT or XLNet model, whole; a "
                     "vocab.txt must not be named .model" % (path, what))


def _piece(entry: bytes) -> Piece:
    text, score, kind = "", 0.0, NORMAL
    for number, value, _ in _fields(entry):
        if number == _TEXT and isinstance(value, bytes):
            text = value.decode("utf8")
        elif number == _SCORE and isinstance(value, bytes):
            score, = struct.unpack("<f", value)
        elif number == _KIND and isinstance(value, int):
            kind = value
    if not text or kind not in _KINDS:
        raise ValueError("an impossible piece")
    return Piece(text, score, kind)


def _fields(content: bytes) -> Iterator[Tuple[int, Union[int, bytes], bytes]]:
    """Yields (number, value, all bytes) of each field of a message."""
    place = 0
    while place < len(content):
        start = place
        key, place = _read_varint(content, place)
        number, wire = key >> 3, key & 7
        value: Union[int, bytes]
        if wire == _VARINT:
            value, place = _read_varint(content, place)
        else:
            if wire == _BYTES:
                size, place = _read_varint(content, place)
            else:
                size = {_FIXED64: 8, _FIXED32: 4}.get(wire, -1)
            if size < 0 or place + size > len(content) or not number:
                raise ValueError("no field")
            value = content[place:place + size]
            place += size
        yield number, value, content[start:place]


def _read_varint(content: bytes, place: int) -> Tuple[int, int]:
    value = shift = 0
    while True:
        byte = content[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _key(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)
