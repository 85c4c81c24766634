"""The tokens of a model: BERT's vocab.txt or the pieces of a SentencePiece model, and the markers
of Natural Questions in them."""
import hashlib
import os
import re
import shlex
from typing import Iterable, List, NamedTuple, Optional, Sequence

from bert_nq.base import files, piece_model, vocabulary_files
from bert_nq.base.errors import UserError
from bert_nq.text.detokenize import pieces_to_text, sentence_pieces_to_text


class Specials(NamedTuple):
    """The tokens of a vocabulary that stand for no text, by what they are for."""
    pad: str  # fills windows up
    unk: str  # text that has no other piece
    cls: str  # stands for a window as a whole, and for "no answer"
    sep: str  # ends a text
    mask: str  # stands for what a masked language model is to guess


BERT = Specials("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, UNK, CLS, SEP, MASK = BERT
# Of SentencePiece models.
ALBERT = Specials("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]")
XLNET = Specials("<pad>", "<unk>", "<cls>", "<sep>", "<mask>")

_CONTEXT_MARKERS = (["[%s=%d]" % (kind, n) for kind in ("Paragraph", "Table", "List")
                     for n in range(1, 51)]
                    + ["[ContextId=%d]" % n for n in range(-1, 51)])

# In the order of the vocabulary that was published with the baseline.
NQ_MARKERS = (["[Q]", "[YES]", "[NO]", "[NoLongAnswer]", "[NoShortAnswer]"]
              + _CONTEXT_MARKERS + ["[SA]", "[/SA]"])

# What a reader of candidates has in the place of tags: one marker for each kind that a candidate of
# NQ may begin with, and one for all other tags.
CANDIDATE_TAGS = ("P", "Table", "Tr", "Ul", "Ol", "Li", "Dl", "Dd", "Dt")
OTHER_TAG = "[Tag]"
TAG_MARKERS = {"<%s>" % name: "[Tag=%s]" % name for name in CANDIDATE_TAGS}

# The markers that a program may write into a vocabulary, by the reader that they are for.
MARKERS = {"joint": NQ_MARKERS, "candidates": list(TAG_MARKERS.values()) + [OTHER_TAG]}

_UNUSED = re.compile(r"\[unused\d+\]\Z")


class Vocabulary:
    """Tokens and their ids, which are the row numbers of a model's embedding table.

    Attributes:
      tokens: list of str, the token of each id.
      ids: {token: id}.
      specials: the tokens of this vocabulary that stand for no text.
      ambiguous_line: number, from 1, of the first line from which on Google's BERT gives other ids
        than bert-tensorflow, since it repeats an earlier one; None where the two agree.
    """

    specials = BERT
    tokenizer = "wordpiece"  # the name of the one that cuts text into these tokens
    file_name = vocabulary_files.WORDPIECES  # in a model's folder

    def __init__(self, tokens: Iterable[str]):
        """Numbers `tokens` from 0; a repeated token gets no second id (see `load`)."""
        tokens = list(tokens)
        self.ids = {}
        self.ambiguous_line: Optional[int] = None
        for line, token in enumerate(tokens, 1):
            # Blank lines at the end change no id.
            if (token in self.ids and self.ambiguous_line is None and any(tokens[line - 1:])):
                self.ambiguous_line = line
            self.ids.setdefault(token, len(self.ids))
        self.tokens = list(self.ids)

    @classmethod
    def load(cls, path: str) -> "Vocabulary":
        """Reads a vocab.txt, or a SentencePiece model as a `PieceVocabulary`.

        The ids of a vocab.txt are those of bert-tensorflow 1.0.4.
        The id of a token is the number of different tokens before it: its line number, from 0,
        except after a line that repeats an earlier one. BERT's published vocabularies repeat none.

        Raises:
          UserError: the file cannot be read, is empty, or is neither UTF-8 nor a model.
        """
        if vocabulary_files.is_piece_model(path):
            return PieceVocabulary(read_pieces(path))
        return cls(read_tokens(path))

    def __len__(self) -> int:
        return len(self.tokens)

    def begins_word(self, token: str) -> bool:
        """Whether a piece of text is the first of its word."""
        return not token.startswith("##")

    def text_of(self, tokens: Iterable[str]) -> str:
        """Tokens as text that a person can read."""
        return pieces_to_text(tokens)

    def fingerprint(self) -> str:
        """SHA-256 of the tokens in order, in hex; equal vocabularies have equal fingerprints."""
        return hashlib.sha256("\n".join(self.tokens).encode("utf8", "surrogatepass")).hexdigest()


class PieceVocabulary(Vocabulary):
    """The pieces of a SentencePiece model, ids being their places in it.

    Attributes:
      model: the whole model.
    """

    tokenizer = "sentencepiece"
    file_name = vocabulary_files.PIECES

    def __init__(self, model: piece_model.PieceModel):
        super().__init__(piece.text for piece in model.pieces)
        self.model = model
        # Published models name them so; nothing else in the file tells the families apart.
        self.specials = XLNET if XLNET.cls in self.ids else ALBERT
        self._names = frozenset(p.text for p in model.pieces if p.kind == piece_model.CONTROL)

    def begins_word(self, token: str) -> bool:
        """Whether a piece of text is the first of its word; marks are words of their own."""
        return token.startswith(piece_model.BLANK) or self.model.pieces[self.ids[token]].kind in (
            piece_model.CONTROL, piece_model.USER_DEFINED)

    def text_of(self, tokens: Iterable[str]) -> str:
        """Pieces as text that a person can read."""
        return sentence_pieces_to_text(tokens, self._names)

    def fingerprint(self) -> str:
        """SHA-256 of the whole model, in hex: scores and rules of normalisation count, too."""
        return hashlib.sha256(self.model.content()).hexdigest()


def tokenizer_of(path: Optional[str]) -> str:
    """The name of the tokenizer that a vocabulary's file is for; of no file, BERT's."""
    try:
        is_pieces = path and vocabulary_files.is_piece_model(path)
    except UserError:  # Who reads all of it will tell.
        is_pieces = False
    return PieceVocabulary.tokenizer if is_pieces else Vocabulary.tokenizer


def read_pieces(path: str) -> piece_model.PieceModel:
    """The SentencePiece model in a file.

    Raises:
      UserError: the file cannot be read, is none, is damaged, or has a piece twice.
    """
    model = piece_model.parse(files.read_whole(path), path)
    seen = set()
    for number, piece in enumerate(model.pieces):
        if piece.text in seen:
            raise UserError("%s is damaged: piece %d, %.40r, is there twice"
                            % (path, number, piece.text))
        seen.add(piece.text)
    return model


def read_tokens(path: str) -> List[str]:
    """The token of every line of a vocab.txt, repeated and empty ones included.

    As TensorFlow's GFile and BERT's `load_vocab` do together: lines end at "\\n" alone (other
    separators may be tokens), carriage returns are dropped everywhere, and tokens are stripped.

    Raises:
      UserError: the file cannot be read, is empty or is not UTF-8.
    """
    lines = files.read_whole(path).replace(b"\r", b"").split(b"\n")
    if not lines[-1]:
        lines.pop()
    if not lines:
        raise UserError("%s: the vocabulary is empty; a BERT vocab.txt has one token per line"
                        % path)
    tokens = []
    for number, line in enumerate(lines, 1):
        try:
            tokens.append(line.decode("utf8").strip())
        except UnicodeDecodeError:
            raise UserError("%s, line %d: not UTF-8; a BERT vocab.txt has one token per line"
                            % (path, number)) from None
    return tokens


def check_specials(vocabulary: Vocabulary, path: str) -> None:
    """Raises UserError where the vocabulary of the file `path` lacks a special token that windows
    need, or where its ids depend on who reads it."""
    if vocabulary.tokens[:1] and vocabulary.tokens[0].startswith("\ufeff"):
        raise UserError("%s begins with a byte order mark, which BERT takes for a part of its "
                        "first token: save it as UTF-8 without one" % path)
    missing = [token for token in vocabulary.specials[:4] if token not in vocabulary.ids]
    if missing:
        raise UserError("%s: no entry %s; give the %s" % (path, _some(missing), (
            "vocab.txt of a BERT model" if vocabulary.specials is BERT
            else "spiece.model of an ALBERT or XLNet model")))
    if vocabulary.ambiguous_line is not None:
        raise UserError("%s, line %d repeats an earlier line: Google's BERT and bert-tensorflow "
                        "number the tokens from there on differently, so that a model could be fed "
                        "wrong ids; give the vocabulary that the model was trained with, without "
                        "repeated lines" % (path, vocabulary.ambiguous_line))


def check_markers(vocabulary: Vocabulary, path: str) -> None:
    """Checks that the vocabulary has every token that NQ features need.

    Args:
      vocabulary: the tokens.
      path: the vocabulary's file, for messages.

    Raises:
      UserError: tokens are missing; the message names them and says how to add them.
    """
    check_specials(vocabulary, path)
    needed = ["[Q]", "[NoLongAnswer]"] + _CONTEXT_MARKERS
    missing = [token for token in needed if token not in vocabulary.ids]
    if missing:
        raise UserError("%s: no entry %s; write the NQ markers with: "
                        "python prepare/make_vocab.py --vocab_file=%s --output_vocab=%s-nq%s"
                        % ((path, _some(missing), shlex.quote(path))
                           + os.path.splitext(vocabulary.file_name)))


def moved_id(a: Vocabulary, b: Vocabulary) -> Optional[int]:
    """The first id that is one token in `a` and another in `b`; None where there is none.

    An [unused...] entry may be anything in the other, such as a marker of NQ, and the longer of the
    two may go on. In SentencePiece models, markers take the place of pieces of text as well.
    """
    if a.tokenizer != b.tokenizer:
        return 0
    free = set(sum(MARKERS.values(), []) if isinstance(a, PieceVocabulary) else ())
    for i, (ours, theirs) in enumerate(zip(a.tokens, b.tokens)):
        if ours != theirs and not (_UNUSED.match(ours) or _UNUSED.match(theirs)
                                   or ours in free or theirs in free):
            return i
    return None


def _some(tokens: List[str]) -> str:
    more = len(tokens) - 3
    return ", ".join(tokens[:3]) + (" and %d more" % more if more > 0 else "")


def check_tag_markers(vocabulary: Vocabulary, path: str) -> None:
    """Raises UserError where the vocabulary of the file `path` lacks a marker of a tag."""
    missing = [marker for marker in MARKERS["candidates"] if marker not in vocabulary.ids]
    if missing:
        raise UserError("%s: no entry %s; write the markers of tags with: python "
                        "prepare/make_vocab.py --markers=candidates --vocab_file=%s "
                        "--output_vocab=%s-tags%s, or give --markup=drop"
                        % ((path, _some(missing), shlex.quote(path))
                           + os.path.splitext(vocabulary.file_name)))


def write_markers(tokens: List[str], markers: Sequence[str] = NQ_MARKERS) -> List[str]:
    """Copies `tokens` and writes each missing marker over an [unused...] entry.

    Entries after the last of [UNK] [CLS] [SEP] [MASK] are used first, then those before it. In
    BERT's English uncased vocabulary these are [unused99] to [unused307], lines 104 to 312 from 0,
    as in the vocabulary published with the baseline. No other entry moves or changes.

    Raises:
      UserError: there are too few [unused...] entries.
    """
    present = set(tokens)
    missing = [marker for marker in markers if marker not in present]
    specials_end = 1 + max([i for i, token in enumerate(tokens)
                            if token in (UNK, CLS, SEP, MASK)] or [0])
    unused = [i for i, token in enumerate(tokens) if _UNUSED.match(token)]
    unused.sort(key=lambda i: (i < specials_end, i))
    if len(unused) < len(missing):
        raise UserError("%d [unused...] entries are too few for the %d NQ markers it lacks; take "
                        "BERT's English uncased vocabulary, which has 994, or learn one with "
                        "--learn_from" % (len(unused), len(missing)))
    marked = list(tokens)
    for i, marker in zip(unused, missing):
        marked[i] = marker
    return marked
