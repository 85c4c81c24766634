"""The words that are swapped, and how many."""
import collections

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.augmentation.augmentation import answer_spans
from bert_nq.augmentation.swapping import Swap
from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import example_of
from tests.support.augmentation_samples import long_example, make_draws, make_example
from tests.support.examples import with_examples
from tests.support.nq_pages import make_annotation
from tests.support.wild_pages import wild_pages


def swapped(rate, example, copy=0):
    """The first token of each swapped pair; checks that the edits are swaps of neighbours."""
    edits = Swap(rate).edits(example, make_draws(copy))
    if edits is None:
        return []
    assert edits.question is None
    places = list(edits.words)
    first, second = places[::2], places[1::2]
    assert second == [i + 1 for i in first]
    assert all(edits.words[i] == example.tokens[i + 1] for i in first)
    assert all(edits.words[i] == example.tokens[i - 1] for i in second)
    return first


@pytest.mark.parametrize("per_paragraph", [2, 3, 4, 10, 5000])
@pytest.mark.parametrize("rate", [0.05, 0.2, 0.5])
def test_the_share_of_words_that_move(rate, per_paragraph):
    example = long_example(9999 if per_paragraph == 3 else 10000, per_paragraph)
    share = sum(2 * len(swapped(rate, example, copy)) for copy in range(3)) / 30000
    # Of pairs of pairs, such as in paragraphs of two words, the share's standard deviation is
    # sqrt(2 * 0.5 * 0.5 / 30,000) = 0.004.
    assert share == pytest.approx(rate, abs=0.02)


def test_each_pair_of_neighbours_can_be_swapped():
    example = make_example("<P> a b c d </P>")
    pairs = collections.Counter(i for copy in range(300) for i in swapped(0.5, example, copy))
    # a and b, as well as c and d, are a pair half the time, and then swap with 0.5 * 4 / 3.
    assert {i: n / 300 for i, n in pairs.items()} == {
        1: pytest.approx(1 / 3, abs=0.1), 2: pytest.approx(1 / 3, abs=0.1),
        3: pytest.approx(1 / 3, abs=0.1)}


def test_ends_of_runs():
    # No pair to swap: tags, a punctuation mark, a marker and an answer separate words, or they are
    # equal.
    example = make_example("<P> a </P> <P> b , c [Q] d answer e </P> same same <Li> f </Li>",
                           [make_annotation(1, [(9, 10)])])
    assert example.tokens[9] == "answer"
    for copy in range(20):
        assert swapped(1, example, copy) == []


def test_no_swap_across_the_boundary_of_a_candidate():
    example = example_of({"example_id": 1, "question_text": "q", "document_text": "a b c d e f",
                          "long_answer_candidates": [
                              {"start_token": 2, "end_token": 4, "top_level": True}]}, "test")
    found = {i for copy in range(50) for i in swapped(1, example, copy)}
    assert found == {0, 2, 4}  # (a b), (c d) within the candidate, (e f)


def test_nothing_to_swap():
    assert Swap(1).edits(make_example([]), make_draws()) is None
    assert Swap(1).edits(make_example("<P> a </P>"), make_draws()) is None
    assert Swap(1).edits(make_example("<P> </P>"), make_draws()) is None
    assert Swap(1).edits(make_example("<P> a a a a </P>"), make_draws()) is None


def test_copies_are_reproducible_and_differ():
    example = long_example(200, 20)
    assert swapped(0.2, example) == swapped(0.2, example)
    assert swapped(0.2, example) != swapped(0.2, example, copy=1)


def test_invalid_settings():
    with pytest.raises(UserError, match="--rate must be above 0 and at most 1, it is 2"):
        Swap(2)
    with pytest.raises(UserError, match="--words must be context, it is 'answer': the words of an "
                       "answer keep their order"):
        Swap(0.2, "answer")


@with_examples(60)
@given(wild_pages(), wild_pages(simplified=True), st.sampled_from([0.1, 0.5, 1]))
def test_wild_pages(original, simplified, rate):
    for record in (original, simplified):
        example = example_of(record, "wild")
        first = swapped(rate, example)
        moved = set(first) | {i + 1 for i in first}
        assert len(moved) == 2 * len(first)
        assert not any(example.is_html[i] or example.tokens[i][:1] == "[" for i in moved)
        assert not any(moved & set(range(*span)) for span in answer_spans(example))
