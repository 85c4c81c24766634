"""Words as Natural Questions splits them."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.datasets.html_pages.words import split, words


@pytest.mark.parametrize("text, expected", [
    # As in pages of Natural Questions.
    ("The Walking Dead (season 8) - Wikipedia",
     "The Walking Dead ( season 8 ) - Wikipedia"),
    ("(2007-08-17)", "( 2007 - 08 - 17 )"),
    ("Earth's equator; 30\u00b0S, 57%.", "Earth 's equator ; 30 \u00b0 S , 57 % ."),
    ("Rick\u2019s", "Rick \u2019s"),
    ("post-apocalyptic Disney-ABC", "post-apocalyptic Disney - ABC"),
    ("13,000 for $7 million", "13,000 for $7 million"),
    ("A&M at example.org", "A&M at example.org"),
    ("No. of episodes, W.W. Norton, Inc.", "No. of episodes , W.W. Norton , Inc ."),
    ("\u0939\u093f\u0928\u094d\u0926\u0940", "\u0939\u093f\u0928\u094d\u0926\u0940"),
    # Kept as they are, where Natural Questions has `` and -- and parentheses.
    ('"a" \u2013 [b]', '" a " \u2013 [ b ]'),
    # Contractions, abbreviations, addresses.
    ("can't won't O'Brien's dogs' 'tis", "ca n't wo n't O'Brien 's dogs ' ' tis"),
    ("in the U.S. and at 5 a.m.", "in the U.S. and at 5 a.m."),
    ("J.K. Rowling, Mr. X. C. Then vitamin C.", "J.K. Rowling , Mr. X. C. Then vitamin C ."),
    ("see https://a.org/b_(c)?d=1&e, ok...", "see https://a.org/b_(c)?d=1&e , ok ..."),
    ("end.Next 3.14. asn1_perror", "end . Next 3.14 . asn1_perror"),
    # Without blanks between words.
    ("\u65e5\u672c\u8a9e\u30ab\u30ca", "\u65e5 \u672c \u8a9e \u30ab\u30ca"),
    ("", ""), (" \n", ""), ("...", "..."), ("a--b", "a -- b"),
])
def test_texts(text, expected):
    assert words(text) == expected.split()


@given(st.text(max_size=40) | st.text("a.'t-n, 1A&$", max_size=40))
def test_every_character_is_in_one_word(text):
    spans = split(text)
    assert all(start < end for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in zip(spans, spans[1:]))
    assert "".join(text[s:e] for s, e in spans) == "".join(text.split())
    assert not any(c.isspace() for s, e in spans for c in text[s:e])
