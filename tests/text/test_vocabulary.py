"""Vocabularies: reading vocab.txt as BERT does, and the NQ markers."""
import pathlib

import pytest
from absl import flags
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.text.vocabulary import (
    MARKERS,
    NQ_MARKERS,
    TAG_MARKERS,
    Vocabulary,
    check_markers,
    check_specials,
    check_tag_markers,
    moved_id,
    read_tokens,
    write_markers,
)

PUBLISHED = (pathlib.Path(__file__).resolve().parents[3]
             / "shared" / "data" / "vocab" / "vocab-nq.txt")


def write(folder, data):
    path = folder / "vocab.txt"
    path.write_bytes(data)
    return str(path)


def test_a_token_has_the_number_of_its_line(tmp_path):
    vocabulary = Vocabulary.load(write(tmp_path, b"[PAD]\n[UNK]\nthe\n##s\n"))
    assert vocabulary.tokens == ["[PAD]", "[UNK]", "the", "##s"]
    assert vocabulary.ids == {"[PAD]": 0, "[UNK]": 1, "the": 2, "##s": 3}
    assert len(vocabulary) == 4


def test_a_repeated_token_keeps_its_first_id_and_is_not_counted(tmp_path):
    path = write(tmp_path, b"a\nb\na\nc\n")
    assert Vocabulary.load(path).ids == {"a": 0, "b": 1, "c": 2}
    assert read_tokens(path) == ["a", "b", "a", "c"]


@pytest.mark.parametrize("data", [
    b"a\nb",  # no line feed at the end
    b"a\nb\na\nc\n",
    b"a\n\nb\n\nc\n\n\n",  # empty lines are tokens
    b"\n",
    b"a\r\nb\rc\r\nd\r",  # carriage returns do not end lines
    b"a\n\r",
    b"a\n\r\r\rb",
    "a\u2028b\nc\x85d\ne\x0bf\x1cg\n\u3000h\u00a0\n\u3000\nz\n".encode(),
    "\ufeff[PAD]\nb\n".encode(),
    b"a\x00b\nc\n",
    "é\n##é\n日\n##本\n".encode(),
])
def test_ids_equal_those_of_load_vocab(tmp_path, data):
    from bert import tokenization
    if not flags.FLAGS.is_parsed():
        flags.FLAGS.mark_as_parsed()
    path = write(tmp_path, data)
    assert Vocabulary.load(path).ids == dict(tokenization.load_vocab(path))


@pytest.mark.parametrize("data, message", [
    (b"", "vocab.txt: the vocabulary is empty"),
    (b"a\nb\xff\n", "vocab.txt, line 2: not UTF-8"),
])
def test_an_unusable_vocabulary_file_is_named_in_the_error(tmp_path, data, message):
    with pytest.raises(UserError) as caught:
        Vocabulary.load(write(tmp_path, data))
    assert message in str(caught.value)


def test_a_missing_file_is_a_user_error(tmp_path):
    with pytest.raises(UserError, match="cannot read .*none.txt"):
        Vocabulary.load(str(tmp_path / "none.txt"))


def test_the_fingerprint_tells_vocabularies_apart():
    one = Vocabulary(["a", "b"]).fingerprint()
    assert one == Vocabulary(["a", "b"]).fingerprint()
    # SHA-256 of the three bytes "a\nb".
    assert one == "7e18f737311b2dc3b2f269dd78396b0351f14fb66efa879f768cb23181883c78"
    assert one != Vocabulary(["b", "a"]).fingerprint()
    assert one != Vocabulary(["ab"]).fingerprint()


def test_the_markers_are_the_published_209():
    assert len(NQ_MARKERS) == len(set(NQ_MARKERS)) == 209
    assert NQ_MARKERS[:7] == ["[Q]", "[YES]", "[NO]", "[NoLongAnswer]", "[NoShortAnswer]",
                              "[Paragraph=1]", "[Paragraph=2]"]
    # 5 + 50 paragraphs, then tables, then lists, then contexts from -1 to 50.
    assert NQ_MARKERS[54:56] == ["[Paragraph=50]", "[Table=1]"]
    assert NQ_MARKERS[104:106] == ["[Table=50]", "[List=1]"]
    assert NQ_MARKERS[154:157] == ["[List=50]", "[ContextId=-1]", "[ContextId=0]"]
    assert NQ_MARKERS[206:] == ["[ContextId=50]", "[SA]", "[/SA]"]


