"""Our WordPiece tokenizer against hand-made pieces and against bert-tensorflow's FullTokenizer."""
import sys
import unicodedata

import pytest
from absl import flags
from hypothesis import example, given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.text import wordpiece
from bert_nq.text.basic_words import _CJK, basic_words
from bert_nq.text.reference import ReferenceTokenizer
from bert_nq.text.vocabulary import Vocabulary
from bert_nq.text.wordpiece import PieceCutter, WordPieceTokenizer
from tests.support.examples import with_examples

SMALL = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[Q]", "[ContextId=3]", "[unused1]",
                    "un", "##aff", "##able", "runn", "##ing", "a", "##a", "##aa", ",", ".", "[",
                    "]", "sep", "u", "s", "bu", "##cher", "Bü", "日", "$", "the", "[a\tb]"])


def pieces(word, do_lower_case=True):
    return WordPieceTokenizer(SMALL, do_lower_case).tokenize_word(word)


@pytest.mark.parametrize("word, expected", [
    ("", []),
    ("unaffable", ["un", "##aff", "##able"]),
    ("UNaffable,", ["un", "##aff", "##able", ","]),
    ("running", ["runn", "##ing"]),
    ("runnings", ["[UNK]"]),  # no piece ##s: the whole word is lost
    ("U.S.", ["u", ".", "s", "."]),
    ("Bücher", ["bu", "##cher"]),  # the accent is stripped
    ("日日", ["日", "日"]),  # CJK characters stand alone
    ("a日a", ["a", "日", "a"]),
    ("$a", ["$", "a"]),  # ASCII signs count as punctuation
    ("a\x00\u200d\ufffda", ["a", "##a"]),  # control and replacement characters vanish
    ("a\ta\u00a0a\u2028a", ["a", "a", "a", "a"]),  # blanks of all kinds separate
    ("aaaa", ["a", "##aa", "##a"]),  # longest first
])
def test_ordinary_words_are_cleaned_split_and_cut(word, expected):
    assert pieces(word) == expected


@pytest.mark.parametrize("word, expected", [
    ("[ContextId=3]", ["[ContextId=3]"]),
    ("[ContextId=4]", ["[UNK]"]),  # looked up whole, never cut
    ("[unused1]", ["[unused1]"]),
    ("[]", ["[UNK]"]),
    ("[sep]", ["[UNK]"]),
    ("[SEP]", ["[SEP]"]),  # also where a page has it as a word
    ("[a\tb]", ["[a\tb]"]),
    ("[SEP]\n", ["[UNK]"]),  # special, since $ matches before the line feed; not in the vocabulary
    ("[sep],", ["[", "sep", "]", ","]),
    ("[SEP],", ["[", "sep", "]", ","]),
])
def test_bracketed_words_are_looked_up_whole(word, expected):
    assert pieces(word) == expected


