"""BERT's WordPiece tokenizer: piece for piece that of `bert.tokenization`, and fast.

    "Bücher, U.S."  -- basic_words ->  bucher , u . s .  -- PieceCutter ->  bu ##cher , u . s .

Character classes are those of the running interpreter's `unicodedata`, as in the reference; Python
3.7 and 3.11 differ on some thousand code points.
"""
import re
import unicodedata
from itertools import chain
from typing import Callable, List, Mapping, Optional, Tuple

from bert_nq.base.errors import UserError
from bert_nq.text.vocabulary import UNK, Vocabulary

Ids = Tuple[int, ...]

# Longer words become [UNK] as a whole.
MAX_WORD_CHARS = 200

# What the NQ baseline looks up whole, such as [ContextId=3], and never cuts. `$` also matches
# before a line feed at the end, and [^ ] matches a line feed.
is_special = re.compile(r"^\[[^ ]*\]$", re.UNICODE).match

# Half a million words and their ids take 100 MB, random letters that are cut into many pieces too;
# longer words, such as addresses, are rarely met again.
_CACHED_WORDS = 500000
_CACHED_CHARS = 40

_CJK = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
        (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))


# What the rules below make of printable ASCII.
_ASCII_WORDS = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9 ]").findall


class _CharTable(dict):
    """A table for `str.translate` that works a character out when it is first met."""

    def __init__(self, replacement: Callable[[str], Optional[str]]):
        super().__init__()
        self._replacement = replacement

    def __missing__(self, code_point: int) -> Optional[str]:
        self[code_point] = found = self._replacement(chr(code_point))
        return found


def _clean(char: str) -> Optional[str]:
    """Drops control characters, makes blanks plain, sets CJK characters apart."""
    if char in "\t\n\r":
        return " "
    category = unicodedata.category(char)
    if category in ("Cc", "Cf") or char == "\ufffd":
        return None
    if category == "Zs":
        return " "
    if any(first <= ord(char) <= last for first, last in _CJK):
        return " %s " % char
    return char


def _split_punctuation(char: str) -> str:
    # All ASCII that is neither letter nor digit counts, also $ + < = > ^ ` | ~.
    ascii_sign = "!" <= char <= "~" and not char.isalnum()
    return " %s " % char if ascii_sign or unicodedata.category(char)[0] == "P" else char


def _strip_accent_split_punctuation(char: str) -> Optional[str]:
    return None if unicodedata.category(char) == "Mn" else _split_punctuation(char)


_CLEAN = _CharTable(_clean)
_CASED = _CharTable(_split_punctuation)
_UNCASED = _CharTable(_strip_accent_split_punctuation)


def basic_words(text: str, do_lower_case: bool = True) -> List[str]:
    """The words and punctuation signs of `text`, before they are cut into pieces.

    The reference splits at blanks first and lower-cases each word. Blanks survive both lower-casing
    and decomposition and end the context that a final sigma looks at, so once at the end will do.
    """
    if text.isascii() and text.isprintable():
        return _ASCII_WORDS(text.lower() if do_lower_case else text)
    text = text.translate(_CLEAN)
    if do_lower_case:
        text = unicodedata.normalize("NFD", text.lower()).translate(_UNCASED)
    else:
        text = text.translate(_CASED)
    return text.split()


class PieceCutter:
    """Cuts a basic word into the longest pieces that a vocabulary has, from left to right."""

    def __init__(self, ids: Mapping[str, int]):
        """Takes the id of each piece; [UNK] must be one of them."""
        self._unknown = (ids[UNK],)
        self._initial = ids
        self._inner = {piece[2:]: i for piece, i in ids.items() if piece.startswith("##")}
        self._longest_initial = max(map(len, self._initial))
        self._longest_inner = max(map(len, self._inner)) if self._inner else 0

    def cut(self, word: str) -> Ids:
        """The ids of the pieces of `word`; [UNK] alone if it is too long or a part has no piece."""
        n = len(word)
        if n > MAX_WORD_CHARS:
            return self._unknown
        whole = self._initial.get(word)
        if whole is not None:
            return (whole,)
        ids = []
        start, pieces, longest = 0, self._initial, self._longest_initial
        while start < n:
            for end in range(min(n, start + longest), start, -1):
                found = pieces.get(word[start:end])
                if found is not None:
                    break
            else:
                return self._unknown
            ids.append(found)
            start, pieces, longest = end, self._inner, self._longest_inner
        return tuple(ids)


class _WordCache(dict):
    """word -> ids of words that are not long; emptied when it is full.

    What it gives never depends on what it holds.
    """

    def __init__(self, ids_of: Callable[[str], Ids]):
        super().__init__()
        self._ids_of = ids_of

    def __missing__(self, word: str) -> Ids:
        ids = self._ids_of(word)
        if len(word) <= _CACHED_CHARS:
            if len(self) >= _CACHED_WORDS:
                self.clear()
            self[word] = ids
        return ids


class WordPieceTokenizer:
    """Words to wordpiece ids as the NQ baseline makes them with BERT's FullTokenizer.

    Attributes:
      word_ids: function of one word, a string without the blank " " (other white space may be in
        it), that gives its ids. [ContextId=3] and the like are looked up whole, else [UNK]; every
        other word is cleaned, split and cut.
    """

    def __init__(self, vocabulary: Vocabulary, do_lower_case: bool = True):
        """Raises UserError if the vocabulary has no [UNK]."""
        if UNK not in vocabulary.ids:
            raise UserError("the vocabulary has no entry %s; give the vocab.txt of a BERT model"
                            % UNK)
        self.vocabulary = vocabulary
        self.do_lower_case = do_lower_case
        self._cutter = PieceCutter(vocabulary.ids)
        # The cache's own look-up: a method around it would double the time that a known word takes.
        self.word_ids: Callable[[str], Ids] = _WordCache(self._ids_of).__getitem__

    def text_ids(self, text: str) -> List[int]:
        """The ids of all words of `text`, which the blank " " and nothing else separates."""
        return list(chain.from_iterable(map(self.word_ids, text.split(" "))))

    def tokenize_word(self, word: str) -> List[str]:
        """The pieces whose ids `word_ids` gives."""
        tokens = self.vocabulary.tokens
        return [tokens[i] for i in self.word_ids(word)]

    def _ids_of(self, word: str) -> Ids:
        if word[:1] == "[" and is_special(word):
            ids = self.vocabulary.ids
            return (ids.get(word, ids[UNK]),)
        basic = basic_words(word, self.do_lower_case)
        cut = self._cutter.cut
        return cut(basic[0]) if len(basic) == 1 else tuple(chain.from_iterable(map(cut, basic)))