def standard_layout(num_unused=994):
    """The first lines of BERT's uncased vocabulary, and two pieces."""
    unused = ["[unused%d]" % i for i in range(num_unused)]
    return (["[PAD]"] + unused[:99] + ["[UNK]", "[CLS]", "[SEP]", "[MASK]"] + unused[99:]
            + ["the", "##s"])


def test_markers_take_lines_104_to_312_of_the_standard_vocabulary():
    tokens = standard_layout()
    marked = write_markers(tokens)
    assert marked == tokens[:104] + NQ_MARKERS + tokens[313:]
    assert (tokens[104], tokens[312], tokens[313]) == ("[unused99]", "[unused307]", "[unused308]")
    assert tokens == standard_layout()  # the argument is left alone


def test_entries_before_the_special_tokens_are_taken_last():
    # 99 entries before [UNK] and 111 after [MASK]: 111 markers go after it, 98 before [UNK].
    tokens = standard_layout(210)
    marked = write_markers(tokens)
    assert marked == (["[PAD]"] + NQ_MARKERS[111:] + ["[unused98]", "[UNK]", "[CLS]", "[SEP]",
                      "[MASK]"] + NQ_MARKERS[:111] + ["the", "##s"])


def test_without_special_tokens_any_unused_entry_will_do():
    tokens = ["the"] + ["[unused%d]" % i for i in range(300)]
    assert write_markers(tokens) == ["the"] + NQ_MARKERS + tokens[210:]


def test_present_markers_stay_and_only_missing_ones_are_written():
    marked = write_markers(standard_layout())
    assert write_markers(marked) == marked

    tokens = standard_layout()
    tokens[400] = "[Q]"
    expected = tokens[:104] + NQ_MARKERS[1:] + tokens[312:]
    assert write_markers(tokens) == expected


def test_too_few_unused_entries_is_a_user_error():
    with pytest.raises(UserError, match="101 .* entries are too few for the 209 NQ markers"):
        write_markers(standard_layout(101))


def test_names_that_only_look_unused_are_not_overwritten():
    tokens = ["[unused]", "[unusedx]", "x[unused1]", "[unused1]x", "[unused1]\n"] * 100
    with pytest.raises(UserError, match="^0 "):
        write_markers(tokens)


def test_a_vocabulary_with_markers_passes_the_check():
    check_markers(Vocabulary(write_markers(standard_layout())), "vocab-nq.txt")


def test_the_error_for_missing_markers_says_how_to_add_them():
    with pytest.raises(UserError) as caught:
        check_markers(Vocabulary(standard_layout()), "my bert/vocab.txt")
    assert str(caught.value) == (
        "my bert/vocab.txt: no entry [Q], [NoLongAnswer], [Paragraph=1] and 201 more; "
        "write the NQ markers with: python prepare/make_vocab.py "
        "--vocab_file='my bert/vocab.txt' --output_vocab=vocab-nq.txt")


@pytest.mark.parametrize("marker", ["[Q]", "[NoLongAnswer]", "[Table=50]", "[ContextId=-1]"])
def test_one_missing_marker_is_named(marker):
    tokens = [t for t in write_markers(standard_layout()) if t != marker]
    with pytest.raises(UserError) as caught:
        check_markers(Vocabulary(tokens), "v.txt")
    assert str(caught.value).startswith("v.txt: no entry %s; write the NQ markers with" % marker)


