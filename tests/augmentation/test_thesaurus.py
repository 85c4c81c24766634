"""Synonyms of a word, inflected like the word."""
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.augmentation import wordnet
from bert_nq.augmentation.function_words import FUNCTION_WORDS, UNWANTED_WORDS
from bert_nq.augmentation.lexicon import Lexicon
from bert_nq.augmentation.thesaurus import TAGS, Entry, Thesaurus, ThesaurusOptions
from tests.augmentation.test_wordnet import real_wordnet
from tests.support import tiny_wordnet


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory):
    return Lexicon(wordnet.find(tiny_wordnet.write(tmp_path_factory.mktemp("wn"))))


@pytest.fixture(scope="module")
def thesaurus(lexicon):
    return Thesaurus(lexicon)


@pytest.mark.parametrize("token, synonyms", [
    ("film", "movie"),  # Not motion_picture, nor flick, which never has this sense in texts.
    ("movies", "films"),
    ("Films", "Movies"),
    ("cars", "automobiles"),
    ("cities", "towns settlements"),
    ("cow", "ox"),
    ("cows", "oxen"),
    ("ox", "cow"),
    ("hour", "period era"),
    ("taverns", "alehouses"),  # No counts: WordNet's order decides.
    ("play", "act"),
    ("plays", "acts"),
    ("playing", "acting"),
    ("played", "acted"),
    ("carried", "transported"),
    ("stopped", "halted"),
    ("halting", "stopping"),
    ("found", "discovered"),  # Far more often the past of find than "to found".
    ("wrote", "composed penned"),
    ("written", "composed penned"),
    ("big", "large"),
    ("quickly", "rapidly"),
    ("swift", "fast")])
def test_synonyms(thesaurus, token, synonyms):
    assert thesaurus.get(token) == Entry(tuple(synonyms.split()))


@pytest.mark.parametrize("token", [
    "light", "lights",  # A verb as often as a noun.
    "hit",  # A base form or the past.
    "baker", "Baker", "Springfield",  # Of several words; names.
    "bigger",  # A comparative.
    "fools",  # Its synonym is marked as archaic.
    "the", "The", "have", "first", "monday",
    "FILM", "FiLM", "film1", "1", "[film]", "film's", "", "-", "f", "unheard", "naïf", "film ",
    "film_", "moviest"])
def test_words_that_are_left_alone(thesaurus, token):
    assert thesaurus.get(token) is None


def test_forms_that_differ_for_participles(lexicon):
    entry = Thesaurus(lexicon, ThesaurusOptions("uniform")).get("played")
    assert entry == Entry(("acted", "underwent"), ("acted", "undergone"))


def test_all_senses(lexicon):
    thesaurus = Thesaurus(lexicon, ThesaurusOptions(sense="uniform"))
    assert thesaurus.get("films") == Entry(("movies", "flicks", "membranes"))
    assert thesaurus.get("town") == Entry(("city", "settlement"))  # Not Springfield.


@pytest.mark.parametrize("multi_word, synonyms", [
    ("exclude", ("movies",)), ("hyphen", ("movies", "motion-pictures")),
    ("underscore", ("movies", "motion_pictures"))])
def test_synonyms_of_several_words(lexicon, multi_word, synonyms):
    thesaurus = Thesaurus(lexicon, ThesaurusOptions(multi_word=multi_word))
    assert thesaurus.get("films") == Entry(synonyms)


def test_the_first_word_of_a_verb_of_several_words_is_inflected(lexicon):
    thesaurus = Thesaurus(lexicon, ThesaurusOptions("uniform", "hyphen"))
    assert thesaurus.get("plays").synonyms == ("acts", "undergoes")  # "part" is no small word.


def test_a_tag_decides(thesaurus):
    assert thesaurus.get_tagged("light", "NN") == Entry(("glow",))
    assert thesaurus.get_tagged("lights", "VBZ") == Entry(("ignites",))
    assert thesaurus.get_tagged("hit", "VBD") == Entry(("struck",))
    assert thesaurus.get_tagged("hit", "VB") == Entry(("strike",))
    assert thesaurus.get_tagged("played", "VBN") == Entry(("acted",))
    for token, tag in [("light", "NNP"), ("light", "NNS"), ("played", "VBG"), ("film", "JJ"),
                       ("the", "NN"), ("film", ".")]:
        assert thesaurus.get_tagged(token, tag) is None


def test_names(thesaurus):
    assert [word for word in "baker springfield town films".split() if thesaurus.is_name(word)] == [
        "baker", "springfield"]


def test_a_word_is_looked_up_once(lexicon, monkeypatch):
    thesaurus = Thesaurus(lexicon)
    entry = thesaurus.get("films")
    monkeypatch.setattr(thesaurus, "_lexicon", None)
    assert thesaurus.get("films") is entry


TOKENS = st.text(max_size=8) | st.text("abMm[-'_1 ", max_size=5) | st.sampled_from(
    [token for synset in tiny_wordnet.SYNSETS for token in synset[1]])


@given(TOKENS, st.sampled_from(sorted(TAGS) + ["NNP", "", "."]))
def test_no_token_is_too_wild(thesaurus, token, tag):
    for entry in (thesaurus.get(token), thesaurus.get_tagged(token, tag)):
        if entry:
            for synonym in entry.synonyms + entry.participles:
                assert re.fullmatch("[A-Za-z]?[a-z-]+", synonym)
                assert synonym.lower() != token.lower()


def test_the_real_wordnet():
    thesaurus = Thesaurus(Lexicon(real_wordnet()))
    assert "movies" in thesaurus.get("films").synonyms
    assert thesaurus.get("Constructed").synonyms[0] == "Built"
    assert "kine" not in str(Thesaurus(thesaurus._lexicon, ThesaurusOptions("uniform")).get("oxen"))


def test_the_real_wordnet_gives_no_rude_and_no_function_words():
    thesaurus = Thesaurus(Lexicon(real_wordnet()), ThesaurusOptions("uniform"))
    synonyms = set()
    for word in sorted(set().union(*thesaurus._lexicon._index.values()))[::29]:
        entry = thesaurus.get(word)
        synonyms.update(entry.synonyms + entry.participles if entry else ())
    assert len(synonyms) > 1000
    assert not synonyms & (UNWANTED_WORDS | FUNCTION_WORDS)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", synonym) for synonym in synonyms)
