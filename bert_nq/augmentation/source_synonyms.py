"""Synonyms as tinyBERT-NQ's scripts meant to put them in, for comparison with `synonyms`.

Of the answer's words, one in five is replaced by the first lemma of one of its synsets, whatever
its part of speech, sense, inflection or capitals. The scripts took offsets in characters for
numbers of words, so that they changed other words than the answer's, or none; and where a word had
no synonym they put in a random entry of the vocabulary, which may be "[CLS]" or "##ing". Here the
words are those of the answers, and words without a synonym stay.

The scripts went by the one annotation that labels the example. Here it is the answers of all
annotations; pages for training have one.
"""
import functools
from typing import NamedTuple, Optional, Tuple

from bert_nq.augmentation.augmentation import Augmentation, Draws, WordEdits, choose_words
from bert_nq.augmentation.lexicon import Lexicon
from bert_nq.datasets.nq.example import Example

# What is drawn.
_WORD, _SYNONYM = range(2)

_MOST_WORDS_KEPT = 1 << 19


class FirstLemmas:
    """The first lemma of each synset of a word, looked up once."""

    def __init__(self, lexicon: Lexicon):
        """
        Args:
          lexicon: WordNet's words.
        """
        self._lexicon = lexicon
        self._found = functools.lru_cache(_MOST_WORDS_KEPT)(self._find)

    def get(self, word: str) -> Tuple[str, ...]:
        """The lemmas, sorted, without the word itself; words of one lemma are joined by "_"."""
        return self._found(word)

    def _find(self, word: str) -> Tuple[str, ...]:
        lemmas = {synset.lemmas[0] for part, lemma in self._lexicon.readings(word.lower())
                  for synset in self._lexicon.senses(lemma, part)}
        return tuple(sorted(lemmas - {word}))


class SourceSynonymOptions(NamedTuple):
    """What is replaced, how often; the defaults are the source's."""
    rate: float = 0.2  # the share of the words with a synonym that are replaced
    words: str = "answer"  # one of augmentation.WORDS; the question is never changed


class SourceSynonyms(Augmentation):
    """Replaces the words of the answers by the first lemmas of their synsets."""

    def __init__(self, options: SourceSynonymOptions, lemmas):
        """
        Args:
          options: what is replaced.
          lemmas: a `FirstLemmas`, or what has its method get(word) → synonyms, perhaps none.
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
