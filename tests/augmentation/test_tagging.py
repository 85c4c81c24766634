"""Parts of speech by NLTK's tagger: with a small one trained here, and without any."""
import os
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.tag.perceptron import PerceptronTagger

from bert_nq.augmentation import tagging, wordnet
from bert_nq.augmentation.augmentation import WordEdits
from bert_nq.augmentation.lexicon import Lexicon
from bert_nq.augmentation.synonyms import SynonymOptions, Synonyms
from bert_nq.augmentation.tagging import Sentences, open_tagger, tagger_of, wants_tagger
from bert_nq.augmentation.thesaurus import Entry, Thesaurus
from bert_nq.base.errors import UserError
from tests.support import tiny_wordnet
from tests.support.augmentation_samples import make_draws, make_example

SENTENCES = [[tuple(word.split("/")) for word in text.split()] for text in (
    "the/DT light/NN is/VBZ big/JJ ./.",
    "they/PRP light/VBP the/DT films/NNS ./.",
    "they/PRP played/VBD quickly/RB ./.",
    "the/DT film/NN was/VBD played/VBN ./.",
    "the/DT Light/NNP Brigade/NNP played/VBD ./.")]


def trained():
    tagger = PerceptronTagger(load=False)
    tagger.train(SENTENCES, nr_iter=8)
    return tagger


@pytest.fixture(scope="module")
def tagger():
    return tagger_of(trained())


@pytest.fixture(scope="module")
def thesaurus(tmp_path_factory):
    files = wordnet.find(tiny_wordnet.write(tmp_path_factory.mktemp("wn")))
    return Thesaurus(Lexicon(files))


@pytest.fixture
def nltk_data(monkeypatch, tmp_path):
    """The only folder where NLTK looks for data; it is empty."""
    monkeypatch.setattr("nltk.data.path", [str(tmp_path)])
    return tmp_path


def install(nltk_data):
    """Puts the small tagger where NLTK looks for its own."""
    folder = nltk_data / "taggers" / tagging._data_name()
    os.makedirs(str(folder), mode=0o755)
    model = trained()
    if hasattr(model, "save_to_json"):
        model.save_to_json(lang="eng", loc=str(folder))
    else:
        with open(str(folder / "averaged_perceptron_tagger.pickle"), "wb") as f:
            pickle.dump((model.model.weights, model.tagdict, model.classes), f)


def test_without_its_data(nltk_data):
    assert open_tagger("auto") is open_tagger("wordnet") is None
    for function in (wants_tagger, open_tagger):
        with pytest.raises(UserError, match="python -m nltk.downloader averaged_perceptron_tagger"):
            function("tagger")


def test_with_its_data(nltk_data):
    install(nltk_data)
    for pos in ("auto", "tagger"):
        assert wants_tagger(pos)
        assert open_tagger(pos)(["they", "light", "the", "films"]) == ["PRP", "VBP", "DT", "NNS"]
    assert not wants_tagger("wordnet")
    assert open_tagger("wordnet") is None


def test_data_that_cannot_be_read(nltk_data):
    os.makedirs(str(nltk_data / "taggers" / tagging._data_name()))
    with pytest.raises(UserError, match="NLTK's tagger.*python -m nltk.downloader"):
        open_tagger("tagger")


def test_sentences_end_at_tags_and_full_stops():
    tokens = "<P> a b . c d </P> <P> e ? </P>".split()
    asked = []

    def tags(words):
        asked.append(" ".join(words))
        return ["tag of " + word for word in words]

    sentences = Sentences(tokens, [token[0] == "<" for token in tokens], tags)
    assert [sentences.tag(i) for i in (5, 1, 4, 2, 8)] == [
        "tag of " + word for word in "d a c b e".split()]
    assert asked == ["c d", "a b .", "e ?"]


@given(st.lists(st.sampled_from(["a", ".", "<P>", ""]), min_size=1, max_size=200))
def test_each_word_has_the_tag_of_its_place(tokens):
    is_html = [token == "<P>" for token in tokens]
    numbers = ["%d" % i if token == "a" else token for i, token in enumerate(tokens)]
    sentences = Sentences(numbers, is_html, lambda words: list(words))
    for i, html in enumerate(is_html):
        if not html:
            assert sentences.tag(i) == numbers[i]


