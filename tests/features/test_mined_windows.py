"""Windows without answer are chosen by candidate scores, as many as without scores."""
import collections

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import BadExampleError
from bert_nq.datasets.nq.candidate_scores import ScoreFiles
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.features.candidate_draws import DrawOptions
from bert_nq.features.mined_windows import MinedUnknowns, window_probabilities, without_gold
from bert_nq.features.options import FeatureOptions
from bert_nq.features.windows import WindowMaker
from bert_nq.text.vocabulary import Vocabulary
from bert_nq.text.wordpiece import WordPieceTokenizer
from tests.support.nq_pages import make_annotation, make_line, make_page
from tests.support.score_files import page_scores, write_scores
from tests.support.tiny_nq import TOKENS

# Tokens 0 to 6, 7 to 13 (with a row, 8 to 12), 14 to 19, 20 to 25.
TEXT = ("<P> tovin is in aron . </P> <Table> <Tr> a town of </Tr> </Table> "
        "<P> the old village </P> <P> many houses and </P>")
# Candidates 0, 1 (table), 2 (row), 3, 4. With two markers each and two at the start they are
#   pieces     0 1 | 2 3 4 5 6 7 8 | 9 10 11 12 13 | 14 .. 18 | 19 .. 23
# and in windows of 6 pieces, 6 apart, candidate 0 is in windows 0 (pieces 4, 5) and 1 (6, 7, 8), 1
# and 2 in window 1 (11) and 2 (12, 13), 3 in window 2 (16, 17) and 3 (18), 4 in window 3 (21, 22,
# 23).
WHERE = {0: [0, 1], 1: [1, 2], 2: [1, 2], 3: [2, 3], 4: [3]}


def example_of(*annotations, text=TEXT, example_id=100):
    page = make_page(text, example_id, "where", annotations)
    return decode_example(make_line(page), "shard, line 1")


def options_of(**changes):
    sizes = {"max_seq_length": 11, "doc_stride": 6, "max_query_length": 4}
    return FeatureOptions(**dict(sizes, **changes))


def maker(miner=None, **changes):
    vocabulary = Vocabulary(TOKENS)
    return WindowMaker(WordPieceTokenizer(vocabulary, True), vocabulary, options_of(**changes),
                       miner=miner)


def miner_of(tmp_path, pages, **draw):
    path = write_scores(tmp_path / "scores.jsonl", pages)
    return MinedUnknowns(ScoreFiles.find(path), DrawOptions(**draw)).open()


def windows_of(example):
    """The document tokens of all windows of a page."""
    return list(maker().prediction(example).rows.token_map)


def kept(window_maker, example):
    return window_maker.training(example).rows.indexes.tolist()


def test_the_page_s_windows_are_where_the_comment_says():
    example = example_of()
    windows = windows_of(example)
    assert len(windows) == 4
    for candidate, places in WHERE.items():
        start, end, _ = example.candidates[candidate]
        assert [i for i, tokens in enumerate(windows)
                if any(start <= token < end for token in tokens)] == places


def test_a_window_is_as_probable_as_its_most_probable_candidate():
    example = example_of()
    scores = page_scores(100, {0: 0.1, 1: 0.5, 2: 0.25, 3: 0.3, 4: 0.0})
    assert window_probabilities(scores, example, windows_of(example)).tolist() == [
        0.1, 0.5, 0.5, 0.3]
    scores = page_scores(100, {2: 0.25, 4: 0.125})
    assert window_probabilities(scores, example, windows_of(example)).tolist() == [
        0.0, 0.25, 0.25, 0.125]
    assert window_probabilities(page_scores(100, {}), example, windows_of(example)).tolist() == [
        0.0] * 4


@pytest.mark.parametrize("gold, left", [
    ([0], [1, 2, 3, 4]), ([1], [0, 3, 4]), ([2], [0, 3, 4]), ([0, 3], [1, 2, 4]), ([-1],
     [0, 1, 2, 3, 4])])
def test_candidates_that_overlap_a_long_answer_do_not_count(gold, left):
    example = example_of(*map(make_annotation, gold))
    scores = page_scores(100, dict.fromkeys(range(5), 0.5))
    assert without_gold(scores, example).candidates.tolist() == left


