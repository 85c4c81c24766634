"""Invented words, and names of people, places, works and companies made of them.

The checksum of an invented word decides its split, so that no name of a dev page, be it a title or
an answer, can occur in train, whatever the seed and the number of pages.
"""
import random
import unicodedata
import zlib
from typing import Set

SPLITS = ("train", "dev")

_ONSETS = ("b br c cl d dr f fr g gl gr h j k kl kr l m n p pr qu r s sh sk st t th tr v w y z "
           "tv sv vl").split()
_VOWELS = "a e i o u a e i o ae ei au ou ia".split()
_MIDDLES = "b d f g k l ll m n nd nt p r rr rd rk s ss sk st t th v x z lm rn".split()
_GIVEN_ENDS = "a e o el in an is us as ek ia ina ette or en ius".split()
_FAMILY_ENDS = ("er in an ov sen mar ski ez ard ell ow quist ander ic ano ette ulen orth ham "
                "strom").split()
_PLACE_ENDS = ("ora ia holm mere dale stad vik burg ona una aven ford eth olm ense anda esk wick "
               "ast ium").split()
_ACCENTS = {"a": "á", "e": "é", "o": "ö", "u": "ü", "i": "í"}

# English words of the pages' prose that the syllables above could also make.
_TAKEN = frozenset("""
    before began below beside broken climate close coast comic debate driven follow founder frame
    frozen garden given granite greek green later least level limestone master mirror mistake
    mistaken model narrow never novel paper pause piano prize proper quarrel rather remove river
    route runtime seven shadow shallow shape share shore stage stale state steel stone surname taken
    teller there these those together topic trade train travel traveller trivia village water window
    winter women wonder yellow
    """.split())

_WORK_NOUNS = ("Lantern Orchard Winter Daughter Garden Bridge Letter Mirror Silence Harbour Clock "
               "Shadow Voyage Crown Tower Song").split()
_COMPANY_NOUNS = "Works Shipyard Trading Press Motors Mills Brothers Institute Society Bank".split()


def split_of(word: str) -> str:
    """The split in which an invented word may be used; a fifth of all words belong to dev.

    Case and accents are ignored, since an uncased model does not see them.
    """
    plain = unicodedata.normalize("NFD", word.lower()).encode("ascii", "ignore")
    return "dev" if zlib.crc32(plain) % 5 == 0 else "train"


class Namer:
    """Draws names of one split.

    Attributes:
      used: the invented words drawn so far.
    """

    def __init__(self, rng: random.Random, split: str):
        if split not in SPLITS:
            raise ValueError("split is %r, not one of %s" % (split, ", ".join(SPLITS)))
        self._rng = rng
        self._split = split
        self.used: Set[str] = set()

    def _word(self, ends, middles: int) -> str:
        rng = self._rng
        while True:
            parts = [rng.choice(_ONSETS), rng.choice(_VOWELS)]
            for _ in range(middles):
                parts += [rng.choice(_MIDDLES), rng.choice(_VOWELS)]
            word = "".join(parts[:-1]) + rng.choice(ends) if middles else (
                "".join(parts) + rng.choice(_MIDDLES) + rng.choice(ends))
            if rng.random() < 0.04:
                # The last plain vowel takes an accent.
                at = max(word.rfind(v) for v in _ACCENTS)
                word = word[:at] + _ACCENTS[word[at]] + word[at + 1:]
            word = word.capitalize()
            if (len(word) >= 5 and word not in self.used and split_of(word) == self._split
                    and word.lower() not in _TAKEN):
                self.used.add(word)
                return word

    def given(self) -> str:
        return self._word(_GIVEN_ENDS, 0)

    def family(self) -> str:
        return self._word(_FAMILY_ENDS, 1)

    def person(self) -> str:
        return "%s %s" % (self.given(), self.family())

    def place(self) -> str:
        return self._word(_PLACE_ENDS, self._rng.choice((1, 1, 2)))

    def work(self) -> str:
        return "The %s of %s" % (self._rng.choice(_WORK_NOUNS), self.place())

    def company(self) -> str:
        name = self.family()
        if self._rng.random() < 0.1:
            return "%s & %s" % (name, self.family())
        return "%s %s" % (name, self._rng.choice(_COMPANY_NOUNS))
