"""Typing errors: what they do to a word, and how many words they change."""
import collections

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.augmentation.augmentation import WORDS, choose_words
from bert_nq.augmentation.typos import NEIGHBOURS, Typos
from bert_nq.base.errors import UserError
from tests.support.augmentation_samples import edits_of, long_example, make_draws, make_example
from tests.support.examples import with_examples
from tests.support.nq_pages import make_annotation
from tests.support.wild_pages import wild_pages


def typo(word, error, where=0.0, which=0.0):
    """Error 0 swaps letters, 1 drops, 2 doubles one, 3 hits the next key."""
    return Typos(0.1).changed(word, [error / 4, where, which])


@pytest.mark.parametrize("word, error, where, which, result", [
    ("river", 0, 0, 0, "rvier"),  # letters 1 and 2
    ("river", 0, 0.99, 0, "rivre"),  # letters 3 and 4
    ("cooler", 0, 0, 0, "coloer"),  # letters 1 and 2 are equal
    ("river", 1, 0, 0, "rver"), ("river", 1, 0.99, 0, "rive"),
    ("river", 2, 0, 0, "riiver"), ("river", 2, 0.99, 0, "riverr"),
    ("river", 3, 0, 0, "ruver"),  # u is left of i
    ("RIVER", 3, 0, 0.3, "ROVER"),  # o is right of it
    ("\u0436\u0438\u0437\u043d\u044c", 3, 0, 0, "\u0436\u0437\u043d\u044c"),  # no such keys
    ("baaa", 0, 0, 0, "baa"),  # no two letters to swap
])
def test_each_error(word, error, where, which, result):
    assert typo(word, error, where, which) == result


@pytest.mark.parametrize("word", ["the", "1904", "co-op", "it's", "U.S.", "a1bcd", "[Q]", "....."])
def test_words_that_stay(word):
    assert [typo(word, error) for error in range(4)] == [None] * 4


def test_adjacent_keys():
    assert set(NEIGHBOURS["s"]) == set("adwezx")
    assert set(NEIGHBOURS["q"]) == set("wa")
    assert set(NEIGHBOURS["m"]) == set("njk")
    assert set(NEIGHBOURS["P"]) == set("OL")
    assert len(NEIGHBOURS) == 52
    assert all(letter in NEIGHBOURS[key] for letter in NEIGHBOURS for key in NEIGHBOURS[letter])


@pytest.mark.parametrize("rate", [0.02, 0.2, 1])
def test_the_share_of_words_with_an_error(rate):
    example = long_example(10000, 50)
    words = Typos(rate).edits(example, make_draws()).words
    assert len(words) / 10000 == pytest.approx(rate, abs=0.02)
    assert all(new != example.tokens[i] and new[0] == example.tokens[i][0]
               for i, new in words.items())
    lengths = collections.Counter(len(new) - 5 for new in words.values())
    # One in four drops a letter, one in four doubles one; those without two letters to swap drop.
    assert lengths[1] / len(words) == pytest.approx(0.25, abs=0.1)
    assert lengths[-1] / len(words) == pytest.approx(0.25, abs=0.1)


#        0     1    2   3      4     5    6
TEXT = "<P> Tovin lies beside river Arel </P>"


@pytest.mark.parametrize("words, places, in_question", [
    ("context", {1, 2, 3}, False), ("answer", {4, 5}, False), ("both", {1, 2, 3, 4, 5}, False),
    ("question", set(), True), ("all", {1, 2, 3, 4, 5}, True)])
def test_which_words(words, places, in_question):
    example = make_example(TEXT, [make_annotation(0, [(4, 6)])], question="where does tovin lie ?")
    edits = Typos(1, words).edits(example, make_draws())
    assert set(edits.words) == places
    if not in_question:
        assert edits.question is None
    else:
        changed = [old != new for old, new in zip(example.question.split(" "),
                                                  edits.question.split(" "))]
        assert changed == [True, True, True, False, False]  # "lie" and "?" are too short


def test_the_question_does_not_get_the_errors_of_the_page():
    words = ["river"] * 20
    edits = Typos(1, "all").edits(make_example(words, question=" ".join(words)), make_draws())
    assert edits.question.split(" ") != list(edits.words.values())


def test_nothing_to_change():
    assert Typos(1, "all").edits(make_example([], question=""), make_draws()) is None
    example = make_example("<P> a [Paragraph] , </P>", question="who is")
    assert Typos(1, "all").edits(example, make_draws()) is None
    assert Typos(1e-9).edits(make_example(TEXT), make_draws()) is None


def test_copies_are_reproducible_and_differ():
    one, again, other = [Typos(0.2).edits(long_example(200, 20), make_draws(copy))
                         for copy in (0, 0, 1)]
    assert one == again != other


def test_invalid_settings():
    with pytest.raises(UserError, match="--rate must be above 0 and at most 1, it is 0"):
        Typos(0)
    with pytest.raises(UserError, match="--words must be context or answer or both or question or "
                       "all, it is 'x'"):
        Typos(0.2, "x")


@with_examples(60)
@given(wild_pages(), wild_pages(simplified=True), st.sampled_from(WORDS),
       st.sampled_from([0.1, 1]))
def test_wild_pages(original, simplified, words, rate):
    for example, edits in edits_of(Typos(rate, words), original, simplified):
        assert set(edits.words) <= set(choose_words(example, words).tokens.tolist())
        for i, new in edits.words.items():
            old = example.tokens[i]
            assert new != old and new[0] == old[0] and new.isalpha() and len(old) >= 4
        assert edits.question is None or edits.question != example.question
