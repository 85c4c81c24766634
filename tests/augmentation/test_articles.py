"""Words that take the same article, "a" or "an"."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.augmentation.articles import keep_article, same_article

AN = ("era hour heir honest apple umbrella unidentified unimportant uninteresting urban ugly usher "
      "upset onerous Eagle").split()
A = ("town house union unit unanimous European use user usual utopia uranium one yacht ewe unique "
     "Town").split()


@pytest.mark.parametrize("words, others", [(AN, A), (A, AN)])
def test_keep_article(words, others):
    for word in words:
        assert keep_article(word, words + others) == tuple(words)


@pytest.mark.parametrize("word", ["", "herb", "-like", "1st", "[Q]"])
def test_uncertain_words(word):
    assert keep_article(word, [word, "town", "era"]) == ()
    assert keep_article("town", [word]) == keep_article("era", [word]) == ()


@given(st.text(max_size=5), st.text(max_size=5))
def test_symmetric(word, other):
    assert same_article(word, other) == same_article(other, word)