@pytest.mark.parametrize("word, expected", [
    ("[SEP]", ["[", "sep", "]"]),
    ("[sep]", ["[", "sep", "]"]),
    ("[]", ["[", "]"]),
    ("[unaffable", ["[", "un", "##aff", "##able"]),
    ("[ContextId=3]", ["[", "[UNK]", "[UNK]", "[UNK]", "]"]),
])
def test_without_markers_bracketed_words_are_cut_as_any_other(word, expected, tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("".join(token + "\n" for token in SMALL.tokens[:-1]), encoding="utf8")
    tokenizers = (WordPieceTokenizer(SMALL, has_markers=False),
                  ReferenceTokenizer(str(path), has_markers=False))
    for tokenizer in tokenizers:
        assert tokenizer.tokenize_word(word) == expected


def test_case_and_accents_are_kept_for_a_cased_model():
    assert pieces("Bücher", do_lower_case=False) == ["Bü", "##cher"]
    assert pieces("UN", do_lower_case=False) == ["[UNK]"]


def test_words_over_200_characters_are_unknown():
    assert pieces("a" * 200) == ["a"] + ["##aa"] * 99 + ["##a"]
    assert pieces("a" * 201) == ["[UNK]"]
    assert pieces("a" * 201 + ".a") == ["[UNK]", ".", "a"]
    # The limit counts characters after accents are stripped: 200 letters, 400 code points.
    assert len(pieces("a\u0301" * 200)) == 101


def test_a_vocabulary_entry_of_over_200_characters_is_never_found():
    ids = {"[UNK]": 0, "a" * 201: 1}
    assert PieceCutter(ids).cut("a" * 201) == (0,)


def test_text_is_split_at_the_plain_blank_alone():
    tokenizer = WordPieceTokenizer(SMALL)
    ids = SMALL.ids
    assert tokenizer.text_ids("the  [Q]\u00a0a [Q] the") == [
        # "[Q]<no-break blank>a" is one word, and not a special one.
        ids["the"], ids["["], ids["[UNK]"], ids["]"], ids["a"], ids["[Q]"], ids["the"]]
    assert tokenizer.text_ids("") == []


def test_word_ids_are_the_ids_of_the_pieces():
    tokenizer = WordPieceTokenizer(SMALL)
    assert tokenizer.word_ids("unaffable") == (7, 8, 9)
    assert tokenizer.word_ids("") == ()


def test_a_full_cache_changes_nothing(monkeypatch):
    monkeypatch.setattr(wordpiece, "_CACHED_WORDS", 2)
    tokenizer = WordPieceTokenizer(SMALL)
    words = ["the", "running", "a", "the", "unaffable", "a", "running"] * 3
    assert [tokenizer.word_ids(w) for w in words] == [
        WordPieceTokenizer(SMALL).word_ids(w) for w in words]
    assert len(tokenizer.word_ids.__self__) <= 2


def test_long_words_are_not_cached():
    tokenizer = WordPieceTokenizer(SMALL)
    for word in ("a" * 40, "a" * 41, "a" * 300):
        assert tokenizer.word_ids(word) == tuple(map(SMALL.ids.get, tokenizer.tokenize_word(word)))
    assert list(tokenizer.word_ids.__self__) == ["a" * 40]


def test_a_vocabulary_without_unk_is_a_user_error():
    with pytest.raises(UserError, match=r"no entry \[UNK\]"):
        WordPieceTokenizer(Vocabulary(["a"]))


# Parity with the reference, on whichever interpreter runs this.

ODD = ("ΣσςİıßſßǅﬁÅÅK한日豈𠀀ー。？«»–—…·'’\"`^~$+<=>|_-()[]{}#\x00\x01\x1c\x7f\x85\xa0\xad"
       "\u0300\u0301\u0345\u034f\u0489\u05b0\u093e\u180e\u1680\u2000\u2003\u2009\u200b\u200d\u2028"
       "\u2029\u202f\u205f\u2060\u3000\ufe0f\ufeff\ufffd\U0001f600\U0001f1e9\ud800\udfff"
       "\t\n\r\x0b\x0c")
PARITY_TOKENS = (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[Q]", "[a]", "[]", "[unused7]"]
                 + [p + c for p in ("", "##") for c in "abcdestnuABCÅKßσςi日豈é한"]
                 + list("[]()'.,-$#«»。") + ["the", "##the", "##ing", "bc", "##cde", "abcd", "a#b"])


@pytest.fixture(scope="module", params=[True, False], ids=["uncased", "cased"])
def pair(request, tmp_path_factory):
    """Our tokenizer and the reference's, with one vocabulary."""
    if not flags.FLAGS.is_parsed():
        flags.FLAGS.mark_as_parsed()
    path = tmp_path_factory.mktemp("vocab") / "vocab.txt"
    path.write_text("".join(t + "\n" for t in PARITY_TOKENS), encoding="utf8")
    return (WordPieceTokenizer(Vocabulary.load(str(path)), request.param),
            ReferenceTokenizer(str(path), request.param))


texts = st.text(st.one_of(st.sampled_from("abcdestn "), st.sampled_from(ODD),
                          st.sampled_from("ABC[].,é"), st.characters()), max_size=60)


@given(text=texts)
@example(text="[SEP] [SEP]x [a] [b] [a]\n [unused7] unused7 [] [")
@example(text="ΟΔΟΣ ΟΔΟΣ. Σ ΑΣ\u0301 ΑΣ\u00adΑ ΑΣ'Α ΑΣ\u2028Α ΑΣ\u3000Α ΑΣ日Α")
@example(text="abc" * 100 + " " + "b\u0301" * 200 + " " + "ß" * 201)
@example(text="\u1100\u1161\u11a8 \uac01 \u0958 \u212b \ufb01 \u037e \u1fef \u2001")
@with_examples(150)
def test_pieces_equal_full_tokenizer_on_wild_text(pair, text):
    ours, reference = pair
    assert ours.text_ids(text) == reference.text_ids(text)
    # The basic tokenizer too, without the NQ rule for bracketed words and with white space inside.
    basic = reference._full.basic_tokenizer
    assert basic_words(text, ours.do_lower_case) == basic.tokenize(text)
    for word in text.split(" "):
        assert ours.tokenize_word(word) == reference.tokenize_word(word)
        assert ours.word_ids(word) == reference.word_ids(word)


def test_every_assigned_character_is_treated_as_in_the_reference(pair):
    ours, reference = pair
    edges = [c + d for first_last in _CJK for c in first_last for d in (-1, 0, 1)]
    listed = [c for c in range(sys.maxunicode + 1)
              if unicodedata.category(chr(c)) not in ("Cn", "Co", "Cs")
              and not unicodedata.name(chr(c), "").startswith(("CJK UNIFIED", "HANGUL SYL"))]
    assert len(listed) > 20000
    # Alone, within a word, and before a capital sigma at the end of the word.
    text = "\n".join("%s a%sB%sΣ" % ((chr(c),) * 3) for c in listed + edges)
    assert (basic_words(text, ours.do_lower_case)
            == reference._full.basic_tokenizer.tokenize(text))
