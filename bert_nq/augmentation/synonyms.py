"""Words of a page or question replaced by synonyms."""
from typing import Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from bert_nq.augmentation.articles import ARTICLES, keep_article, starts_alike
from bert_nq.augmentation.augmentation import (
    Augmentation,
    Draws,
    WordEdits,
    choose_words,
    tags_of,
)
from bert_nq.augmentation.function_words import BEFORE_PARTICIPLES, DETERMINERS
from bert_nq.augmentation.tagging import Sentences
from bert_nq.augmentation.thesaurus import TAGS, Entry
from bert_nq.nq.example import Example

# What is drawn.
_WORD, _SYNONYM, _QUESTION_WORD, _QUESTION_SYNONYM = range(4)

# What is known of a token by itself.
_HAS_ENTRY = 1
_AGREES = 2  # One of its synonyms can stand behind the same one of "a" and "an".
_CAPITAL = 4  # Begins with a capital.
_ENDS = 8  # A sentence, or whatever else a new one can begin behind.
_ARTICLE = 16  # "a" or "an"
_HYPHEN = 32

_SENTENCE_ENDS = frozenset(".!?:")
_WORDS_BEFORE_PARTICIPLE = 3


class SynonymOptions(NamedTuple):
    """What is replaced, how often."""
    rate: float = 0.2  # the share of the words that can be replaced
    words: str = "context"  # one of augmentation.WORDS


class Synonyms(Augmentation):
    """Replaces words by synonyms of the same inflection.

    A word that begins with a capital may be a name, and is left alone unless it stands at the start
    of a sentence, in front of a word in lower case, and nowhere else on the page. A word of the
    question is left alone if it has a capital, if it is in the page's title, or if it may be a name
    by WordNet or by the page: questions are often written without capitals.
    """

    def __init__(self, options: SynonymOptions, thesaurus, tagger=None):
        """
        Args:
          options: what is replaced.
          thesaurus: a `Thesaurus`, or what has its methods get(token) → Entry or None and
            is_name(word) → bool, with a tagger also get_tagged(token, tag) → Entry or None.
          tagger: decides about the part of speech; a function from the words of a sentence to
            their Penn Treebank tags. None leaves that to thesaurus.get.
        """
        self._options = options
        self._thesaurus = thesaurus
        self._tagger = tagger
        self._codes = _Codes(self._possible_entries)

    def edits(self, example: Example, draws: Draws) -> Optional[WordEdits]:
        choice = choose_words(example, self._options.words)
        page = _Page(example, self._codes)
        words = {}
        if len(choice.tokens):
            words = self._replaced(example.tokens, example.is_html, page.eligible(choice.tokens),
                                   draws, _WORD)
        question = self._question(example, page, draws) if choice.question else None
        return WordEdits(words, question) if words or question is not None else None

    def _question(self, example: Example, page: "_Page", draws: Draws) -> Optional[str]:
        words = example.question.split(" ")
        codes = _between_ends(self._codes.of(words))
        eligible = np.flatnonzero(_without_names(codes[1:-1]) & _fits(codes))
        names = page.names() | {word.lower() for word in example.title.split()}
        eligible = [i for i in eligible.tolist()
                    if words[i] not in names and not self._thesaurus.is_name(words[i])]
        replaced = self._replaced(words, [False] * len(words), np.array(eligible, np.int64), draws,
                                  _QUESTION_WORD)
        return " ".join(replaced.get(i, word) for i, word in enumerate(words)) if replaced else None

    def _replaced(self, tokens: Sequence[str], is_html: Sequence[bool], eligible: np.ndarray,
                  draws: Draws, purpose: int) -> Dict[int, str]:
        """{token number: its synonym} of the tokens that are drawn."""
        drawn = eligible[draws.uniform(purpose, eligible) < self._options.rate]
        if not len(drawn):
            return {}
        numbers = draws.uniform(purpose + _SYNONYM, drawn)
        sentences = Sentences(tokens, is_html, self._tagger) if self._tagger else None
        replaced = {}
        for i, number in zip(drawn.tolist(), numbers.tolist()):
            if sentences:
                entry = self._thesaurus.get_tagged(tokens[i], sentences.tag(i))
            else:
                entry = self._thesaurus.get(tokens[i])
            synonyms = _synonyms(entry, tokens, i) if entry else ()
            if synonyms:
                replaced[i] = synonyms[int(number * len(synonyms))]
        return replaced

    def _possible_entries(self, token: str) -> List[Entry]:
        """What the thesaurus has for a token, in whatever part of speech it may turn out to be.

        Words that a tagger finds to be something without synonyms are drawn in vain, so of those
        that can be replaced the share is still the one that is wanted, and only sentences with a
        drawn word are tagged.
        """
        if token[:1] == "[":
            return []  # A marker, whatever the thesaurus says.
        if self._tagger is None:
            entries = [self._thesaurus.get(token)]
        else:
            entries = [self._thesaurus.get_tagged(token, tag) for tag in TAGS]
        return [entry for entry in entries if entry]