def replaced(text, thesaurus, tagger, **options):
    edits = Synonyms(SynonymOptions(**options), thesaurus, tagger).edits(make_example(text),
                                                                         make_draws())
    return edits and edits.words


def test_the_tagger_decides(thesaurus, tagger):
    assert replaced("<P> the light is big . </P>", thesaurus, tagger, rate=1.0) == {
        2: "glow", 4: "large"}
    assert replaced("<P> they light the films . </P>", thesaurus, tagger, rate=1.0) == {
        2: "ignite", 4: "movies"}
    # WordNet's counts cannot tell which part of speech "light" is.
    assert replaced("<P> they light the films . </P>", thesaurus, None, rate=1.0) == {4: "movies"}


def test_a_name_by_the_tagger(thesaurus):
    def names(words):
        return ["NNP" if word == "Film" else "NN" for word in words]

    text = "<P> Film is light . </P>"
    assert replaced(text, thesaurus, None, rate=1.0) == {1: "Movie"}
    assert replaced(text, thesaurus, names, rate=1.0) == {3: "glow"}


def test_the_share_counts_words_with_the_right_tag(thesaurus):
    """Half of the words "light" are adjectives, which have no synonym."""
    text = "<P> " + "light dark . light film . " * 5000 + "</P>"

    def tags(words):
        return ["JJ" if words[1:2] == ["dark"] else "NN", "NN", "."][:len(words)]

    words = replaced(text, thesaurus, tags, rate=0.2)
    page = make_example(text)
    lights = [i for i in words if page.tokens[i] == "light"]
    assert all(page.tokens[i + 1] == "film" for i in lights)
    assert 880 <= len(lights) <= 1120  # of 5,000, four standard deviations


def test_questions_are_tagged(thesaurus, tagger):
    page = make_example("<P> a b </P>", question="they light the films", title="x")
    edits = Synonyms(SynonymOptions(1.0, "question"), thesaurus, tagger).edits(page, make_draws())
    assert edits == WordEdits({}, "they ignite the movies")


TOKENS = st.text(max_size=4) | st.sampled_from(
    "film Film FILM a An the light played . [Q] have - by city towns".split())


@given(st.lists(st.tuples(TOKENS.map(lambda text: text.replace(" ", "")), st.booleans()),
                min_size=1, max_size=30),
       st.text(max_size=20), st.booleans(), st.sampled_from([0.2, 1.0]))
def test_no_page_is_too_wild(thesaurus, tagger, tokens, question, tags, rate):
    page = make_example("<P> a </P>")._replace(
        tokens=[token for token, _ in tokens], is_html=[html for _, html in tokens],
        candidates=[], question=question)
    edits = Synonyms(SynonymOptions(rate, "all"), thesaurus, tagger if tags else None).edits(
        page, make_draws())
    if edits is None:
        return
    assert edits.words or edits.question is not None
    for i, word in edits.words.items():
        assert not page.is_html[i] and page.tokens[i][:1] != "["
        assert word and not any(map(str.isspace, word)) and word != page.tokens[i]
    if edits.question is not None:
        assert edits.question.count(" ") == question.count(" ") and edits.question != question


@pytest.mark.parametrize("text, expected", [
    ("they played", "underwent"), ("they have played", "undergone"), ("it was widely played",
     "undergone"), ("films played by", "undergone"), ("the played", "undergone"),
    ("they have . They played", "underwent")])
def test_past_or_participle_by_neighbouring_words(text, expected):
    class Both:
        def get(self, token):
            return Entry(("underwent",), ("undergone",)) if token == "played" else None

    page = make_example("<P> %s </P>" % text)
    edits = Synonyms(SynonymOptions(1.0), Both()).edits(page, make_draws())
    assert list(edits.words.values()) == [expected]


def test_numbers_are_the_same_in_all_processes(thesaurus):
    page = make_example("<P> " + "film city town " * 50 + "</P>")
    first = Synonyms(SynonymOptions(), thesaurus).edits(page, make_draws())
    other = Synonyms(SynonymOptions(), Thesaurus(thesaurus._lexicon))
    other.edits(make_example("<P> town film </P>"), make_draws(copy=7))
    assert other.edits(page, make_draws()) == first
    assert np.ptp(sorted(first.words)) > 50
