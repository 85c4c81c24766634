"""Replaces words of a page or question by synonyms."""
from typing import Dict, List, NamedTuple, Optional, Sequence, Set

import numpy as np

from bert_nq.augmentation.articles import ARTICLES, keep_article
from bert_nq.augmentation.augmentation import (
    Augmentation,
    Draws,
    WordEdits,
    choose_words,
    tags_of,
)
from bert_nq.augmentation.function_words import BEFORE_PARTICIPLES, DETERMINERS
from bert_nq.augmentation.tagging import Sentences
from bert_nq.augmentation.thesaurus import TAGS, Entry, replaceable
from bert_nq.datasets.nq.example import Example

# The purposes of the draws.
_WORD, _SYNONYM, _QUESTION_WORD, _QUESTION_SYNONYM = range(4)

# Bits that describe a token without its context.
_REPLACEABLE = 1  # may be replaced, if it has a synonym
_CAPITAL = 2  # begins with a capital
_ENDS = 4  # ends a sentence, or is a tag, so that a sentence can begin after it
_HYPHEN = 8

_SENTENCE_ENDS = frozenset(".!?:")
_WORDS_BEFORE_PARTICIPLE = 3


class SynonymOptions(NamedTuple):
    """Which words are replaced and how often."""
    rate: float = 0.2  # the share of the replaceable words that are replaced
    words: str = "context"  # one of augmentation.WORDS


class Synonyms(Augmentation):
    """Replaces words by synonyms of the same inflection.

    A word that begins with a capital may be a name. It is replaced only at the start of a sentence,
    before a word without a capital, and if it has its capital nowhere inside a sentence of the
    page. A word of the question stays if it has a capital, if it is in the page's title, or if it
    may be a name by WordNet or by the page: questions are often written without capitals.
    """

    def __init__(self, options: SynonymOptions, thesaurus, tagger=None):
        """
        Args:
          options: what is replaced.
          thesaurus: a `Thesaurus`, or any object with its methods get(token) → Entry or None and
            is_name(word) → bool, with a tagger also get_tagged(token, tag) → Entry or None.
          tagger: finds parts of speech: a function from the words of a sentence to their Penn
            Treebank tags. None leaves them to thesaurus.get.
        """
        self._options = options
        self._thesaurus = thesaurus
        self._tagger = tagger
        self._codes = _TokenCodes()

    def edits(self, example: Example, draws: Draws) -> Optional[WordEdits]:
        choice = choose_words(example, self._options.words)
        page = _PageWords(example, self._codes)
        drawn = page.without_names(self._drawn(page.replaceable(choice.tokens), draws, _WORD))
        words = self._replaced(example.tokens, example.is_html, drawn, draws, _WORD)
        question = self._question(example, page, draws) if choice.question else None
        return WordEdits(words, question) if words or question is not None else None

    def _question(self, example: Example, page: "_PageWords", draws: Draws) -> Optional[str]:
        words = example.question.split(" ")
        codes = _padded(self._codes.of(words))
        possible = np.flatnonzero(_without_capital(codes[1:-1]) & _stands_alone(codes))
        names = page.names() | {word.lower() for word in example.title.split()}
        drawn = [i for i in self._drawn(possible, draws, _QUESTION_WORD).tolist()
                 if words[i] not in names and not self._thesaurus.is_name(words[i])]
        replaced = self._replaced(words, [False] * len(words), drawn, draws, _QUESTION_WORD)
        return " ".join(replaced.get(i, word) for i, word in enumerate(words)) if replaced else None

    def _drawn(self, tokens: np.ndarray, draws: Draws, purpose: int) -> np.ndarray:
        """Draws a share of the tokens.

        Words are drawn before they are looked up, which saves most look-ups. Some drawn ones have
        no synonym, but of those that have one the drawn share is still the wanted one.
        """
        return tokens[draws.uniform(purpose, tokens) < self._options.rate]

    def _replaced(self, tokens: Sequence[str], is_html: Sequence[bool], drawn: Sequence[int],
                  draws: Draws, purpose: int) -> Dict[int, str]:
        """{token number: synonym} of the drawn tokens that have one."""
        if self._tagger is None:
            entries = [self._thesaurus.get(tokens[i]) for i in drawn]
        else:
            sentences = Sentences(tokens, is_html, self._tagger)
            entries = [self._tagged_entry(tokens[i], i, sentences) for i in drawn]
        choices = {}
        for i, entry in zip(drawn, entries):
            if entry:
                synonyms = _fitting(entry, tokens, i)
                if synonyms:
                    choices[i] = synonyms
        numbers = draws.uniform(purpose + _SYNONYM, list(choices)).tolist()
        return {i: synonyms[int(number * len(synonyms))]
                for (i, synonyms), number in zip(choices.items(), numbers)}

    def _tagged_entry(self, token: str, i: int, sentences: Sentences) -> Optional[Entry]:
        """The thesaurus entry of token i, by its tag in its sentence."""
        # Tagging a sentence takes much longer than seeing that no tag leads to a synonym.
        if not any(self._thesaurus.get_tagged(token, tag) for tag in TAGS):
            return None
        return self._thesaurus.get_tagged(token, sentences.tag(i))


