"""Synonym replacement as tinyBERT-NQ's scripts meant it, for comparison with `synonyms`.

One in five of the answer's words is replaced by the first lemma of one of its synsets, whatever
its part of speech, sense, inflection or capitals.

This differs from the scripts in three ways. They took character offsets for word numbers, so that
they changed words outside the answer, or none: here the answers' words are changed. Where a word
had no synonym they put in a random entry of the vocabulary, which may be "[CLS]" or "##ing": here
the word stays. They used only the annotation that labels the example: here the answers of all
annotations count; pages for training have one.
"""
import functools
from typing import NamedTuple, Optional, Tuple

from bert_nq.augmentation.augmentation import Augmentation, Draws, WordEdits, choose_words
from bert_nq.augmentation.lexicon import Lexicon
from bert_nq.datasets.nq.example import Example

# The purposes of the draws.
_WORD, _SYNONYM = range(2)

_MAX_CACHED_WORDS = 1 << 19


class FirstLemmas:
    """Looks up the first lemma of each synset of a word; results are cached."""

    def __init__(self, lexicon: Lexicon):
        """
        Args:
          lexicon: WordNet's words.
        """
        self._lexicon = lexicon
        self._cached = functools.lru_cache(_MAX_CACHED_WORDS)(self._find)

    def get(self, word: str) -> Tuple[str, ...]:
        """The lemmas, sorted, without the word itself; a lemma of several words has "_" in it."""
        return self._cached(word)

    def _find(self, word: str) -> Tuple[str, ...]:
        lemmas = {synset.lemmas[0] for part, lemma in self._lexicon.readings(word.lower())
                  for synset in self._lexicon.senses(lemma, part)}
        return tuple(sorted(lemmas - {word}))


class SourceSynonymOptions(NamedTuple):
    """Which words are replaced and how often; the defaults are those of tinyBERT-NQ."""
    rate: float = 0.2  # the share of the words with a synonym that are replaced
    words: str = "answer"  # one of augmentation.WORDS; the question never changes


class SourceSynonyms(Augmentation):
    """Replaces the words of the answers by the first lemmas of their synsets."""

    def __init__(self, options: SourceSynonymOptions, lemmas):
        """
        Args:
          options: what is replaced.
          lemmas: a `FirstLemmas`, or any object with its method get(word) → sequence of synonyms.
        """
        self._options = options
        self._lemmas = lemmas

    def edits(self, example: Example, draws: Draws) -> Optional[WordEdits]:
        tokens = choose_words(example, self._options.words).tokens
        if not len(tokens):
            return None
        drawn = tokens[draws.uniform(_WORD, tokens) < self._options.rate]
        numbers = draws.uniform(_SYNONYM, drawn)
        words = {}
        for i, number in zip(drawn.tolist(), numbers.tolist()):
            word = example.tokens[i]
            synonyms = () if word[:1] == "[" else self._lemmas.get(word)
            if synonyms:
                words[i] = synonyms[int(number * len(synonyms))]
        return WordEdits(words) if words else None
