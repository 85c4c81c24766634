"""English inflection: the inflected forms of a lemma, and the kind of form that a word is.

Forms come from spelling rules, from WordNet's exception lists (which hold all verbs that double
their last letter) and from short lists of irregular words. Where none of these is certain there is
no form and so no synonym: rather one word less replaced than one replaced wrongly.
"""
import collections
import re
from typing import Dict, FrozenSet, List, Mapping, Optional, Tuple

from bert_nq.augmentation.irregular_forms import (
    NOUN_ENDINGS,
    NOUNS,
    PLURAL_LOOKING,
    VERB_PREFIXES,
    VERBS,
    WITHOUT_PLURAL,
)

BASE, PLURAL, THIRD_PERSON, ING, PAST, PARTICIPLE = range(6)
NOUN_KINDS = (BASE, PLURAL)
VERB_KINDS = (BASE, THIRD_PERSON, ING, PAST, PARTICIPLE)

_CONSONANT_Y = re.compile(r"([^aeiou]|qu)y$")
_CONSONANT_O = re.compile(r"[^aeiou]o$")
_SIBILANT = re.compile(r"(s|x|z|ch|sh)$")
# One syllable that doubles its last letter: stop, plan; not rain, fix, play, sew.
_DOUBLES = re.compile(r"^[^aeiou]*(qu)?[aeiou][^aeiouwxy]$")
# Spelling does not tell whether ch is spoken k or ch: monarchs, epochs, but churches, arches.
_HARD_CH = re.compile(r"(.arch|mach|poch|loch|tech)$")
_LETTERS = re.compile(r"[a-z]+")


class Inflection:
    """Inflects English nouns and verbs."""

    def __init__(self, noun_exceptions: Mapping[str, List[str]],
                 verb_exceptions: Mapping[str, List[str]]):
        """
        Args:
          noun_exceptions: WordNet's noun.exc as {form: its lemmas}.
          verb_exceptions: WordNet's verb.exc, likewise.
        """
        self._nouns = _inverted(noun_exceptions)
        self._verbs = _inverted(verb_exceptions)

    def noun_forms(self, lemma: str) -> Dict[int, str]:
        """{kind: form} of a lower-case noun; uncertain forms are missing."""
        forms = {BASE: lemma}
        plural = self._plural(lemma)
        if plural:
            forms[PLURAL] = plural
        return forms

    def verb_forms(self, lemma: str) -> Dict[int, str]:
        """{kind: form} of a lower-case verb; uncertain forms are missing."""
        forms = {BASE: lemma}
        if not _LETTERS.fullmatch(lemma):
            return forms
        exceptions = self._verbs.get(lemma, frozenset())
        third_person = _one([form for form in exceptions if form.endswith("s")],
                            _third_person(lemma))
        ing = _one([form for form in exceptions if form.endswith("ing")], _ing(lemma))
        past, participle = self._past_and_participle(lemma, exceptions) or (None, None)
        forms.update((kind, form) for kind, form in (
            (THIRD_PERSON, third_person), (ING, ing), (PAST, past), (PARTICIPLE, participle))
            if form)
        return forms

    def _plural(self, lemma: str) -> Optional[str]:
        if lemma in NOUNS:
            return NOUNS[lemma]
        if lemma in WITHOUT_PLURAL or not _LETTERS.fullmatch(lemma):
            return None
        exceptions = self._nouns.get(lemma)
        if not exceptions:
            return _regular_plural(lemma)
        likely = {lemma[:-len(ending)] + plural for ending, plural in NOUN_ENDINGS
                  if lemma.endswith(ending)}
        # WordNet lists some forms as exceptions that the rules give too: heroes, taxes.
        if _SIBILANT.search(lemma) or _CONSONANT_O.search(lemma):
            likely.add(lemma + "es")
        return _one(sorted(exceptions & likely), None)

    def _past_and_participle(self, lemma: str,
                             exceptions: FrozenSet[str]) -> Optional[Tuple[str, str]]:
        if lemma in VERBS:
            return VERBS[lemma]
        for base in _bases(lemma):
            if base in VERBS:
                prefix = lemma[:-len(base)]
                forms = tuple(prefix + form for form in VERBS[base])
                is_certain = all(form == lemma or form in exceptions
                                 or form == _regular_past(lemma) for form in forms)
                return forms if is_certain else None
        pasts = [form for form in exceptions if not form.endswith(("s", "ing"))]
        if not all(form.endswith("ed") for form in pasts):
            return None  # An irregular verb that is not in our list.
        past = _one(pasts, _regular_past(lemma))
        return (past, past) if past else None


