"""BERT's WordPiece tokenizer: the same pieces as `bert.tokenization`, but fast.

    "Bücher, U.S."  -- basic_words ->  bucher , u . s .  -- PieceCutter ->  bu ##cher , u . s .
"""
import re
from itertools import chain
from typing import Callable, List, Mapping, Tuple

from bert_nq.base.errors import UserError
from bert_nq.text.basic_words import basic_words
from bert_nq.text.offsets import piece_offsets
from bert_nq.text.vocabulary import UNK, Vocabulary

Ids = Tuple[int, ...]

# Longer words become [UNK] as a whole.
MAX_WORD_CHARS = 200

# Matches words such as [ContextId=3], which the NQ baseline looks up whole and never cuts. As in
# its regular expression, `$` also matches before a final line feed, and [^ ] matches a line feed.
is_special = re.compile(r"^\[[^ ]*\]$", re.UNICODE).match

# Half a million words and their ids take 100 MB, even random letters that are cut into many pieces;
# longer words, such as web addresses, are rarely met again.
_CACHED_WORDS = 500000
_CACHED_CHARS = 40


class PieceCutter:
    """Cuts a basic word into the longest pieces of a vocabulary, from left to right."""

    def __init__(self, ids: Mapping[str, int]):
        """
        Args:
          ids: {piece: id}, [UNK] included.
        """
        self._unknown = (ids[UNK],)
        self._initial = ids
        self._inner = {piece[2:]: i for piece, i in ids.items() if piece.startswith("##")}
        self._longest_initial = max(map(len, self._initial))
        self._longest_inner = max(map(len, self._inner)) if self._inner else 0

    def cut(self, word: str) -> Ids:
        """The ids of the pieces of `word`; [UNK] alone if it is too long or cannot be cut."""
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


class WordCache(dict):
    """Cache {word: ids} of short words; it is emptied when full.

    A look-up gives the same ids whether the word is cached or not.
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
    """Turns words into wordpiece ids, the same as the NQ baseline with BERT's FullTokenizer.

    Attributes:
      word_ids: function from a word, a string without the blank " " (it may hold other white
        space), to its ids. Where there are markers, [ContextId=3] and the like are looked up whole
        and are [UNK] if they are missing; every other word is cleaned, split and cut.
      is_projected: whether run_squad's projection finds spans of these pieces in a text.
    """

    is_projected = True

    def __init__(self, vocabulary: Vocabulary, do_lower_case: bool = True,
                 has_markers: bool = True):
        """
        Args:
          vocabulary: the pieces.
          do_lower_case: whether the model is an uncased one.
          has_markers: whether words in brackets are markers, as in the NQ baseline, or text like
            any other, as in FullTokenizer by itself.

        Raises:
          UserError: the vocabulary has no [UNK].
        """
        if UNK not in vocabulary.ids:
            raise UserError("the vocabulary has no entry %s; give the vocab.txt of a BERT model"
                            % UNK)
        self.vocabulary = vocabulary
        self.do_lower_case = do_lower_case
        self._has_markers = has_markers
        self._cutter = PieceCutter(vocabulary.ids)
        # The cache's own look-up: a method around it would double the time for a known word.
        self.word_ids: Callable[[str], Ids] = WordCache(self._ids_of).__getitem__

    def text_ids(self, text: str) -> List[int]:
        """The ids of all words of `text`; the blank " " is the only separator."""
        return list(chain.from_iterable(map(self.word_ids, text.split(" "))))

    def tokenize_word(self, word: str) -> List[str]:
        """The pieces whose ids `word_ids` gives."""
        tokens = self.vocabulary.tokens
        return [tokens[i] for i in self.word_ids(word)]

    def offsets(self, word: str) -> List[Tuple[int, int]]:
        """The characters [start, end) of a word that each of its pieces stands for."""
        return piece_offsets(word, self.tokenize_word(word), self.do_lower_case)

    def _ids_of(self, word: str) -> Ids:
        if word.isalnum() and word.isascii():  # one basic word
            return self._cutter.cut(word.lower() if self.do_lower_case else word)
        if word[:1] == "[" and self._has_markers and is_special(word):
            ids = self.vocabulary.ids
            return (ids.get(word, ids[UNK]),)
        basic = basic_words(word, self.do_lower_case)
        cut = self._cutter.cut
        return cut(basic[0]) if len(basic) == 1 else tuple(chain.from_iterable(map(cut, basic)))


def make(path: str, vocabulary: Vocabulary, do_lower_case: bool,
         has_markers: bool) -> WordPieceTokenizer:
    """The tokenizer of a vocabulary, which was read from `path`."""
    del path
    return WordPieceTokenizer(vocabulary, do_lower_case, has_markers)
