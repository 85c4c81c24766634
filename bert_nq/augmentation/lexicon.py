"""WordNet's words: their base forms, their senses, and how often texts have each sense.

The files are read as the manual pages wndb(5WN), morphy(7WN), cntlist(5WN) and senseidx(5WN)
describe them, with the same results as NLTK's reader. NLTK's takes half a second to open, a quarter
of a millisecond for each new word and 250 MB, in every process: on a few thousand pages that is
more than all the rest of the work.
"""
import functools
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence, Tuple

from bert_nq.augmentation import wordnet
from bert_nq.augmentation.wordnet import (
    ADJECTIVE,
    ADVERB,
    NOUN,
    PARTS_OF_SPEECH,
    VERB,
    WordNetFiles,
)

_SATELLITE = "s"  # in data files, an adjective that is similar to a head adjective
# (ending of an inflected form, ending of its possible base form), by part of speech.
_ENDINGS = {
    NOUN: (("s", ""), ("ses", "s"), ("ves", "f"), ("xes", "x"), ("zes", "z"), ("ches", "ch"),
           ("shes", "sh"), ("men", "man"), ("ies", "y")),
    VERB: (("s", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"),
           ("ing", "")),
    ADJECTIVE: (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
    ADVERB: (),
}
_ALL_ENDS = tuple({end for endings in _ENDINGS.values() for end, _ in endings})
# The digit after "%" in sense keys. A satellite's key also names its head adjective.
_DIGITS = {NOUN: "1", VERB: "2", ADJECTIVE: "3", ADVERB: "4", _SATELLITE: "5"}
_PARTS_OF_DIGITS = {digit: ADJECTIVE if part == _SATELLITE else part
                    for part, digit in _DIGITS.items()}
_MAX_CACHED_SYNSETS = 1 << 15
_SIMILAR_TO, _USAGE_DOMAIN = "&", ";u"  # symbols of pointers from synset to synset


class Synset(NamedTuple):
    """A sense and the lemmas that have it."""
    lemmas: Tuple[str, ...]  # with their capitals, and with "_" between words
    counts: Tuple[int, ...]  # how often each lemma has this sense in texts tagged by hand
    # (lemma number from 1, or 0 for the whole synset; usage such as "archaism")
    usages: Tuple[Tuple[int, str], ...]

    def usages_of(self, number: int) -> List[str]:
        """The usages of a lemma by its number from 1; 0 for those of the whole synset."""
        return [usage for lemma_number, usage in self.usages if lemma_number == number]


class Lexicon:
    """WordNet's entries for words.

    Attributes:
      exceptions: {part of speech: {irregular form: its lemmas}}.
    """

    def __init__(self, files: WordNetFiles):
        """
        Args:
          files: from `wordnet.find`.

        Raises:
          UserError: a file cannot be read or has another format.
        """
        self._files = files
        names = wordnet.NAMES_OF_PARTS.items()
        self._index = {part: self._read("index." + name, _index) for part, name in names}
        self._data = {part: self._read("data." + name, lambda content: content)
                      for part, name in names}
        self.exceptions: Dict[str, Dict[str, List[str]]] = {
            part: self._read(name + ".exc", _exceptions) for part, name in names}
        self._irregular = frozenset().union(*self.exceptions.values())
        self._counts, self._occurrences = self._read("cntlist.rev", _counts_and_occurrences)
        self._synset = functools.lru_cache(_MAX_CACHED_SYNSETS)(self._read_synset)

    def _read(self, name: str, parse: Callable) -> Any:
        """Applies `parse` to the bytes of a file."""
        with wordnet.explaining(self._files, name):
            return parse(wordnet.content(self._files, name))

    def base_forms(self, word: str, part: str) -> List[str]:
        """The lemmas of a part of speech that a lower-case word may be a form of, itself first."""
        index = self._index[part]
        forms = self.exceptions[part].get(word)
        if forms is None:
            forms = [word[:-len(end)] + base for end, base in _ENDINGS[part] if word.endswith(end)]
        return [form for form in dict.fromkeys([word] + forms) if form in index]

    def readings(self, word: str) -> List[Tuple[str, str]]:
        """[(part of speech, lemma)]: all lemmas that a lower-case word may be a form of."""
        if word.endswith(_ALL_ENDS) or word in self._irregular:
            return [(part, lemma) for part in PARTS_OF_SPEECH
                    for lemma in self.base_forms(word, part)]
        # A short cut for most words of a page, such as names.
        return [(part, word) for part in PARTS_OF_SPEECH if word in self._index[part]]

    def occurrences(self, lemma: str, part: str) -> int:
        """How often a lower-case lemma occurs as a part of speech, over all its senses."""
        return self._occurrences.get((part, lemma), 0)

    def senses(self, lemma: str, part: str) -> Iterator[Synset]:
        """Yields the senses of a lower-case lemma in WordNet's order; none if it is unknown.

        Raises:
          UserError: a file is damaged.
        """
        line = self._index[part].get(lemma)
        if line is not None:
            with wordnet.explaining(self._files):
                # The line after the lemma: part of speech, number of senses, ..., their offsets.
                fields = line.split()
                for offset in fields[-int(fields[1]):]:
                    yield self._synset(part, int(offset))

    def _read_synset(self, part: str, offset: int) -> Synset:
        fields = self._fields(part, offset)
        names, rest = _names_and_rest(fields)
        # The number of pointers, then for each: symbol, offset, part of speech, numbers of the two
        # lemmas.
        pointers = [rest[i:i + 4] for i in range(1, 4 * int(rest[0]), 4)]
        head = ":"
        if fields[2] == _SATELLITE:
            head = next((self._head(pointer) for pointer in pointers
                         if pointer[0] == _SIMILAR_TO), head)
        file_number, digit = fields[1], _DIGITS[fields[2]]
        counts = []
        for name, number in names:
            key = "%s%%%s:%s:%02d:%s" % (name.lower(), digit, file_number, int(number, 16), head)
            counts.append(self._counts.get(key, 0))
        usages = [(int(pointer[3][:2], 16), self._usage(pointer))
                  for pointer in pointers if pointer[0] == _USAGE_DOMAIN]
        return Synset(tuple(name for name, _ in names), tuple(counts), tuple(usages))

    def _head(self, pointer: Sequence[str]) -> str:
        """The part of a satellite's sense key that names its head adjective."""
        names, _ = _names_and_rest(self._fields(ADJECTIVE, int(pointer[1])))
        name, number = names[0]
        return "%s:%02d" % (name.lower(), int(number, 16))

    def _usage(self, pointer: Sequence[str]) -> str:
        """The name of the usage that a pointer leads to, such as "archaism"."""
        names, _ = _names_and_rest(self._fields(pointer[2], int(pointer[1])))
        return names[max(0, int(pointer[3][2:], 16) - 1)][0].lower()

    def _fields(self, part: str, offset: int) -> List[str]:
        """The fields of a data file's line, without the gloss."""
        data = self._data[part]
        fields = data[offset:data.find(b"|", offset)].decode("ascii").split()
        if fields[0] != "%08d" % offset:
            raise ValueError("no synset at byte %d" % offset)
        return fields


def _names_and_rest(fields: Sequence[str]) -> Tuple[List[Tuple[str, str]], Sequence[str]]:
    """([(lemma, its number, unique in its file)], the fields after the lemmas)."""
    end = 4 + 2 * int(fields[3], 16)
    # The position that an adjective may have follows in parentheses: galore(ip).
    return [(name.partition("(")[0], number)
            for name, number in zip(fields[4:end:2], fields[5:end:2])], fields[end:]


def _lines(content) -> List[str]:
    return bytes(content).decode("ascii").split("\n")


def _index(content) -> Dict[str, str]:
    """{lemma: the rest of its line}."""
    # Indented lines are the licence.
    return dict(line.split(" ", 1) for line in _lines(content) if line[:1] not in ("", " "))


def _exceptions(content) -> Dict[str, List[str]]:
    """{irregular form: its lemmas}."""
    return {form: lemmas for form, *lemmas in map(str.split, filter(None, _lines(content)))}


def _counts_and_occurrences(content) -> Tuple[Dict[str, int], Dict[Tuple[str, str], int]]:
    """Counts the occurrences of each sense, and of each lemma over all its senses.

    Args:
      content: lines with a sense key, its number among the senses of the lemma, and its count.

    Returns:
      {sense key: count} and {(part of speech, lemma): the sum over its sense keys}.
    """
    counts: Dict[str, int] = {}
    occurrences: Dict[Tuple[str, str], int] = {}
    for line in filter(None, _lines(content)):
        key, _, count = line.split()
        counts[key] = int(count)
        lemma, _, numbers = key.partition("%")
        word = _PARTS_OF_DIGITS[numbers[:1]], lemma
        occurrences[word] = occurrences.get(word, 0) + counts[key]
    return counts, occurrences