class _Codes(dict):
    """{token: what is known of it by itself}, filled as tokens are met."""

    _MOST_KEPT = 1 << 19

    def __init__(self, entries):
        super().__init__()
        self._entries = entries

    def of(self, tokens: Sequence[str]) -> np.ndarray:
        """uint8, one for each token."""
        if len(self) > self._MOST_KEPT:
            self.clear()
        return np.fromiter(map(self.__getitem__, tokens), np.uint8, len(tokens))

    def __missing__(self, token: str) -> int:
        code = 0
        entries = self._entries(token)
        if entries:
            code |= _HAS_ENTRY
            if any(starts_alike(token, other) for entry in entries for other in entry.synonyms):
                code |= _AGREES
        if token[:1].isupper():
            code |= _CAPITAL
        if token in _SENTENCE_ENDS:
            code |= _ENDS
        if token.lower() in ARTICLES:
            code |= _ARTICLE
        if token == "-":
            code |= _HYPHEN
        self[token] = code
        return code


def _between_ends(codes: np.ndarray) -> np.ndarray:
    """The codes of T tokens with an end in front and nothing behind; uint8 [T + 2]."""
    between = np.zeros([len(codes) + 2], np.uint8)
    between[0] = _ENDS
    between[1:-1] = codes
    return between


class _Page:
    """A page's tokens and what is known of them."""

    def __init__(self, example: Example, codes: _Codes):
        self._tokens = example.tokens
        self._between = _between_ends(codes.of(example.tokens))
        self._codes = self._between[1:-1]
        self._codes[tags_of(example)] = _ENDS
        self._starts = (self._between[:-2] & _ENDS) != 0

    def eligible(self, chosen: np.ndarray) -> np.ndarray:
        """Those of the chosen tokens that can be replaced."""
        codes = self._codes
        possible = np.zeros([len(codes)], bool)
        possible[chosen] = True
        possible &= _fits(self._between)
        eligible = possible & _without_names(codes)
        before_capital = (self._between[2:] & _CAPITAL) != 0
        capitals = np.flatnonzero(possible & ~eligible & self._starts & ~before_capital)
        if len(capitals):
            inner = (codes & (_HAS_ENTRY | _CAPITAL)) == (_HAS_ENTRY | _CAPITAL)
            names = {self._tokens[i] for i in np.flatnonzero(inner & ~self._starts).tolist()}
            eligible[[i for i in capitals.tolist() if self._tokens[i] not in names]] = True
        return np.flatnonzero(eligible)

    def names(self) -> set:
        """Words that have a capital somewhere inside a sentence, in lower case."""
        inner = (self._codes & _CAPITAL).astype(bool) & ~self._starts
        return {self._tokens[i].lower() for i in np.flatnonzero(inner).tolist()}


def _without_names(codes: np.ndarray) -> np.ndarray:
    """Whether there is an entry and the word has no capital."""
    return (codes & (_HAS_ENTRY | _CAPITAL)) == _HAS_ENTRY


def _fits(between: np.ndarray) -> np.ndarray:
    """Whether there is an entry that can stand beside the words before and behind it.

    An article in front wants a synonym that begins as the word does. What a hyphen joins to others
    is half a word: fine - grained, non - native.

    Args:
      between: of `_between_ends`, uint8 [T + 2].

    Returns:
      bool [T].
    """
    before, codes, behind = between[:-2], between[1:-1], between[2:]
    article_kept = ((before & _ARTICLE) == 0) | ((codes & _AGREES) != 0)
    return ((codes & _HAS_ENTRY) != 0) & article_kept & (((before | behind) & _HYPHEN) == 0)


def _synonyms(entry: Entry, tokens: Sequence[str], i: int) -> Sequence[str]:
    """The synonyms that fit in the place of token i."""
    synonyms = entry.synonyms
    if entry.participles and _is_participle(tokens, i):
        synonyms = entry.participles
    if i and tokens[i - 1].lower() in ARTICLES:
        synonyms = keep_article(tokens[i], synonyms)
    return synonyms


def _is_participle(tokens: Sequence[str], i: int) -> bool:
    """Whether a verb's form in -ed is rather the participle than the past, by the words around.

    has widely played, is played, played by, the played.
    """
    if tokens[i + 1:i + 2] == ["by"] or (i and tokens[i - 1].lower() in DETERMINERS):
        return True
    for before in reversed(tokens[max(0, i - _WORDS_BEFORE_PARTICIPLE):i]):
        if before.lower() in BEFORE_PARTICIPLES:
            return True
        if not before[-1:].isalpha():
            return False
    return False