class _TokenCodes(dict):
    """{token: its bits, such as _CAPITAL}, a cache that is filled as tokens are met."""

    _MAX_CACHED = 1 << 19

    def of(self, tokens: Sequence[str]) -> np.ndarray:
        """The bits of T tokens; uint8 [T]."""
        if len(self) > self._MAX_CACHED:
            self.clear()
        return np.fromiter(map(self.__getitem__, tokens), np.uint8, len(tokens))

    def __missing__(self, token: str) -> int:
        code = 0
        if replaceable(token):
            code |= _REPLACEABLE
        if token[:1].isupper():
            code |= _CAPITAL
        if token in _SENTENCE_ENDS:
            code |= _ENDS
        if token == "-":
            code |= _HYPHEN
        self[token] = code
        return code


def _padded(codes: np.ndarray) -> np.ndarray:
    """The codes of T tokens between the end of a sentence and an empty code; uint8 [T + 2]."""
    padded = np.zeros([len(codes) + 2], np.uint8)
    padded[0] = _ENDS
    padded[1:-1] = codes
    return padded


class _PageWords:
    """The words of a page and their codes, with which names are told from other words."""

    def __init__(self, example: Example, codes: _TokenCodes):
        self._tokens = example.tokens
        self._padded = _padded(codes.of(example.tokens))
        self._codes = self._padded[1:-1]
        self._codes[tags_of(example)] = _ENDS
        self._starts = (self._padded[:-2] & _ENDS) != 0  # whether a token begins a sentence

    def replaceable(self, chosen: np.ndarray) -> np.ndarray:
        """The chosen tokens that may be replaced, except for those that `without_names` drops."""
        may_be = np.zeros([len(self._codes)], bool)
        may_be[chosen] = True
        before_capital = (self._padded[2:] & _CAPITAL) != 0
        may_be &= _stands_alone(self._padded) & (
            _without_capital(self._codes) | (self._starts & ~before_capital))
        return np.flatnonzero(may_be)

    def without_names(self, tokens: np.ndarray) -> List[int]:
        """Drops tokens that also stand, with their capital, inside a sentence of the page."""
        if not (self._codes[tokens] & _CAPITAL).any():
            return tokens.tolist()
        names = self._inner_capitals()
        return [i for i in tokens.tolist() if self._tokens[i] not in names]

    def names(self) -> Set[str]:
        """The words, in lower case, that have a capital somewhere inside a sentence."""
        return {name.lower() for name in self._inner_capitals()}

    def _inner_capitals(self) -> Set[str]:
        inner = ((self._codes & _CAPITAL) != 0) & ~self._starts
        return {self._tokens[i] for i in np.flatnonzero(inner).tolist()}


def _without_capital(codes: np.ndarray) -> np.ndarray:
    """Whether a token may be replaced and has no capital."""
    return (codes & (_REPLACEABLE | _CAPITAL)) == _REPLACEABLE


def _stands_alone(padded: np.ndarray) -> np.ndarray:
    """Whether a token may be replaced and is a whole word.

    A token next to a hyphen is part of a word: fine - grained, non - native.

    Args:
      padded: codes by `_padded`, uint8 [T + 2].

    Returns:
      bool [T].
    """
    before, codes, after = padded[:-2], padded[1:-1], padded[2:]
    return ((codes & _REPLACEABLE) != 0) & (((before | after) & _HYPHEN) == 0)


def _fitting(entry: Entry, tokens: Sequence[str], i: int) -> Sequence[str]:
    """The synonyms that fit in the place of token i, by article and participle."""
    synonyms = entry.synonyms
    if entry.participles and _is_participle(tokens, i):
        synonyms = entry.participles
    if i and tokens[i - 1].lower() in ARTICLES:
        synonyms = keep_article(tokens[i], synonyms)
    return synonyms


def _is_participle(tokens: Sequence[str], i: int) -> bool:
    """Whether a verb form in -ed is more likely a participle than a past, by its neighbours.

    Participles: has widely played, is played, played by, the played.
    """
    if tokens[i + 1:i + 2] == ["by"] or (i and tokens[i - 1].lower() in DETERMINERS):
        return True
    for before in reversed(tokens[max(0, i - _WORDS_BEFORE_PARTICIPLE):i]):
        if before.lower() in BEFORE_PARTICIPLES:
            return True
        if not before[-1:].isalpha():
            return False
    return False
