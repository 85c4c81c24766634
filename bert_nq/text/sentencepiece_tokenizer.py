"""SentencePiece as ALBERT and XLNet use it: the same pieces as their own scripts, word by word.

    "Café" "1,234,"  -- plain -->  "cafe" "1,234,"  -- the model -->  ▁cafe ▁1 , 2 3 4 ,

No piece goes on behind a blank, so that words by themselves have the pieces of the whole text, and
a word that is met again is not cut again. The package is imported when a tokenizer is made.
"""
import functools
import itertools
import re
from typing import Any, Callable, Dict, List, Optional, Tuple

from bert_nq.base import piece_model
from bert_nq.base.errors import UserError
from bert_nq.base.piece_model import BLANK
from bert_nq.text.plain_text import plain, plain_with_origins
from bert_nq.text.vocabulary import NQ_MARKERS, PieceVocabulary
from bert_nq.text.wordpiece import Ids, WordCache


class SentencePieceTokenizer:
    """Words to ids, with the methods of WordPieceTokenizer.

    Attributes:
      word_ids: function from a word, a string without the blank " ", to its ids. Where there are
        markers, [ContextId=3] and the other markers of NQ are looked up whole.
    """

    is_projected = False

    def __init__(self, vocabulary: PieceVocabulary, do_lower_case: bool = True,
                 has_markers: bool = True, keeps_specials: bool = False):
        """
        Args:
          vocabulary: the model.
          do_lower_case: whether text is lower-cased: ALBERT's is, XLNet's is not.
          has_markers: whether words that are markers of NQ stand for them, or are text.
          keeps_specials: whether "[SEP]" and the like, in the text, stand for the special tokens,
            as in transformers. In a document they are text: a page must not end itself.

        Raises:
          UserError: the model cannot be used.
        """
        self.vocabulary = vocabulary
        self.do_lower_case = do_lower_case
        ids = vocabulary.ids
        self._whole: Dict[str, Ids] = {token: (ids[token],) for token in (
            NQ_MARKERS if has_markers else ()) if token in ids}
        self._specials = _specials_of(vocabulary) if keeps_specials else None
        self._unknown = ids[vocabulary.specials.unk]
        model = vocabulary.model if keeps_specials else _without_names(vocabulary.model)
        self._processor = _processor(model)
        # Pieces that end in a digit and a comma, which are cut once more.
        self._with_comma = frozenset(i for i, piece in enumerate(vocabulary.tokens)
                                     if _has_comma(piece))
        self.word_ids: Callable[[str], Ids] = WordCache(self._ids_of).__getitem__
        self._is_dropped = functools.lru_cache(maxsize=10000)(self._makes_no_text)

    def text_ids(self, text: str) -> List[int]:
        """The ids of all words of `text`; the blank " " is the only separator."""
        return list(itertools.chain.from_iterable(map(self.word_ids, text.split(" "))))

    def tokenize_word(self, word: str) -> List[str]:
        """The pieces whose ids `word_ids` gives."""
        tokens = self.vocabulary.tokens
        return [tokens[i] for i in self.word_ids(word)]

    def offsets(self, word: str) -> List[Tuple[int, int]]:
        """The characters [start, end) of a word that each of its pieces stands for.

        Of "½," as ▁1 ⁄ 2 , the first three are "½". A piece of nothing but the blank before a word
        stands for no character: it begins and ends where the next one begins.
        """
        if word in self._whole:
            return [(0, len(word))]
        text, starts, ends = plain_with_origins(word, self.do_lower_case)
        normal, places = self._processor.normalize(text, with_offsets=True)
        pieces = self._pieces(text)
        if "".join(pieces).replace(BLANK, "") != normal.replace(BLANK, ""):
            return [(0, len(word))] * len(pieces)
        offsets = []
        place = 0
        for piece in pieces:
            # A piece that was cut once more may have lost the blank that is in `normal`, or not.
            count = len(piece.replace(BLANK, ""))
            while count and normal[place] == BLANK:
                place += 1
            first, place = place, self._behind(normal, place, count)
            covered = self._covered(text, places, first, place)
            if covered is None:
                offsets.append(None)
            else:
                offsets.append((starts[covered[0]], ends[covered[1]]))
        return _filled(offsets, len(word))

    @staticmethod
    def _behind(normal: str, place: int, count: int) -> int:
        """The place behind `count` characters of `normal` that are no blanks."""
        while count:
            count -= normal[place] != BLANK
            place += 1
        return place

    def _covered(self, text: str, places: List[int], first: int,
                 end: int) -> Optional[Tuple[int, int]]:
        """The first and last character of `text` that normal characters [first, end) stand for."""
        if first == end:
            return None
        start, last = places[first], max(places[end], places[end - 1] + 1) - 1
        while start < last and self._is_dropped(text[start]):
            start += 1
        while last > start and self._is_dropped(text[last]):
            last -= 1
        return start, min(last, len(text) - 1)

    def _makes_no_text(self, char: str) -> bool:
        return not self._processor.normalize(char).replace(BLANK, "")

    def _ids_of(self, word: str) -> Ids:
        whole = self._whole.get(word)
        if whole is not None:
            return whole
        if self._specials is None:
            return self._ids_of_text(word)
        of_special = self.vocabulary.ids.get
        parts = self._specials.split(word)  # each second one is a special token
        return tuple(itertools.chain.from_iterable(
            (of_special(part, self._unknown),) if number % 2 else self._ids_of_text(part)
            for number, part in enumerate(parts)))

    def _ids_of_text(self, text: str) -> Ids:
        text = plain(text, self.do_lower_case)
        ids = self._processor.encode(text)
        if "," in text and not (self._with_comma.isdisjoint(ids) and self._unknown not in ids):
            to_id = self._processor.piece_to_id
            return tuple(map(to_id, self._pieces(text)))
        return tuple(ids)

    def _pieces(self, text: str) -> List[str]:
        """The pieces of a plain text as they stand in it, unknown ones included."""
        pieces: List[str] = []
        for piece in self._processor.encode(text, out_type=str):
            pieces += self._cut_comma(piece) if _has_comma(piece) else [piece]
        return pieces

    def _cut_comma(self, piece: str) -> List[str]:
        """A piece that ends in a digit and a comma, cut again without the comma."""
        parts = self._processor.encode(piece[:-1].replace(BLANK, ""), out_type=str)
        if parts and piece[0] != BLANK and parts[0][0] == BLANK:
            # The text that is cut again has got a blank before it, which was not there.
            parts[:1] = [parts[0][1:]] if len(parts[0]) > 1 else []
        return parts + [piece[-1]]