def kinds_of(word: str, forms: Mapping[int, str]) -> FrozenSet[int]:
    """The kinds of form that a word may be; "put" may be several.

    Args:
      word: the word, in lower case.
      forms: {kind: form} of its lemma.
    """
    return frozenset(kind for kind, form in forms.items() if form == word)


def looks_plural(lemma: str) -> bool:
    """Whether the base form of a noun takes a plural verb: premises, people."""
    return lemma in PLURAL_LOOKING or (
        lemma.endswith("s") and not lemma.endswith(("ss", "us", "is")))


def _inverted(exceptions: Mapping[str, List[str]]) -> Dict[str, FrozenSet[str]]:
    """{lemma: its irregular forms}, from {form: its lemmas}."""
    forms_of = collections.defaultdict(set)
    for form, lemmas in exceptions.items():
        for lemma in lemmas:
            if lemma != form:
                forms_of[lemma].add(form)
    return {lemma: frozenset(forms) for lemma, forms in forms_of.items()}


def _one(exceptions: List[str], regular: Optional[str]) -> Optional[str]:
    """The only exception, or the regular form if there is none; None where several compete."""
    if not exceptions:
        return regular
    return exceptions[0] if len(exceptions) == 1 else None


def _regular_plural(lemma: str) -> Optional[str]:
    if (lemma.endswith(("man", "sis", "xis", "fe", "lf", "fish", "craft", "ics", "ae", "ii"))
            or (lemma.endswith("s") and not lemma.endswith(("ss", "us")))
            or (lemma.endswith("z") and not lemma.endswith("tz"))
            or _CONSONANT_O.search(lemma) or _HARD_CH.search(lemma)):
        return None
    return _with_s(lemma)


def _third_person(lemma: str) -> Optional[str]:
    if _HARD_CH.search(lemma) or re.search(r"[^z]z$|[aeiou]s$", lemma) and len(lemma) < 5:
        return None
    return lemma + "es" if _CONSONANT_O.search(lemma) else _with_s(lemma)


def _with_s(lemma: str) -> str:
    if _CONSONANT_Y.search(lemma):
        return lemma[:-1] + "ies"
    return lemma + ("es" if _SIBILANT.search(lemma) else "s")


def _doubles(lemma: str) -> bool:
    """Whether the last letter is likely to be doubled: stop, overrun."""
    return any(map(_DOUBLES.match, [lemma] + [base for base in _bases(lemma) if base in VERBS]))


def _bases(lemma: str) -> List[str]:
    """The verbs that remain of a verb without each of its possible prefixes: "run" of "overrun"."""
    if not lemma.startswith(VERB_PREFIXES):
        return []
    return [lemma[len(prefix):] for prefix in VERB_PREFIXES if lemma.startswith(prefix)]


def _ing(lemma: str) -> Optional[str]:
    if _doubles(lemma) or lemma.endswith(("c", "nge")):
        return None  # An exception that is not listed; "changing" but "singeing".
    if lemma.endswith("ie"):
        return lemma[:-2] + "ying"
    if lemma.endswith("e") and not lemma.endswith(("ee", "oe", "ye")):
        return lemma[:-1] + "ing"
    return lemma + "ing"


def _regular_past(lemma: str) -> Optional[str]:
    if _doubles(lemma) or lemma.endswith("c"):
        return None
    if _CONSONANT_Y.search(lemma):
        return lemma[:-1] + "ied"
    return lemma + ("d" if lemma.endswith("e") else "ed")
