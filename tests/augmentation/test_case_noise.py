"""Case noise: the forms of a word, and the share of words that change."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.augmentation.augmentation import WORDS, WordEdits, choose_words
from bert_nq.augmentation.case_noise import CaseNoise
from bert_nq.base.errors import UserError
from tests.support.augmentation_samples import edits_of, long_example, make_draws, make_example
from tests.support.examples import with_examples
from tests.support.nq_pages import make_annotation
from tests.support.wild_pages import wild_pages


def forms(word):
    return [CaseNoise(0.1).changed(word, [number, 0.5, 0.5]) for number in (0, 0.4, 0.99)]


@pytest.mark.parametrize("word, expected", [
    ("town", ["TOWN", "TOWN", "Town"]), ("Town", ["town", "town", "TOWN"]),
    ("NASA", ["nasa", "nasa", "nASA"]), ("iPod", ["ipod", "IPOD", "IPod"]),
    ("a", ["A", "A", "A"]), ("U.S.", ["u.s.", "u.s.", "u.S."]),
    ("\u00e9t\u00e9", ["\u00c9T\u00c9", "\u00c9T\u00c9", "\u00c9t\u00e9"]),
    ("1904", [None] * 3), (",", [None] * 3), ("\u4e2d", [None] * 3)])
def test_the_forms_of_a_word(word, expected):
    assert forms(word) == expected


@pytest.mark.parametrize("rate", [0.02, 0.2, 1])
def test_the_share_of_changed_words(rate):
    example = long_example(10000, 50)
    words = CaseNoise(rate).edits(example, make_draws()).words
    assert len(words) / 10000 == pytest.approx(rate, abs=0.02)
    capitals = sum(new.isupper() for new in words.values())
    assert capitals / len(words) == pytest.approx(0.5, abs=0.15)  # else the first letter's


def test_which_words():
    example = make_example("<P> a b [c] 4 d </P>", [make_annotation(0, [(5, 6)])],
                           question="who is [Q] 4")
    draws = make_draws()
    assert CaseNoise(1, "context").edits(example, draws) == WordEdits({1: "A", 2: "B"})
    assert CaseNoise(1, "answer").edits(example, draws) == WordEdits({5: "D"})
    assert CaseNoise(1, "both").edits(example, draws) == WordEdits({1: "A", 2: "B", 5: "D"})
    words, question = CaseNoise(1, "question").edits(example, draws)
    assert words == {}
    assert question.lower() == "who is [q] 4" and "[Q] 4" in question
    assert question.split()[0] in ("WHO", "Who") and question.split()[1] in ("IS", "Is")
    words, same_question = CaseNoise(1, "all").edits(example, draws)
    assert (words, same_question) == ({1: "A", 2: "B", 5: "D"}, question)


def test_words_with_a_blank_stay():
    example = make_example(["<P>", "a b", "c\u00a0d", "</P>"], question="  ")
    assert CaseNoise(1, "all").edits(example, make_draws()) is None


def test_copies_are_reproducible_and_differ():
    one, again, other = [CaseNoise(0.2).edits(long_example(200, 20), make_draws(copy))
                         for copy in (0, 0, 1)]
    assert one == again != other


def test_invalid_settings():
    with pytest.raises(UserError, match="--rate must be above 0 and at most 1, it is -1"):
        CaseNoise(-1)
    with pytest.raises(UserError, match="--words must be"):
        CaseNoise(0.2, "x")


@with_examples(60)
@given(wild_pages(), wild_pages(simplified=True), st.sampled_from(WORDS),
       st.sampled_from([0.1, 1]))
def test_wild_pages(original, simplified, words, rate):
    for example, edits in edits_of(CaseNoise(rate, words), original, simplified):
        assert set(edits.words) <= set(choose_words(example, words).tokens.tolist())
        for i, new in edits.words.items():
            assert new != example.tokens[i] and example.tokens[i][0] != "["
            assert new.split() == [new]
