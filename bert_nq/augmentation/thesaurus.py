"""Synonyms of a word in a text, by WordNet.

The part of speech comes from a tagger, or is the one that the word has most often in the texts
tagged by hand that WordNet counts. Synonyms are inflected and capitalised like the word.
"""
import functools
import re
from typing import FrozenSet, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from bert_nq.augmentation import inflection
from bert_nq.augmentation.function_words import FUNCTION_WORDS, UNWANTED_WORDS
from bert_nq.augmentation.inflection import BASE, ING, PARTICIPLE, PAST, PLURAL, THIRD_PERSON
from bert_nq.augmentation.lexicon import Lexicon, Synset
from bert_nq.augmentation.wordnet import ADJECTIVE, ADVERB, NOUN, VERB

# A word is taken for one part of speech and base form if that has at least this share of the word's
# occurrences in the texts that WordNet counts; else the word is not replaced.
MAJORITY = 3 / 4
# With sense="first" a later sense is used if it occurs at least this often relative to the first.
LIKELY_SENSE = 1 / 2
# If a word occurs at least this often in a sense, synonyms that never occur in it are not used.
OFTEN = 3

# {Penn Treebank tag of a replaceable word: (part of speech, kind of inflection)}.
TAGS = {
    "NN": (NOUN, BASE), "NNS": (NOUN, PLURAL),
    "VB": (VERB, BASE), "VBP": (VERB, BASE), "VBZ": (VERB, THIRD_PERSON), "VBG": (VERB, ING),
    "VBD": (VERB, PAST), "VBN": (VERB, PARTICIPLE),
    "JJ": (ADJECTIVE, BASE), "RB": (ADVERB, BASE),
}

_WORD = re.compile(r"[A-Za-z]?[a-z]+(-[a-z]+)*")
# Abbreviations such as "yr" have no vowel.
_SYNONYM = re.compile(r"(?=.*[aeiou]|.+y)[a-z]+([-_][a-z]+)*")
_PAST_OR_PARTICIPLE = frozenset([PAST, PARTICIPLE])
# Lemmas with one of these usages in WordNet are not used as synonyms.
_UNWANTED_USAGES = frozenset(["obscenity", "disparagement", "ethnic_slur", "archaism", "vulgarism"])
_MAX_CACHED_WORDS = 1 << 19


class Entry(NamedTuple):
    """The words that may replace a word."""
    synonyms: Tuple[str, ...]
    # The synonyms' forms to use where the word is a participle: "composed" as a past may become
    # "wrote", as a participle "written". Empty if the forms are the same.
    participles: Tuple[str, ...] = ()


class ThesaurusOptions(NamedTuple):
    """Which words count as synonyms."""
    # "first": those of the most frequent sense that has any, among the frequent senses only.
    # "uniform": those of all senses.
    sense: str = "first"
    # Synonyms of several words: "exclude" them, or join them by a "hyphen" or "underscore".
    multi_word: str = "exclude"


_DEFAULTS = ThesaurusOptions()


