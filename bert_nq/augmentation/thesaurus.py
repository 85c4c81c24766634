"""From a word of a text to the words that may stand in its place, by WordNet.

The part of speech is WordNet's own choice, the one that texts tagged by hand have most often, or
comes from a tagger. Synonyms are inflected and capitalised as the word is.
"""
import re
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Tuple

from bert_nq.augmentation import inflection, wordnet
from bert_nq.augmentation.function_words import FUNCTION_WORDS, UNWANTED_WORDS
from bert_nq.augmentation.inflection import BASE, ING, PARTICIPLE, PAST, PLURAL, THIRD_PERSON
from bert_nq.augmentation.wordnet import ADJECTIVE, ADVERB, NOUN, VERB, WordNetFiles

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


class _Reading(NamedTuple):
    """What a word can be: a form of this lemma."""
    part: str
    lemma: str
    kinds: FrozenSet[int]


class Thesaurus:
    """Synonyms by WordNet, kept per word once they were looked up."""

    def __init__(self, reader, options: Options = _DEFAULTS):
        """
        Args:
          reader: NLTK's WordNetCorpusReader; see `wordnet.open_reader`.
          options: which synonyms are wanted.
        """
        self._reader = reader
        self._options = options
        # NLTK has no other way to the exception lists.
        self._inflection = inflection.Inflection(reader._exception_map[NOUN],
                                                 reader._exception_map[VERB])
        self._chosen: Dict[str, Optional[Entry]] = {}
        self._tagged: Dict[Tuple[str, str], Optional[Entry]] = {}

    @classmethod
    def open(cls, files: WordNetFiles, options: Options = _DEFAULTS) -> "Thesaurus":
        """Opens WordNet, which takes about a second, for this process.

        Raises:
          UserError: its files cannot be read.
        """
        return cls(wordnet.open_reader(files), options)

    def get(self, token: str) -> Optional[Entry]:
        """The synonyms of a token, its part of speech being WordNet's choice; None without any."""
        return _kept(self._chosen, token, self._choose)

    def get_tagged(self, token: str, tag: str) -> Optional[Entry]:
        """The synonyms of a token with this tag of the Penn Treebank; None without any."""
        return _kept(self._tagged, (token, tag), self._of_tag)

    def is_name(self, word: str) -> bool:
        """Whether WordNet has a proper noun that is written like this word but for its capitals.

        Lower-case texts, such as questions, do not tell Rice from rice.
        """
        return any(lemma[:1].isupper() and lemma.lower() == word.lower()
                   for synset in self._reader.synsets(word, NOUN)
                   for lemma in synset.lemma_names())

    def _choose(self, token: str) -> Optional[Entry]:
        word = _replaceable(token)
        if not word or (word != token and self.is_name(word)):
            return None
        counts = [(self._count(reading), reading) for reading in self._readings(word)]
        if not counts:
            return None
        total = sum(count for count, _ in counts)
        count, reading = max(counts, key=lambda pair: pair[0])
        if count < MAJORITY * total or (not total and len(counts) > 1):
            return None
        if len(reading.kinds) > 1 and reading.kinds != _PAST_OR_PARTICIPLE:
            return None  # "put", "come": which form it is makes a difference.
        return self._entry(token, word, reading)

    def _of_tag(self, token_and_tag: Tuple[str, str]) -> Optional[Entry]:
        token, tag = token_and_tag
        word = _replaceable(token)
        if not word or tag not in TAGS:
            return None
        part, kind = TAGS[tag]
        counts = [(self._count(reading), reading._replace(kinds=frozenset([kind])))
                  for reading in self._readings(word, [part]) if kind in reading.kinds]
        if not counts:
            return None
        return self._entry(token, word, max(counts, key=lambda pair: pair[0])[1])

    def _readings(self, word: str,
                  parts: Sequence[str] = wordnet.PARTS_OF_SPEECH) -> List[_Reading]:
        """What a word in lower case can be. One with a form that is not sure has no kinds."""
        readings = []
        for part in parts:
            for lemma in self._lemmas(word, part):
                kinds = inflection.kinds_of(word, self._forms(lemma, part))
                readings.append(_Reading(part, lemma, kinds))
        return readings

    def _lemmas(self, word: str, part: str) -> List[str]:
        # Of NLTK's public functions, morphy gives the first one only.
        return list(dict.fromkeys(self._reader._morphy(word, part)))

    def _forms(self, lemma: str, part: str) -> Dict[int, str]:
        if part == NOUN:
            return self._inflection.noun_forms(lemma)
        return self._inflection.verb_forms(lemma) if part == VERB else {BASE: lemma}

    def _senses(self, lemma: str, part: str):
        """[(synset, how often the lemma has this sense)], the most frequent first."""
        senses = []
        for synset in self._reader.synsets(lemma, part, check_exceptions=False):
            counts = [other.count() for other in synset.lemmas() if other.name().lower() == lemma]
            if counts:  # Not a sense of another lemma that the word may be a form of.
                senses.append((synset, sum(counts)))
        return senses

    def _count(self, reading: _Reading) -> int:
        return sum(count for _, count in self._senses(reading.lemma, reading.part))

    def _entry(self, token: str, word: str, reading: _Reading) -> Optional[Entry]:
        if not reading.kinds:
            return None
        senses = self._senses(reading.lemma, reading.part)
        if self._options.sense == "uniform":
            pairs = self._pairs(word, reading, [
                lemma for synset, _ in senses for lemma in _wanted(synset, reading.lemma)])
        else:
            pairs = self._first_sense(word, reading, senses)
        if not pairs:
            return None
        if word != token:
            pairs = [(one.capitalize(), other.capitalize()) for one, other in pairs]
        synonyms, participles = map(tuple, zip(*pairs))
        return Entry(synonyms, () if synonyms == participles else participles)

    def _first_sense(self, word, reading, senses) -> List[Tuple[str, str]]:
        for i, (synset, count) in enumerate(senses):
            if i and count < max(OFTEN, LIKELY_SENSE * senses[0][1]):
                break
            # Words that occur with this sense: "compose" for "write" but not "indite".
            pairs = self._pairs(word, reading, [
                lemma for lemma in _wanted(synset, reading.lemma)
                if lemma.count() or count < OFTEN])
            if pairs:
                return pairs
        return []

    def _pairs(self, word: str, reading: _Reading, lemmas) -> List[Tuple[str, str]]:
        """(form, form if the word is a participle) of all that can be used, without doubles."""
        own = set(self._forms(reading.lemma, reading.part).values()) | {word}
        pairs = []
        for lemma in lemmas:
            kinds = sorted(reading.kinds)
            forms = self._inflected(lemma.name(), reading.part, kinds)
            if forms and not own.intersection(forms) and not FUNCTION_WORDS.intersection(forms):
                pairs.append((forms[0], forms[-1]))
        return list(dict.fromkeys(pairs))

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


