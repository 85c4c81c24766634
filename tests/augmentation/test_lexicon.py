"""WordNet's words: our lexicon finds the same as NLTK in the same files."""
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.augmentation import wordnet
from bert_nq.augmentation.lexicon import Lexicon
from bert_nq.base.errors import UserError
from tests.augmentation.test_wordnet import real_wordnet
from tests.support import nltk_wordnet, tiny_wordnet


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return wordnet.find(tiny_wordnet.write(tmp_path_factory.mktemp("wn")))


@pytest.fixture(scope="module")
def lexicon(files):
    return Lexicon(files)


def test_senses_and_counts(lexicon):
    assert [(synset.lemmas, synset.counts) for synset in lexicon.senses("film", "n")] == [
        (("film", "movie", "motion_picture", "flick"), (38, 26, 9, 0)),
        (("film", "membrane"), (16, 4))]
    assert lexicon.occurrences("film", "n") == 54
    assert (list(lexicon.senses("film", "v")), lexicon.occurrences("film", "v")) == ([], 0)


def test_how_words_are_used(lexicon):
    synset = next(lexicon.senses("fool", "n"))
    assert (synset.usages_of(0), synset.usages_of(1)) == (["archaism"], [])


@pytest.mark.parametrize("word, part, bases", [
    ("towns", "n", ["town"]), ("town", "n", ["town"]), ("wrote", "v", ["write"]),
    ("stopping", "v", ["stop"]), ("found", "v", ["found", "find"]), ("biggest", "a", ["big"]),
    ("quickly", "r", ["quickly"]), ("Town", "n", []), ("", "n", []), ("s", "n", [])])
def test_base_forms(lexicon, word, part, bases):
    assert lexicon.base_forms(word, part) == bases


@given(st.text(max_size=8) | st.text("abcdefimnorst_'-. %", max_size=8),
       st.sampled_from(wordnet.PARTS_OF_SPEECH))
def test_no_word_is_too_wild(lexicon, word, part):
    for base in lexicon.base_forms(word, part):
        assert list(lexicon.senses(base, part))
    assert lexicon.occurrences(word, part) >= 0


@pytest.mark.parametrize("step", [1, 23])
def test_nltk_finds_the_same(files, lexicon, step):
    if step > 1:
        files = real_wordnet()
        lexicon = Lexicon(files)
    reader = nltk_wordnet.open_reader(files)
    compared = 0
    for part in wordnet.PARTS_OF_SPEECH:
        lemmas = sorted(reader.all_lemma_names(part))[::step]
        for lemma in lemmas:
            theirs = [synset for synset in dict.fromkeys(reader.synsets(lemma, part))
                      if lemma in map(str.lower, synset.lemma_names())]
            assert [as_ours(synset) for synset in theirs] == [
                (synset.lemmas, synset.counts, sorted(synset.usages))
                for synset in lexicon.senses(lemma, part)]
            compared += len(theirs)
            for word in (lemma, lemma + "s", lemma[:-1] + "ed", lemma + "est"):
                # Where there is none, some releases of NLTK look for base forms of base forms.
                bases = lexicon.base_forms(word, part)
                assert not bases or bases == reader._morphy(word, part)
    assert compared >= (len(tiny_wordnet.SYNSETS) if step == 1 else 8000)


def as_ours(synset):
    """(lemmas, counts, usages) of a synset of NLTK's."""
    usages = [(0, domain.name().split(".")[0]) for domain in synset.usage_domains()]
    usages += [(number, domain.name().split(".")[0].lower())
               for number, lemma in enumerate(synset.lemmas(), 1)
               for domain in lemma.usage_domains()]
    return (tuple(synset.lemma_names()), tuple(lemma.count() for lemma in synset.lemmas()),
            sorted(usages))


@pytest.mark.parametrize("name, text", [
    ("index.noun", "zebra\n"), ("verb.exc", "\u00e9t\u00e9 be\n"),
    ("cntlist.rev", "ox%1:05:00:: 1\n"), ("cntlist.rev", "ox%1:05:00:: 1 x\n")])
def test_a_broken_file_is_named(tmp_path, name, text):
    folder = tiny_wordnet.write(tmp_path)
    with open(os.path.join(folder, name), "a", encoding="utf8") as f:
        f.write(text)
    with pytest.raises(UserError, match="cannot read WordNet in .*%s.*nltk.downloader" % name):
        Lexicon(wordnet.find(folder))


@pytest.mark.parametrize("line", [
    "zebra n one", "zebra n 2 0 2 0 00000031", "zebra n 1 0 1 0 00000031", "zebra n 0",
    "zebra n 1 0 1 0 99999999", "zebra n"])
def test_a_broken_entry_is_reported_when_it_is_looked_up(tmp_path, line):
    folder = tiny_wordnet.write(tmp_path)
    with open(os.path.join(folder, "index.noun"), "a") as f:
        f.write(line + "\n")
    lexicon = Lexicon(wordnet.find(folder))
    with pytest.raises(UserError, match="cannot read WordNet in .*nltk.downloader"):
        list(lexicon.senses("zebra", "n"))