def test_the_likeliest_windows_are_kept(tmp_path):
    """With a large exponent the order is that of the scores."""
    pages = {i: {0: 0.1, 1: 0.3, 3: 0.4, 4: 0.2} for i in range(100)}
    miner = miner_of(tmp_path, pages, temperature=1e6)
    counts = collections.Counter()
    for i in range(100):
        # Windows 0 to 3 have 0.1, 0.3, 0.4 and 0.4; of the last two either comes first.
        example = example_of(make_annotation(), example_id=i)
        found = kept(maker(miner, include_unknowns=0.5), example)
        assert len(found) == len(kept(maker(include_unknowns=0.5), example))
        if len(found) > 1:
            assert found == [[2, 3], [1, 2, 3], [0, 1, 2, 3]][len(found) - 2]
        counts.update([tuple(found)] if len(found) == 1 else [])
    assert set(counts) == {(2,), (3,)}


def test_windows_with_the_answer_are_kept_besides_and_have_its_labels(tmp_path):
    # Token 9, "a", is piece 11: in window 1, at 4 + 11 - 6 = 9.
    example = example_of(make_annotation(1, [(9, 10)]))
    miner = miner_of(tmp_path, {100: {0: 0.9, 1: 1.0, 2: 1.0, 3: 0.8, 4: 1e-300}}, temperature=1e6)
    made = maker(miner, include_unknowns=1.0).training(example)
    assert made.rows.indexes.tolist() == [0, 1, 2, 3]
    assert made.rows.labels.start_positions.tolist() == [0, 9, 0, 0]
    assert made.rows.labels.answer_types.tolist() == [0, 3, 0, 0]
    # Windows 0 (0.9), 2 and 3 (0.8) have no answer; the answer's candidates would make 2 the first.
    for i in range(40):
        miner = miner_of(tmp_path, {i: {0: 0.9, 1: 1.0, 2: 1.0, 3: 0.8}}, temperature=1e6)
        found = kept(maker(miner, include_unknowns=0.5),
                     example_of(make_annotation(1, [(9, 10)]), example_id=i))
        assert 1 in found
        if len(found) == 2:
            assert found == [0, 1]


@given(example_id=st.integers(-2 ** 63, 2 ** 63 - 1), seed=st.integers(0, 5),
       share=st.sampled_from([0.1, 0.5, 0.9, 1.0]), temperature=st.sampled_from([0.0, 1.0, 9.0]),
       probabilities=st.lists(st.sampled_from([0.0, 1e-300, 0.01, 0.5, 1.0]), min_size=5,
                              max_size=5), gold=st.integers(-1, 4))
def test_as_many_as_without_scores(tmp_path_factory, example_id, seed, share, temperature,
                                   probabilities, gold):
    example = example_of(make_annotation(gold), example_id=example_id)
    miner = miner_of(tmp_path_factory.mktemp("x"), {example_id: dict(enumerate(probabilities))},
                     temperature=temperature)
    changes = dict(include_unknowns=share, seed=seed)
    found, control = (m.training(example).rows for m in (maker(miner, **changes), maker(**changes)))
    assert len(found.indexes) == len(control.indexes) == len(set(found.indexes.tolist()))
    assert sorted(found.labels.answer_types.tolist()) == sorted(
        control.labels.answer_types.tolist())
    assert kept(maker(miner, **changes), example) == found.indexes.tolist()


def test_a_draw_depends_on_the_seed(tmp_path):
    example = example_of(make_annotation())
    miner = miner_of(tmp_path, {100: dict.fromkeys(range(5), 0.5)})
    drawn = {tuple(kept(maker(miner, include_unknowns=0.5, seed=seed), example))
             for seed in range(60)}
    assert {(0,), (1,), (2,), (3,)} <= drawn


def test_pages_that_were_not_scored_are_named_even_where_no_window_is_drawn(tmp_path):
    miner = miner_of(tmp_path, {1: {}, 100: {5: 0.5}})
    for example_id, message in ((7, "example 7 has no candidate scores"),
                                (100, "example 100 have a candidate 5, the page has 5 candidates")):
        with pytest.raises(BadExampleError, match="shard, line 1: .*" + message):
            maker(miner, include_unknowns=1e-9).training(
                example_of(make_annotation(), example_id=example_id))


def test_tokens_with_odd_blanks_do_not_shift_the_tokens_of_windows(tmp_path):
    """U+202F makes two words of a token, and an empty token is no word."""
    text = TEXT.split(" ")
    text[1], text[9] = "tovin\u202fis", ""
    example = example_of(make_annotation(), text=text)
    seen = []

    class Spy:
        def choose(self, example, windows, number, seed):
            seen.extend(windows)
            return np.arange(number)

    maker(Spy(), include_unknowns=1.0).training(example)
    expected = windows_of(example)
    assert len(seen) == len(expected)
    for tokens, token_map in zip(seen, expected):
        assert tokens.tolist() == token_map[4:4 + len(tokens)].tolist()