def make(path: str, vocabulary: PieceVocabulary, do_lower_case: bool,
         has_markers: bool) -> SentencePieceTokenizer:
    """The tokenizer of a model, which was read from `path`."""
    del path
    return SentencePieceTokenizer(vocabulary, do_lower_case, has_markers)


def _filled(offsets: List[Optional[Tuple[int, int]]], end: int) -> List[Tuple[int, int]]:
    """Offsets in which pieces without characters are where the next one begins."""
    filled = []
    for offset in reversed(offsets):
        filled.append((end, end) if offset is None else offset)
        end = filled[-1][0]
    return filled[::-1]


def _has_comma(piece: str) -> bool:
    return len(piece) > 1 and piece[-1] == "," and piece[-2].isdigit()


def _without_names(model: piece_model.PieceModel) -> piece_model.PieceModel:
    """The model whose names in brackets, such as <eop>, never come out of text."""
    return model._replace(pieces=tuple(
        piece._replace(kind=piece_model.CONTROL)
        if piece.kind == piece_model.USER_DEFINED and piece_model.is_name(piece.text) else piece
        for piece in model.pieces))


def _specials_of(vocabulary: PieceVocabulary) -> "re.Pattern[str]":
    """Finds the names that the model has for other things than text, but those of NQ."""
    kinds = (piece_model.CONTROL, piece_model.USER_DEFINED)
    names = {piece.text for piece in vocabulary.model.pieces
             if piece.kind in kinds and piece_model.is_name(piece.text)}
    names = names.union(vocabulary.specials).difference(NQ_MARKERS)
    return re.compile("(%s)" % "|".join(map(re.escape, sorted(names, key=len, reverse=True))))


def _processor(model: piece_model.PieceModel) -> Any:
    try:
        import sentencepiece
    except ImportError:
        raise UserError("this vocabulary is a SentencePiece model, and the package that cuts text "
                        "with it is missing: pip install sentencepiece") from None
    try:
        return sentencepiece.SentencePieceProcessor(model_proto=model.content())
    except (RuntimeError, ValueError, OSError) as e:
        raise UserError("the SentencePiece model cannot be used (%s): give the spiece.model of an "
                        "ALBERT or XLNet model, whole" % e) from e
