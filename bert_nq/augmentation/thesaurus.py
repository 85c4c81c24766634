"""From a word of a text to the words that may stand in its place, by WordNet.

The part of speech is WordNet's own choice, the one that texts tagged by hand have most often, or
comes from a tagger. Synonyms are inflected and capitalised as the word is.
"""
import functools
import re
from typing import FrozenSet, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from bert_nq.augmentation import inflection
from bert_nq.augmentation.function_words import FUNCTION_WORDS, UNWANTED_WORDS
from bert_nq.augmentation.inflection import BASE, ING, PARTICIPLE, PAST, PLURAL, THIRD_PERSON
from bert_nq.augmentation.lexicon import Lexicon, Synset
from bert_nq.augmentation.wordnet import ADJECTIVE, ADVERB, NOUN, VERB

# A word is taken for a part of speech (and, of several, a base form) that has this share of its
# occurrences in the texts that WordNet's senses were counted in; below it the word is left alone.
MAJORITY = 3 / 4
# With sense="first" a sense behind the first is used if it occurs this often beside the first.
LIKELY_SENSE = 1 / 2
# Of a sense that a word has this often, words that never have it there are far-fetched.
OFTEN = 3

# Penn Treebank tags of words that can be replaced: part of speech and kind of inflection.
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
# Words that WordNet marks so are not put into a text.
_UNWANTED = frozenset(["obscenity", "disparagement", "ethnic_slur", "archaism", "vulgarism"])
_MOST_WORDS_KEPT = 1 << 19


class Entry(NamedTuple):
    """What may stand in the place of a word."""
    synonyms: Tuple[str, ...]
    # Beside them, the forms to use where the word is a participle: "wrote" may stand for the past
    # "penned", "written" for the participle. Empty where that makes no difference.
    participles: Tuple[str, ...] = ()


class Options(NamedTuple):
    """Which words are taken for synonyms."""
    # "first": those of the most frequent sense that has any, looking no further than frequent
    # senses. "uniform": those of all senses.
    sense: str = "first"
    # Synonyms of several words: left out, or with a "hyphen" or "underscore" between their words.
    multi_word: str = "exclude"


_DEFAULTS = Options()


class Thesaurus:
    """Synonyms by WordNet, kept per word once they were looked up."""

    def __init__(self, lexicon: Lexicon, options: Options = _DEFAULTS):
        """
        Args:
          lexicon: WordNet's words.
          options: which synonyms are wanted.
        """
        self._lexicon = lexicon
        self._options = options
        self._inflection = inflection.Inflection(lexicon.exceptions[NOUN], lexicon.exceptions[VERB])
        # Not for ever: of all English pages there is no end of words.
        self._chosen = functools.lru_cache(_MOST_WORDS_KEPT)(self._choose)
        self._tagged = functools.lru_cache(_MOST_WORDS_KEPT)(self._of_tag)
        self._forms = functools.lru_cache(_MOST_WORDS_KEPT)(self._all_forms)

    def get(self, token: str) -> Optional[Entry]:
        """The synonyms of a token, its part of speech being WordNet's choice; None without any."""
        return self._chosen(token)

    def get_tagged(self, token: str, tag: str) -> Optional[Entry]:
        """The synonyms of a token with this tag of the Penn Treebank; None without any."""
        return self._tagged(token, tag)

    def is_name(self, word: str) -> bool:
        """Whether WordNet has a proper noun that is written like this word but for its capitals.

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
            return None  # "put", "come": which form it is makes a difference.
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
        """The kinds of inflection of a lemma that a word may be; none where a form is not sure."""
        return inflection.kinds_of(word, self._forms(lemma, part))

    def _all_forms(self, lemma: str, part: str) -> Mapping[int, str]:
        if part == NOUN:
            return self._inflection.noun_forms(lemma)
        return self._inflection.verb_forms(lemma) if part == VERB else {BASE: lemma}

    def _entry(self, word: str, lemma: str, part: str, kinds: FrozenSet[int]) -> Optional[Entry]:
        if not kinds:
            return None
        own = {word, *self._forms(lemma, part).values()}
        pairs: List[Tuple[str, str]] = []
        for others in self._lemmas_beside(lemma, part):
            pairs += self._pairs(others, part, sorted(kinds), own)
            if pairs and self._options.sense == "first":
                break
        if not pairs:
            return None
        synonyms, participles = map(tuple, zip(*dict.fromkeys(pairs)))
        return Entry(synonyms, () if synonyms == participles else participles)

    def _lemmas_beside(self, lemma: str, part: str) -> Iterator[List[str]]:
        """The other lemmas of each sense that is looked at."""
        senses = self._lexicon.senses(lemma, part)
        if self._options.sense == "uniform":
            for synset in senses:
                yield [other for other, _ in _wanted(synset, lemma)]
            return
        least = 0.
        for synset in senses:
            count = sum(its_count for other, its_count in zip(synset.lemmas, synset.counts)
                        if other.lower() == lemma)
            if count < least:
                break
            least = least or max(OFTEN, LIKELY_SENSE * count)
            # Words that occur with this sense: "compose" for "write" but not "indite".
            yield [other for other, its_count in _wanted(synset, lemma)
                   if its_count or count < OFTEN]

    def _pairs(self, lemmas: List[str], part: str, kinds: Sequence[int],
               own: Set[str]) -> List[Tuple[str, str]]:
        """(form, form if the word is a participle) of the lemmas that can be used."""
        pairs = []
        for lemma in lemmas:
            forms = self._inflected(lemma, part, kinds)
            if forms and not own.intersection(forms) and not FUNCTION_WORDS.intersection(forms):
                pairs.append((forms[0], forms[-1]))
        return pairs

    def _inflected(self, name: str, part: str, kinds: Sequence[int]) -> Optional[List[str]]:
        """The forms of a lemma, with the character that joins words; None if it cannot be used."""
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
    """The token in lower case; None for what is never replaced, whatever WordNet has.

    That is what holds a digit or anything but letters and inner hyphens, begins with "[", is
    written in capitals or with capitals inside, is a single letter or a function word.
    """
    if len(token) < 2 or not _WORD.fullmatch(token):
        return None
    word = token.lower()
    return None if word in FUNCTION_WORDS else word


def _capitalized(entry: Entry) -> Entry:
    """The same for a word that begins with a capital."""
    return Entry(*(tuple(word.capitalize() for word in words) for words in entry))


def _wanted(synset: Synset, own: str) -> List[Tuple[str, int]]:
    """(lemma, count) of the others of a sense, but for those that are rude or archaic."""
    if _UNWANTED.intersection(synset.usages_of(0)):
        return []
    return [(lemma, count)
            for number, (lemma, count) in enumerate(zip(synset.lemmas, synset.counts), 1)
            if lemma.lower() != own and not _UNWANTED.intersection(synset.usages_of(number))]


def _inflected_word(words: Sequence[str], part: str) -> Optional[int]:
    """Which word of a lemma is inflected; None if that is not sure."""
    if len(words) == 1:
        return 0
    if part == NOUN:  # Not sure: attorney_at_law.
        return None if FUNCTION_WORDS.intersection(words) else len(words) - 1
    if part == VERB:  # "carry_out"; not sure: "dry_clean".
        return 0 if FUNCTION_WORDS.issuperset(words[1:]) else None
    return None