def _kept(cache: dict, key, find) -> Optional[Entry]:
    try:
        return cache[key]
    except KeyError:
        if len(cache) >= _MOST_WORDS_KEPT:
            cache.clear()  # Of all English pages there is no end of words.
        return cache.setdefault(key, find(key))


def _replaceable(token: str) -> Optional[str]:
    """The token in lower case; None for what is never replaced, whatever WordNet has.

    That is what holds a digit or anything but letters and inner hyphens, begins with "[", is
    written in capitals or with capitals inside, is a single letter or a function word.
    """
    if len(token) < 2 or not _WORD.fullmatch(token):
        return None
    word = token.lower()
    return None if word in FUNCTION_WORDS else word


def _wanted(synset, own: str) -> list:
    """The other lemmas of a sense, but for those that WordNet marks as rude or archaic."""
    if _is_unwanted(synset):
        return []
    return [lemma for lemma in synset.lemmas()
            if lemma.name().lower() != own and not _is_unwanted(lemma)]


def _is_unwanted(synset_or_lemma) -> bool:
    return any(_usage(domain) in _UNWANTED for domain in synset_or_lemma.usage_domains())


def _usage(domain) -> str:
    """The name of a usage domain, which is a Synset or a Lemma."""
    return domain.name().split(".")[0]


def _inflected_word(words: Sequence[str], part: str) -> Optional[int]:
    """Which word of a lemma is inflected; None if that is not sure."""
    if len(words) == 1:
        return 0
    if part == NOUN:  # Not sure: attorney_at_law.
        return None if FUNCTION_WORDS.intersection(words) else len(words) - 1
    if part == VERB:  # "carry_out"; not sure: "dry_clean".
        return 0 if FUNCTION_WORDS.issuperset(words[1:]) else None
    return None