class Thesaurus:
    """Finds synonyms in WordNet; results are cached by word."""

    def __init__(self, lexicon: Lexicon, options: ThesaurusOptions = _DEFAULTS):
        """
        Args:
          lexicon: WordNet's words.
          options: which synonyms are wanted.
        """
        self._lexicon = lexicon
        self._options = options
        self._inflection = inflection.Inflection(lexicon.exceptions[NOUN], lexicon.exceptions[VERB])
        # The caches are bounded, since pages never run out of new words.
        self._chosen = functools.lru_cache(_MAX_CACHED_WORDS)(self._choose)
        self._tagged = functools.lru_cache(_MAX_CACHED_WORDS)(self._of_tag)
        self._forms = functools.lru_cache(_MAX_CACHED_WORDS)(self._all_forms)

    def get(self, token: str) -> Optional[Entry]:
        """The synonyms of a token by its most frequent part of speech; None if it has none."""
        return self._chosen(token)

    def get_tagged(self, token: str, tag: str) -> Optional[Entry]:
        """The synonyms of a token with this Penn Treebank tag; None if it has none."""
        return self._tagged(token, tag)

    def is_name(self, word: str) -> bool:
        """Whether WordNet has a proper noun that differs from this word only by its capitals.

        Lower-case texts, such as questions, do not tell Rice from rice.
        """
        word = word.lower()
        return any(lemma[:1].isupper() and lemma.lower() == word
                   for synset in self._lexicon.senses(word, NOUN) for lemma in synset.lemmas)

    def _choose(self, token: str) -> Optional[Entry]:
        word = replaceable(token)
        if not word:
            return None
        if word != token:
            entry = self.get(word)
            return _capitalized(entry) if entry and not self.is_name(word) else None
        readings = self._lexicon.readings(word)
        if not readings:
            return None
        counts = [self._lexicon.occurrences(lemma, part) for part, lemma in readings]
        most = max(counts)
        if most < MAJORITY * sum(counts) or (not most and len(readings) > 1):
            return None
        part, lemma = readings[counts.index(most)]
        kinds = self._kinds(word, lemma, part)
        if len(kinds) > 1 and kinds != _PAST_OR_PARTICIPLE:
            return None  # "put", "come": the synonym depends on which form it is.
        return self._entry(word, lemma, part, kinds)

    def _of_tag(self, token: str, tag: str) -> Optional[Entry]:
        word = replaceable(token)
        if not word or tag not in TAGS:
            return None
        if word != token:
            entry = self.get_tagged(word, tag)
            return _capitalized(entry) if entry else None
        part, kind = TAGS[tag]
        lemmas = [lemma for lemma in self._lexicon.base_forms(word, part)
                  if kind in self._kinds(word, lemma, part)]
        if not lemmas:
            return None
        lemma = max(lemmas, key=lambda lemma: self._lexicon.occurrences(lemma, part))
        return self._entry(word, lemma, part, frozenset([kind]))

    def _kinds(self, word: str, lemma: str, part: str) -> FrozenSet[int]:
        """The kinds of inflection of a lemma that a word may be; uncertain forms do not count."""
        return inflection.kinds_of(word, self._forms(lemma, part))

    def _all_forms(self, lemma: str, part: str) -> Mapping[int, str]:
        if part == NOUN:
            return self._inflection.noun_forms(lemma)
        return self._inflection.verb_forms(lemma) if part == VERB else {BASE: lemma}

    def _entry(self, word: str, lemma: str, part: str, kinds: FrozenSet[int]) -> Optional[Entry]:
        if not kinds:
            return None
        own_forms = {word, *self._forms(lemma, part).values()}
        pairs: List[Tuple[str, str]] = []
        for lemmas in self._synonyms_by_sense(lemma, part):
            pairs += self._pairs(lemmas, part, sorted(kinds), own_forms)
            if pairs and self._options.sense == "first":
                break
        if not pairs:
            return None
        synonyms, participles = map(tuple, zip(*dict.fromkeys(pairs)))
        return Entry(synonyms, () if synonyms == participles else participles)

    def _synonyms_by_sense(self, lemma: str, part: str) -> Iterator[List[str]]:
        """Yields the lemma's synonyms in each sense that the options allow."""
        senses = self._lexicon.senses(lemma, part)
        if self._options.sense == "uniform":
            for synset in senses:
                yield [synonym for synonym, _ in _usable_synonyms(synset, lemma)]
            return
        min_count = 0.
        for synset in senses:
            count = sum(n for name, n in zip(synset.lemmas, synset.counts)
                        if name.lower() == lemma)
            if count < min_count:
                break
            min_count = min_count or max(OFTEN, LIKELY_SENSE * count)
            # Only synonyms that occur in this sense: "compose" for "write" but not "indite".
            yield [synonym for synonym, n in _usable_synonyms(synset, lemma)
                   if n or count < OFTEN]

    def _pairs(self, lemmas: List[str], part: str, kinds: Sequence[int],
               own_forms: Set[str]) -> List[Tuple[str, str]]:
        """[(form, form to use where the word is a participle)] of the lemmas that can be used."""
        pairs = []
        for lemma in lemmas:
            forms = self._inflected(lemma, part, kinds)
            if (forms and not own_forms.intersection(forms)
                    and not FUNCTION_WORDS.intersection(forms)):
                pairs.append((forms[0], forms[-1]))
        return pairs

    def _inflected(self, name: str, part: str, kinds: Sequence[int]) -> Optional[List[str]]:
        """The forms of a lemma, one per kind, its words joined; None if it cannot be used."""
        if not _SYNONYM.fullmatch(name) or name in FUNCTION_WORDS or name in UNWANTED_WORDS:
            return None
        words = name.split("_")
        if len(words) > 1 and self._options.multi_word == "exclude":
            return None
        joiner = "-" if self._options.multi_word == "hyphen" else "_"
        place = _inflected_word(words, part)
        if place is None:
            return [joiner.join(words)] * len(kinds) if kinds == [BASE] else None
        if kinds == [BASE] and part == NOUN and inflection.looks_plural(words[place]):
            return None
        forms = self._forms(words[place], part)
        if not all(kind in forms for kind in kinds):
            return None
        return [joiner.join(words[:place] + [forms[kind]] + words[place + 1:]) for kind in kinds]


def replaceable(token: str) -> Optional[str]:
    """The token in lower case; None if it is never replaced, whatever WordNet has for it.

    Never replaced are function words, single letters, words in capitals or with capitals inside,
    and tokens with anything but letters and inner hyphens, such as markers.
    """
    if len(token) < 2 or not _WORD.fullmatch(token):
        return None
    word = token.lower()
    return None if word in FUNCTION_WORDS else word


def _capitalized(entry: Entry) -> Entry:
    """The entry for the same word with a capital at its beginning."""
    return Entry(*(tuple(word.capitalize() for word in words) for words in entry))


def _usable_synonyms(synset: Synset, lemma: str) -> List[Tuple[str, int]]:
    """[(synonym, count)] of a lemma in a sense, without rude and archaic ones."""
    if _UNWANTED_USAGES.intersection(synset.usages_of(0)):
        return []
    return [(name, count)
            for number, (name, count) in enumerate(zip(synset.lemmas, synset.counts), 1)
            if name.lower() != lemma
            and not _UNWANTED_USAGES.intersection(synset.usages_of(number))]


def _inflected_word(words: Sequence[str], part: str) -> Optional[int]:
    """The index of the word of a lemma that is inflected; None if uncertain."""
    if len(words) == 1:
        return 0
    if part == NOUN:  # The last one; uncertain: "attorney_at_law".
        return None if FUNCTION_WORDS.intersection(words) else len(words) - 1
    if part == VERB:  # The first one of "carry_out"; uncertain: "dry_clean".
        return 0 if FUNCTION_WORDS.issuperset(words[1:]) else None
    return None
