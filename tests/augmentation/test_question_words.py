"""Questions without their question words."""
import collections

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.augmentation.augmentation import WordEdits
from bert_nq.augmentation.question_words import QuestionWords, shorter_questions
from tests.support.augmentation_samples import make_draws, make_example


@pytest.mark.parametrize("question, shorter", [
    ("who is the mayor of tovin", ["the mayor of tovin", "mayor of tovin"]),
    ("who is the mayor", ["the mayor"]),  # two words at least remain
    ("who invented the telephone", ["invented the telephone"]),
    ("when did tovin become a town", ["tovin become a town"]),
    ("where does a roadrunner live", ["a roadrunner live", "roadrunner live"]),
    ("what is the name of the river in tovin",
     ["the name of the river in tovin", "the river in tovin", "river in tovin"]),
    ("what type of town is tovin", ["type of town is tovin"]),
    ("how many people live in tovin", ["people live in tovin"]),
    ("how did tovin grow", ["tovin grow"]),
    ("in which year was tovin built", ["year was tovin built"]),
    ("what's the dog's name", ["the dog's name", "dog's name"]),
    ("Who Is the mayor of Tovin?", ["the mayor of Tovin?", "mayor of Tovin?"]),
    ("where is tovin located on a map",
     ["where is tovin located", "tovin located on a map", "tovin located"]),
    ("tovin and its rivers on a map?", ["tovin and its rivers?"]),
])
def test_shorter_questions(question, shorter):
    assert shorter_questions(question) == shorter


@pytest.mark.parametrize("question", [
    "tovin rivers", "who", "who is", "who is tovin", "", "in tovin who is mayor",
    "whoever built tovin", "the name of the river", "on a map", "[Q] who is the mayor"])
def test_no_shorter_questions(question):
    example = make_example("<P> a </P>", question=question)
    assert QuestionWords().edits(example, make_draws()) is None


def test_all_shorter_questions_are_equally_likely():
    example = make_example("<P> a </P>", question="what is the name of the river in tovin")
    edits = [QuestionWords().edits(example, make_draws(copy)) for copy in range(600)]
    assert all(words == {} for words, _ in edits)
    counts = collections.Counter(question for _, question in edits)
    # 200 of 600 with a standard deviation of 11.5.
    assert {question: n / 600 for question, n in counts.items()} == {
        question: pytest.approx(1 / 3, abs=0.08)
        for question in shorter_questions(example.question)}


def test_copies_are_reproducible():
    example = make_example("<P> a </P>", question="who is the mayor of tovin")
    edits = QuestionWords().edits(example, make_draws())
    assert edits == QuestionWords().edits(example, make_draws())
    assert edits in [WordEdits({}, question) for question in shorter_questions(example.question)]


WORDS = st.sampled_from(["who", "what", "is", "the", "name", "of", "how", "many", "in", "tovin",
                         "on", "a", "map", "please", "?", "", "[Q]", "what's", "caf\u00e9"])


@given(st.lists(WORDS, max_size=9).map(" ".join) | st.text())
def test_wild_questions(question):
    shorter = shorter_questions(question)
    assert len(set(shorter)) == len(shorter)
    for text in shorter:
        assert 2 <= len(text.split()) < len(question.split())
        left = iter(question.split())
        assert all(word in left for word in text.split() if word[-1] != "?")  # in their order
