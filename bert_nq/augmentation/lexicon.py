"""WordNet's words: their base forms, their senses, and how often texts have each sense.

The files are read as the manual pages wndb(5WN), morphy(7WN), cntlist(5WN) and senseidx(5WN)
describe them, and give what NLTK's reader gives. That one takes half a second to open, a quarter of
a millisecond for each new word and 250 MB, all of it in each process, which on a few thousand pages
is more than all else that is done to them.
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

_SATELLITE = "s"  # in data files, an adjective that is like another one
# The ends of inflected forms, and the end of the base form that may have such a form.
_ENDINGS = {
    NOUN: (("s", ""), ("ses", "s"), ("ves", "f"), ("xes", "x"), ("zes", "z"), ("ches", "ch"),
           ("shes", "sh"), ("men", "man"), ("ies", "y")),
    VERB: (("s", ""), ("ies", "y"), ("es", "e"), ("es", ""), ("ed", "e"), ("ed", ""), ("ing", "e"),
           ("ing", "")),
    ADJECTIVE: (("er", ""), ("est", ""), ("er", "e"), ("est", "e")),
    ADVERB: (),
}
_ALL_ENDS = tuple({end for endings in _ENDINGS.values() for end, _ in endings})
# The digit behind "%" in sense keys. That of a satellite names the other adjective as well.
_DIGITS = {NOUN: "1", VERB: "2", ADJECTIVE: "3", ADVERB: "4", _SATELLITE: "5"}
_PARTS_OF_DIGITS = {digit: ADJECTIVE if part == _SATELLITE else part
                    for part, digit in _DIGITS.items()}
_MOST_SYNSETS_KEPT = 1 << 15
_LIKE, _USAGE_DOMAIN = "&", ";u"  # pointers from synset to synset


class Synset(NamedTuple):
    """A sense, and the words that have it."""
    lemmas: Tuple[str, ...]  # as they are written, with "_" between words
    counts: Tuple[int, ...]  # how often each has it, in texts whose senses were tagged by hand
    # (the number of a lemma from 1, or 0 for all of them; how it is used, such as "archaism")
    usages: Tuple[Tuple[int, str], ...]

    def usages_of(self, number: int) -> List[str]:
        """How all of the synset is used (0), or the lemma of this number."""
        return [usage for which, usage in self.usages if which == number]


class Lexicon:
    """What WordNet knows of words.

    Attributes:
      exceptions: {part of speech: {irregular form: its lemmas}}.
    """

    def __init__(self, files: WordNetFiles):
        """
        Args:
          files: of `wordnet.find`.

        Raises:
          UserError: a file cannot be read or is not WordNet's.
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
        self._synset = functools.lru_cache(_MOST_SYNSETS_KEPT)(self._read_synset)

    def _read(self, name: str, read: Callable) -> Any:
        """What `read` makes of the bytes of a file."""
        with wordnet.explaining(self._files, name):
            return read(wordnet.content(self._files, name))

    def base_forms(self, word: str, part: str) -> List[str]:
        """The lemmas that a word in lower case may be a form of, itself first."""
        index = self._index[part]
        forms = self.exceptions[part].get(word)
        if forms is None:
            forms = [word[:-len(end)] + base for end, base in _ENDINGS[part] if word.endswith(end)]
        return [form for form in dict.fromkeys([word] + forms) if form in index]

    def readings(self, word: str) -> List[Tuple[str, str]]:
        """[(part of speech, lemma)]: all that a word in lower case may be a form of."""
        if word.endswith(_ALL_ENDS) or word in self._irregular:
            return [(part, lemma) for part in PARTS_OF_SPEECH
                    for lemma in self.base_forms(word, part)]
        # Most of the words that a page brings, names and the like: quickly.
        return [(part, word) for part in PARTS_OF_SPEECH if word in self._index[part]]

    def occurrences(self, lemma: str, part: str) -> int:
        """How often a lemma in lower case occurs as this part of speech, in whatever sense."""
        return self._occurrences.get((part, lemma), 0)

    def senses(self, lemma: str, part: str) -> Iterator[Synset]:
        """The senses of a lemma in lower case, in WordNet's order; none if it has no such lemma.

        Raises:
          UserError: a file is damaged.
        """
        line = self._index[part].get(lemma)
        if line is not None:
            with wordnet.explaining(self._files):
                # What follows the lemma: part of speech, number of senses, ..., their offsets.
                fields = line.split()
                for offset in fields[-int(fields[1]):]:
                    yield self._synset(part, int(offset))

    def _read_synset(self, part: str, offset: int) -> Synset:
        fields = self._fields(part, offset)
        names, rest = _names_and_rest(fields)
        # Number of pointers, then of each: symbol, offset, part of speech, two lemmas' numbers.
        pointers = [rest[i:i + 4] for i in range(1, 4 * int(rest[0]), 4)]
        head = ":"
        if fields[2] == _SATELLITE:
            head = next((self._head(pointer) for pointer in pointers if pointer[0] == _LIKE), head)
        file_number, digit = fields[1], _DIGITS[fields[2]]
        counts = []
        for name, number in names:
            key = "%s%%%s:%s:%02d:%s" % (name.lower(), digit, file_number, int(number, 16), head)
            counts.append(self._counts.get(key, 0))
        usages = [(int(pointer[3][:2], 16), self._usage(pointer))
                  for pointer in pointers if pointer[0] == _USAGE_DOMAIN]
        return Synset(tuple(name for name, _ in names), tuple(counts), tuple(usages))

    def _head(self, pointer: Sequence[str]) -> str:
        """What a sense key has of the adjective that another one is like."""
        names, _ = _names_and_rest(self._fields(ADJECTIVE, int(pointer[1])))
        name, number = names[0]
        return "%s:%02d" % (name.lower(), int(number, 16))

    def _usage(self, pointer: Sequence[str]) -> str:
        """The word for how something is used."""
        names, _ = _names_and_rest(self._fields(pointer[2], int(pointer[1])))
        return names[max(0, int(pointer[3][2:], 16) - 1)][0].lower()

    def _fields(self, part: str, offset: int) -> List[str]:
        """A line of a data file without the gloss."""
        data = self._data[part]
        fields = data[offset:data.find(b"|", offset)].decode("ascii").split()
        if fields[0] != "%08d" % offset:
            raise ValueError("no synset at byte %d" % offset)
        return fields


def _names_and_rest(fields: Sequence[str]) -> Tuple[List[Tuple[str, str]], Sequence[str]]:
    """[(lemma, number that tells it from others of its file)], and the fields that follow."""
    end = 4 + 2 * int(fields[3], 16)
    # Where an adjective may stand is written behind it: galore(ip).
    return [(name.partition("(")[0], number)
            for name, number in zip(fields[4:end:2], fields[5:end:2])], fields[end:]


def _lines(content) -> List[str]:
    return bytes(content).decode("ascii").split("\n")


def _index(content) -> Dict[str, str]:
    """{lemma: the rest of its line}."""
    # The licence is indented.
    return dict(line.split(" ", 1) for line in _lines(content) if line[:1] not in ("", " "))


def _exceptions(content) -> Dict[str, List[str]]:
    """{irregular form: its lemmas}."""
    return {form: lemmas for form, *lemmas in map(str.split, filter(None, _lines(content)))}


def _counts_and_occurrences(content) -> Tuple[Dict[str, int], Dict[Tuple[str, str], int]]:
    """How often each sense occurs, and how often each lemma does in all of its senses.

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
        of = _PARTS_OF_DIGITS[numbers[:1]], lemma
        occurrences[of] = occurrences.get(of, 0) + counts[key]
    return counts, occurrences
