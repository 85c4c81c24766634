"""Texts of answers, normalised and compared."""
import pytest

from bert_nq.scoring.squad import texts


@pytest.mark.parametrize("text, expected", [
    ("The Cat sat.", "cat sat"),
    ("an  A\tthe\n", ""),
    ("", ""),
    # Punctuation goes before articles: T-he and the. are articles, a.b is one word.
    ("T-he cat", "cat"), ("the.", ""), ("a.b", "ab"), ("a's", "as"), ("A_N", ""),
    # Letters around make no article, whatever the alphabet.
    ("theatre anna", "theatre anna"), ("\u00e9a the\u00e9", "\u00e9a the\u00e9"),
    # Characters beyond ASCII are no punctuation, but some end words.
    ("the\u2013end a\u2019s", "\u2013end \u2019s"), ("\u201cThe\u201d end", "\u201c \u201d end"),
    # All blanks of Unicode part words; zero-width ones are none.
    ("a\u00a0b\u3000c\u202fd", "b c d"), ("x\u200by", "x\u200by"),
    ("\u0130stanbul STRASSE \u1e9e", "i\u0307stanbul strasse \u00df"),
    ("$5,000 (U.S.)", "5000 us")])
def test_normalised(text, expected):
    assert texts.normalised(text) == expected


@pytest.mark.parametrize("answers, drop_empty, expected", [
    (["The end", "the end.", "End!"], True, ("end",)),
    (["a", "..."], True, texts.NO_ANSWER),
    ([], True, texts.NO_ANSWER),
    (["a", "b"], True, ("b",)),
    (["a", "b"], False, ("", "b"))])
def test_wanted(answers, drop_empty, expected):
    assert texts.wanted(answers, drop_empty) == expected


@pytest.mark.parametrize("answers, prediction, expected", [
    (("red house",), "red house", (1, 1)),
    # One word of two each: precision 1/2, recall 1/2.
    (("red house",), "red car", (0, 0.5)),
    # Precision 1/3, recall 1/1: 2 * 1/3 / (4/3).
    (("house",), "big red house", (0, 2 * (1 / 3) / (1 / 3 + 1))),
    # A word counts as often as both have it: 2 of 3 predicted, 2 of 2.
    (("no no",), "no no no", (0, 2 * (2 / 3) / (2 / 3 + 1))),
    (("no no",), "no yes no", (0, 2 * (2 / 3) / (2 / 3 + 1))),
    # The best of all answers.
    (("car", "red house", "red"), "red car", (0, 2 * (1 / 2) / (1 / 2 + 1))),
    (("house",), "car", (0, 0)),
    (texts.NO_ANSWER, "", (1, 1)), (texts.NO_ANSWER, "car", (0, 0)), (("car",), "", (0, 0))])
@pytest.mark.parametrize("drop_empty", [True, False])
def test_compare(answers, prediction, expected, drop_empty):
    assert texts.compare(answers, prediction, drop_empty) == expected


@pytest.mark.parametrize("answers, prediction, drop_empty, expected", [
    (("The Red House!",), "red  house", True, (1, 1)),
    (("The", "car"), "The", True, (0, 0)), (("The", "car"), "The", False, (1, 1)),
    (("The",), "an", True, (1, 1)), ((), "the", True, (1, 1))])
def test_texts_are_normalised_before_they_are_compared(answers, prediction, drop_empty, expected):
    assert texts.compare(answers, prediction, drop_empty) == expected