@pytest.mark.parametrize("token", ["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
def test_a_vocabulary_without_bert_tokens_is_a_user_error(token):
    tokens = [t for t in write_markers(standard_layout()) if t != token]
    with pytest.raises(UserError) as caught:
        check_markers(Vocabulary(tokens), "v.txt")
    assert str(caught.value) == "v.txt: no entry %s; give the vocab.txt of a BERT model" % token


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published vocabulary is not here")
def test_the_published_vocabulary_is_reproduced():
    published = read_tokens(str(PUBLISHED))
    assert len(published) == len(Vocabulary(published)) == 30522
    # Its original: 994 entries [unused0] to [unused993] in lines 1..99 and 104..998.
    original = standard_layout()[:-2] + published[999:]
    assert write_markers(original) == published
    check_markers(Vocabulary(published), str(PUBLISHED))


def google_ids(tokens):
    """The ids that Google's BERT gives: those of the lines, of equal lines the last."""
    return {token: line for line, token in enumerate(tokens)}


@given(st.lists(st.sampled_from(["", "a", "b", "##c", "[PAD]"]), max_size=8))
def test_vocabularies_are_ambiguous_where_readers_give_other_ids(tokens):
    vocabulary = Vocabulary(tokens)
    ours, theirs = dict(vocabulary.ids), google_ids(tokens)
    for ids in (ours, theirs):
        ids.pop("", None)  # No text has it.
    assert (vocabulary.ambiguous_line is not None) == (ours != theirs)


@pytest.mark.parametrize("extra, line", [(["the"], 31), (["", "new", "", "newer"], 33)])
def test_ambiguous_vocabularies_are_refused_where_they_meet_a_model(extra, line):
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the"] + ["w%d" % i for i in range(25)]
    check_specials(Vocabulary(tokens + [""]), "v.txt")
    check_specials(Vocabulary(tokens + ["", "", ""]), "v.txt")
    with pytest.raises(UserError) as error:
        check_specials(Vocabulary(tokens + extra), "v.txt")
    assert str(error.value).startswith("v.txt, line %d repeats an earlier line: " % line)


@pytest.mark.parametrize("a, b, moved", [
    (["a", "b", "c"], ["a", "b", "c"], None),
    (["a", "b", "c"], ["a", "c", "b"], 1),
    (["a", "[unused1]", "[Q]"], ["a", "[Q]", "[unused7]"], None),  # Markers over unused entries.
    (["a", "b"], ["a", "b", "c"], None),  # One goes on.
    (["a"], ["b", "c"], 0),
    (["a", "[unused]"], ["a", "b"], 1),
])
def test_ids_of_other_tokens(a, b, moved):
    assert moved_id(Vocabulary(a), Vocabulary(b)) == moved_id(Vocabulary(b), Vocabulary(a)) == moved


def test_the_special_tokens_of_berts_vocabularies():
    assert Vocabulary(["a"]).specials == ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    assert Vocabulary(["a"]).specials.cls == "[CLS]"


def test_markers_of_tags_stand_beside_those_of_the_joint_reader(tmp_path):
    assert MARKERS["candidates"] == ["[Tag=P]", "[Tag=Table]", "[Tag=Tr]", "[Tag=Ul]", "[Tag=Ol]",
                                     "[Tag=Li]", "[Tag=Dl]", "[Tag=Dd]", "[Tag=Dt]", "[Tag]"]
    assert TAG_MARKERS["<Dl>"] == "[Tag=Dl]" and not set(MARKERS["candidates"]) & set(NQ_MARKERS)
    plain = ["[PAD]"] + ["[unused%d]" % i for i in range(10)] + ["[UNK]", "[CLS]", "[SEP]",
                                                                "[MASK]"] + ["a"]
    plain += ["[unused%d]" % i for i in range(10, 225)]
    tags = write_markers(plain, MARKERS["candidates"])
    assert tags == plain[:16] + MARKERS["candidates"] + plain[26:]
    both = write_markers(write_markers(plain), MARKERS["candidates"])
    # 209 of the 215 places behind [MASK], the other 6, and the first 4 before [UNK].
    assert both == (["[PAD]"] + MARKERS["candidates"][6:] + plain[5:16] + NQ_MARKERS
                    + MARKERS["candidates"][:6])
    vocabulary = Vocabulary(both)
    check_markers(vocabulary, "vocab.txt")
    check_tag_markers(vocabulary, "vocab.txt")
    # A model that was trained without the markers may go on with them.
    assert moved_id(Vocabulary(plain), vocabulary) is None
    with pytest.raises(UserError, match=r"no entry \[Tag=P\], \[Tag=Table\], \[Tag=Tr\] and 7"):
        check_tag_markers(Vocabulary(plain), "vocab.txt")
