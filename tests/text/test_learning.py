"""Learning a WordPiece vocabulary from text."""
import collections
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.text import learning
from bert_nq.text.learning import NUM_RESERVED, count_words, coverage, learn_vocabulary
from bert_nq.text.vocabulary import NQ_MARKERS, Vocabulary, write_markers
from tests.support.examples import with_examples


def corpus(seed=0):
    """5,000 words made of 12 syllables, some far more frequent than others."""
    rng = random.Random(seed)
    syllables = ["ba", "co", "dri", "fu", "gel", "ho", "ki", "lun", "mar", "no", "pra", "que"]
    names = ["".join(rng.choice(syllables) for _ in range(rng.randint(1, 4))) for _ in range(300)]
    return [names[min(int(rng.expovariate(0.03)), 299)] for _ in range(5000)]


def test_words_are_counted_after_basic_tokenization():
    counts = count_words(["The the,", "É", "[12]", "the [Q] the\u00a0end", ""])
    assert counts == {"the": 4, ",": 1, "e": 1, "end": 1}


def test_half_a_character_is_in_no_word():
    counts = count_words(["ab\ud800 the\udfff the \U0001f600"] * 5)
    assert counts == {"the": 5, "\U0001f600": 5}
    tokens = learn_vocabulary(count_words(corpus() + ["a\ud83d"] * 100), NUM_RESERVED + 150)
    "\n".join(tokens).encode("utf8")


def test_words_keep_their_case_where_asked():
    assert count_words(["The the É"], do_lower_case=False) == {"The": 1, "the": 1, "É": 1}


def test_the_most_frequent_pair_is_merged_first():
    # Pairs: l+##o 7 (low 5, lower 2), ##o+##w 7, ##w+##e 2, ##e+##r 2. Of the two with count 7 the
    # pair goes first whose piece sorts first: "##ow" < "lo". Then l+##ow 7, then ##e+##r before
    # low+##e ("##er" < "lowe"), then low+##er.
    words = [("low", 5), ("lower", 2)]
    assert learning._merge(words, 10) == ["##ow", "low", "##er", "lower"]
    assert learning._merge(words, 2) == ["##ow", "low"]


def test_pairs_seen_once_are_not_merged():
    assert learning._merge([("ab", 1)], 10) == []


def merge_slowly(words, num_pieces):
    """Byte-pair encoding by its definition: all pairs are counted anew before each merge."""
    split = [([w[0]] + ["##" + c for c in w[1:]], n) for w, n in words]
    merged = []
    while len(merged) < num_pieces:
        counts = collections.Counter()
        for pieces, n in split:
            for pair in zip(pieces, pieces[1:]):
                counts[pair] += n
        ranked = sorted((-n, left + right[2:], (left, right))
                        for (left, right), n in counts.items() if n >= 2)
        if not ranked:
            break
        _, piece, pair = ranked[0]
        if piece not in merged:
            merged.append(piece)
        split = [(learning._replace(pieces, pair, piece), n) for pieces, n in split]
    return merged


@given(words=st.dictionaries(st.text("ab", min_size=1, max_size=9), st.integers(1, 4), max_size=8),
       num_pieces=st.integers(0, 30))
@with_examples(100)
def test_counting_increments_gives_the_same_merges_as_counting_anew(words, num_pieces):
    words = sorted(words.items())
    assert learning._merge(words, num_pieces) == merge_slowly(words, num_pieces)


def test_the_layout_is_that_of_bert_and_takes_the_markers():
    tokens = learn_vocabulary(count_words(corpus()), 500)
    assert len(tokens) == len(set(tokens)) == 500
    unused = ["[unused%d]" % i for i in range(308)]
    assert tokens[:NUM_RESERVED] == (["[PAD]"] + unused[:99]
                                     + ["[UNK]", "[CLS]", "[SEP]", "[MASK]"] + unused[99:])
    assert not any(token.startswith("[") for token in tokens[NUM_RESERVED:])
    assert write_markers(tokens) == tokens[:104] + NQ_MARKERS + tokens[313:]


def test_frequent_words_are_whole_and_frequent_pieces_come_first():
    counts = count_words(corpus())
    tokens = learn_vocabulary(counts, 500)
    pieces = tokens[NUM_RESERVED:]
    for word, _ in counts.most_common(40):
        assert word in pieces
    uses = learning._uses(counts, pieces)
    ranks = [(-uses[piece], piece) for piece in pieces]
    assert ranks == sorted(ranks)
    cut = coverage(counts, Vocabulary(tokens))
    assert cut.words == 5000
    assert cut.unknown == 0
    assert cut.whole > 0.8


def test_characters_are_pieces_alone_and_within_words():
    tokens = learn_vocabulary(count_words(corpus() + ["xy"] * 4 + ["zw"] * 5), 500)
    for char in "abcdefghiklmnopqru" + "zw":
        assert char in tokens
        assert "##" + char in tokens
    # x and y occur 4 times, once too few.
    assert not {"x", "##x", "y", "##y", "xy"} & set(tokens)


def test_characters_take_at_most_half_of_the_room():
    # 300 characters; the most frequent have the highest code points.
    counts = {chr(0x4e00 + i): 10 + i for i in range(300)}
    counts["abab"] = 1000
    tokens = learn_vocabulary(counts, NUM_RESERVED + 120)
    pieces = [t for t in tokens if not t.startswith("[")]
    # 120 // 4 = 30 characters: a, b and 28 ideographs.
    ideographs = [chr(0x4e00 + i) for i in range(272, 300)]
    assert {p for p in pieces if p[-1] not in "ab"} == {
        prefix + c for prefix in ("", "##") for c in ideographs}
    assert "abab" in pieces


def test_where_pieces_run_out_there_are_more_unused_entries():
    tokens = learn_vocabulary({"ab": 9, "b": 5}, 600)
    assert len(tokens) == 600
    # Five pieces: of the four single characters only "b" is used by itself.
    assert tokens[-5:] == ["ab", "b", "##a", "##b", "a"]
    assert tokens[-6] == "[unused%d]" % (600 - 5 - 5 - 1)


def test_the_order_of_the_words_makes_no_difference():
    words = corpus()
    tokens = learn_vocabulary(count_words(words), 600)
    random.Random(1).shuffle(words)
    assert learn_vocabulary(count_words([" ".join(words)]), 600) == tokens


def test_words_too_long_to_be_cut_are_left_out():
    counts = count_words(corpus())
    assert learn_vocabulary(dict(counts, **{"j" * 201: 50}), 500) == learn_vocabulary(counts, 500)


@pytest.mark.parametrize("counts, size, message", [
    ({"a": 10}, NUM_RESERVED + 99, "a vocabulary of 412 entries is too small: 313 are reserved"),
    ({}, 1000, "no character occurs 5 times"),
    ({"a": 4}, 1000, "no character occurs 5 times"),
])
def test_too_little_room_or_text_is_a_user_error(counts, size, message):
    with pytest.raises(UserError, match=message):
        learn_vocabulary(counts, size)


def test_coverage_counts_whole_and_unknown_words():
    vocabulary = Vocabulary(["[UNK]", "the", "un", "##able"])
    # 6 whole, 3 in two pieces, 1 unknown: (6 * 1 + 3 * 2 + 1 * 1) / 10 pieces per word.
    assert coverage({"the": 6, "unable": 3, "x": 1}, vocabulary) == (10, 0.6, 0.1, 1.3)
