"""Synonyms from a small thesaurus: which words are replaced, how often, and by what."""
from bert_nq.augmentation.augmentation import WordEdits
from bert_nq.augmentation.source_synonyms import SourceSynonymOptions, SourceSynonyms
from bert_nq.augmentation.synonyms import SynonymOptions, Synonyms
from bert_nq.augmentation.thesaurus import Entry
from tests.support.augmentation_samples import make_draws, make_example
from tests.support.nq_pages import make_annotation


class Words:
    """A thesaurus, and a source of first lemmas, of a few words."""

    def __init__(self, **synonyms):
        self._synonyms = synonyms

    def get(self, token):
        found = self._synonyms.get(token)
        return Entry(tuple(found)) if found else None

    def is_name(self, word):
        return False


class Lemmas(Words):
    def get(self, word):
        return tuple(self._synonyms.get(word, ()))


def synonyms(rate=1.0, words="context", **known):
    return Synonyms(SynonymOptions(rate, words), Words(**known))


def test_one_word_in_five():
    page = make_example("<P> " + "town river " * 10000 + "</P>")
    edits = synonyms(0.2, town=["city"]).edits(page, make_draws())
    assert set(edits.words.values()) == {"city"}
    assert all(page.tokens[i] == "town" for i in edits.words)
    assert 1840 <= len(edits.words) <= 2160  # of 10,000, four standard deviations
    assert edits == synonyms(0.2, town=["city"]).edits(page, make_draws())
    assert edits != synonyms(0.2, town=["city"]).edits(page, make_draws(copy=1))


def test_answers_names_markers_and_tags_stay():
    page = make_example("<P> the town of Town [Q] has a town </P>", [make_annotation(0, [(8, 9)])])
    known = {"town": ["city"], "Town": ["City"], "[Q]": ["x"], "<P>": ["y"]}
    assert synonyms(**known).edits(page, make_draws()) == WordEdits({2: "city"})
    assert synonyms(words="answer", **known).edits(page, make_draws()) == WordEdits({8: "city"})


def test_the_synonym_fits_the_article_before_it():
    page = make_example("<P> a town </P>")
    edits = synonyms(town=["area", "city"]).edits(page, make_draws())
    assert edits == WordEdits({2: "city"})
    assert synonyms(town=["area"]).edits(page, make_draws()) is None


def test_a_page_without_known_words_has_no_copy():
    assert synonyms().edits(make_example("<P> a town </P>"), make_draws()) is None


def test_the_question():
    page = make_example("<P> a river </P>", question="which town is it", title="It")
    assert synonyms(words="question", town=["city"]).edits(page, make_draws()) == WordEdits(
        {}, "which city is it")


def test_source_synonyms():
    page = make_example("<P> town " + "town [Q] " * 5000 + "</P>",
                        [make_annotation(0, [(2, 10002)])])
    lemmas = Lemmas(**{"town": ["city", "settlement"], "[Q]": ["x"]})
    edits = SourceSynonyms(SourceSynonymOptions(), lemmas).edits(page, make_draws())
    assert set(edits.words.values()) == {"city", "settlement"}
    assert 1 not in edits.words and all(page.tokens[i] == "town" for i in edits.words)
    assert 880 <= len(edits.words) <= 1120  # of 5,000
    assert SourceSynonyms(SourceSynonymOptions(), Lemmas()).edits(page, make_draws()) is None
