"""Words of a page or question replaced by synonyms."""
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

# What is drawn.
_WORD, _SYNONYM, _QUESTION_WORD, _QUESTION_SYNONYM = range(4)

# What is seen of a token by itself.
_REPLACEABLE = 1  # May be replaced, if it has a synonym.
_CAPITAL = 2  # Begins with a capital.
_ENDS = 4  # A sentence, or whatever else a new one can begin behind.
_HYPHEN = 8

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
        self._codes = _Codes()

    def edits(self, example: Example, draws: Draws) -> Optional[WordEdits]:
        choice = choose_words(example, self._options.words)
        page = _Page(example, self._codes)
        drawn = page.without_names(self._drawn(page.replaceable(choice.tokens), draws, _WORD))
        words = self._replaced(example.tokens, example.is_html, drawn, draws, _WORD)
        question = self._question(example, page, draws) if choice.question else None
        return WordEdits(words, question) if words or question is not None else None

    def _question(self, example: Example, page: "_Page", draws: Draws) -> Optional[str]:
        words = example.question.split(" ")
        codes = _between_ends(self._codes.of(words))
        possible = np.flatnonzero(_without_capital(codes[1:-1]) & _stands_alone(codes))
        names = page.names() | {word.lower() for word in example.title.split()}
        drawn = [i for i in self._drawn(possible, draws, _QUESTION_WORD).tolist()
                 if words[i] not in names and not self._thesaurus.is_name(words[i])]
        replaced = self._replaced(words, [False] * len(words), drawn, draws, _QUESTION_WORD)
        return " ".join(replaced.get(i, word) for i, word in enumerate(words)) if replaced else None

    def _drawn(self, tokens: np.ndarray, draws: Draws, purpose: int) -> np.ndarray:
        """Those of the tokens that chance takes.

        Some are drawn in vain, since they have no synonym. Of those that have one the share is the
        one that is wanted all the same, and only words that are drawn are looked up.
        """
        return tokens[draws.uniform(purpose, tokens) < self._options.rate]

    def _replaced(self, tokens: Sequence[str], is_html: Sequence[bool], drawn: Sequence[int],
                  draws: Draws, purpose: int) -> Dict[int, str]:
        """{token number: its synonym} of the drawn tokens that have one."""
        if self._tagger is None:
            entries = [self._thesaurus.get(tokens[i]) for i in drawn]
        else:
            sentences = Sentences(tokens, is_html, self._tagger)
            entries = [self._tagged_entry(tokens[i], i, sentences) for i in drawn]
        found = {}
        for i, entry in zip(drawn, entries):
            if entry:
                synonyms = _fitting(entry, tokens, i)
                if synonyms:
                    found[i] = synonyms
        numbers = draws.uniform(purpose + _SYNONYM, list(found)).tolist()
        return {i: synonyms[int(number * len(synonyms))]
                for (i, synonyms), number in zip(found.items(), numbers)}

    def _tagged_entry(self, token: str, i: int, sentences: Sentences) -> Optional[Entry]:
        """What the thesaurus has for a token in the place of token i."""
        # To tag a sentence takes much longer than to see that no tag would help.
        if not any(self._thesaurus.get_tagged(token, tag) for tag in TAGS):
            return None
        return self._thesaurus.get_tagged(token, sentences.tag(i))


class _Codes(dict):
    """{token: what is seen of it by itself}, filled as tokens are met."""

    _MOST_KEPT = 1 << 19

    def of(self, tokens: Sequence[str]) -> np.ndarray:
        """uint8, one for each token."""
        if len(self) > self._MOST_KEPT:
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

    def replaceable(self, chosen: np.ndarray) -> np.ndarray:
        """Those of the chosen tokens that may be replaced, if `without_names` has them as well."""
        may_be = np.zeros([len(self._codes)], bool)
        may_be[chosen] = True
        before_capital = (self._between[2:] & _CAPITAL) != 0
        may_be &= _stands_alone(self._between) & (
            _without_capital(self._codes) | (self._starts & ~before_capital))
        return np.flatnonzero(may_be)

    def without_names(self, tokens: np.ndarray) -> List[int]:
        """Those of some tokens that do not stand, with a capital, inside a sentence as well."""
        if not (self._codes[tokens] & _CAPITAL).any():
            return tokens.tolist()
        names = self._inner_capitals()
        return [i for i in tokens.tolist() if self._tokens[i] not in names]

    def names(self) -> Set[str]:
        """Words that have a capital somewhere inside a sentence, in lower case."""
        return {name.lower() for name in self._inner_capitals()}

    def _inner_capitals(self) -> Set[str]:
        inner = ((self._codes & _CAPITAL) != 0) & ~self._starts
        return {self._tokens[i] for i in np.flatnonzero(inner).tolist()}


def _without_capital(codes: np.ndarray) -> np.ndarray:
    """Whether a token may be replaced and is no name."""
    return (codes & (_REPLACEABLE | _CAPITAL)) == _REPLACEABLE


def _stands_alone(between: np.ndarray) -> np.ndarray:
    """Whether a token may be replaced and is a whole word.

    What a hyphen joins to others is half a word: fine - grained, non - native.

    Args:
      between: of `_between_ends`, uint8 [T + 2].

    Returns:
      bool [T].
    """
    before, codes, behind = between[:-2], between[1:-1], between[2:]
    return ((codes & _REPLACEABLE) != 0) & (((before | behind) & _HYPHEN) == 0)


def _fitting(entry: Entry, tokens: Sequence[str], i: int) -> Sequence[str]:
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
