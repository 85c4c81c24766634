"""Inflected forms of lemmas, and the kinds of form that a word may be."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.augmentation.inflection import (
    BASE,
    ING,
    PARTICIPLE,
    PAST,
    PLURAL,
    THIRD_PERSON,
    Inflection,
    kinds_of,
    looks_plural,
)
from bert_nq.augmentation.lexicon import Lexicon
from tests.augmentation.test_wordnet import real_wordnet

NOUNS = {"men": ["man"], "kine": ["cow"], "brethren": ["brother"], "policemen": ["policeman"],
         "loaves": ["loaf"],
         "theses": ["thesis"], "heroes": ["hero"], "taxes": ["tax", "taxis"], "aurae": ["aura"],
         "housewives": ["housewife"], "quizzes": ["quiz"]}
VERBS = {"stopped": ["stop"], "stopping": ["stop"], "wrote": ["write"], "written": ["write"],
         "rewrote": ["rewrite"], "rewritten": ["rewrite"], "overcame": ["overcome"],
         "mimicked": ["mimic"], "mimicking": ["mimic"], "hewn": ["hew"], "gasses": ["gas"],
         "travelled": ["travel"], "quizzes": ["quiz"], "quizzed": ["quiz"], "quizzing": ["quiz"]}
FORMS = Inflection(NOUNS, VERBS)


@pytest.mark.parametrize("lemma, plural", [
    ("town", "towns"), ("city", "cities"), ("day", "days"), ("box", "boxes"),
    ("church", "churches"), ("bush", "bushes"), ("glass", "glasses"), ("house", "houses"),
    ("man", "men"),
    ("policeman", "policemen"), ("human", "humans"), ("housewife", "housewives"),
    ("loaf", "loaves"),
    ("belief", "beliefs"), ("cliff", "cliffs"), ("hero", "heroes"), ("piano", "pianos"),
    ("studio", "studios"), ("thesis", "theses"), ("tax", "taxes"), ("cow", "cows"),
    ("brother", "brothers"), ("colloquy", "colloquies"), ("bonus", "bonuses"),
    # Uncertain.
    ("aura", None), ("quiz", None), ("people", None), ("sheep", None), ("information", None),
    ("physics", None), ("monarch", None), ("ghetto", None), ("shinto", None),
    ("alderman", None),
    ("premises", None), ("well-being", None), ("naïf", None), ("goldfish", None)])
def test_plurals(lemma, plural):
    assert FORMS.noun_forms(lemma).get(PLURAL) == plural
    assert FORMS.noun_forms(lemma)[BASE] == lemma


@pytest.mark.parametrize("lemma, forms", [
    ("play", "plays playing played played"),
    ("try", "tries trying tried tried"),
    ("make", "makes making made made"),
    ("die", "dies dying died died"),
    ("agree", "agrees agreeing agreed agreed"),
    ("pass", "passes passing passed passed"),
    ("stop", "stops stopping stopped stopped"),
    ("write", "writes writing wrote written"),
    ("rewrite", "rewrites rewriting rewrote rewritten"),
    ("put", "puts - put put"),  # "putting" is not in this list of exceptions.
    ("visit", "visits visiting visited visited"),
    ("travel", "travels traveling travelled travelled"),
    ("mimic", "mimics mimicking mimicked mimicked"),
    ("veto", "vetoes vetoing vetoed vetoed"),
    ("quiz", "quizzes quizzing quizzed quizzed"),
    ("overcome", "overcomes overcoming overcame overcome"),
    # Uncertain: a past that is not listed, an irregular one, a letter that may be doubled.
    ("overrun", "overruns - - -"),
    ("hew", "hews hewing - -"),
    ("grin", "grins - - -"),
    ("stage-manage", "- - - -")])
def test_verbs(lemma, forms):
    expected = {BASE: lemma}
    expected.update((kind, form) for kind, form in zip((THIRD_PERSON, ING, PAST, PARTICIPLE),
                                                       forms.split()) if form != "-")
    assert FORMS.verb_forms(lemma) == expected


def test_kinds():
    assert kinds_of("wrote", FORMS.verb_forms("write")) == {PAST}
    assert kinds_of("played", FORMS.verb_forms("play")) == {PAST, PARTICIPLE}
    assert kinds_of("put", FORMS.verb_forms("put")) == {BASE, PAST, PARTICIPLE}
    assert kinds_of("overcome", FORMS.verb_forms("overcome")) == {BASE, PARTICIPLE}
    assert kinds_of("played", FORMS.verb_forms("write")) == set()


def test_looks_plural():
    assert [word for word in "towns premises people glass bus basis town data".split()
            if looks_plural(word)] == ["towns", "premises", "people", "data"]


@given(st.text(max_size=12) | st.text("abceinosuyxz", min_size=1, max_size=8))
def test_no_lemma_is_too_wild(lemma):
    for forms in (FORMS.noun_forms(lemma), FORMS.verb_forms(lemma)):
        assert forms[BASE] == lemma
        assert all(form and " " not in form for kind, form in forms.items() if kind != BASE)


def test_the_real_wordnet_knows_all_forms_of_common_words():
    """WordNet finds the lemma of every form that is made from its own words."""
    lexicon = Lexicon(real_wordnet())
    forms = Inflection(lexicon.exceptions["n"], lexicon.exceptions["v"])
    made = wrong = 0
    for part, function, step in (("n", forms.noun_forms, 97), ("v", forms.verb_forms, 11)):
        for lemma in sorted(lexicon._index[part])[::step]:
            for form in function(lemma).values():
                made += 1
                wrong += lemma not in lexicon.base_forms(form, part)
    assert made > 2000
    assert wrong < 0.01 * made
