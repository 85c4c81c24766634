"""The words that are deleted, how many, and those that always stay."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.augmentation.augmentation import WordEdits, answer_spans
from bert_nq.augmentation.deletion import Deletion
from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import example_of
from tests.support.augmentation_samples import long_example, make_draws, make_example
from tests.support.examples import with_examples
from tests.support.nq_pages import make_annotation
from tests.support.wild_pages import wild_pages


def deleted(rate, example, copy=0):
    edits = Deletion(rate).edits(example, make_draws(copy))
    if edits is None:
        return []
    assert edits == WordEdits(dict.fromkeys(edits.words), None)
    return list(edits.words)


@pytest.mark.parametrize("rate", [0.02, 0.2, 0.7])
def test_the_share_of_deleted_words(rate):
    # The standard deviation of the share is sqrt(0.7 * 0.3 / 10,000) = 0.0046 at the most.
    assert len(deleted(rate, long_example(10000, 50))) / 10000 == pytest.approx(rate, abs=0.02)


def test_words_that_stay_at_the_highest_rate():
    #                        0     1    2   3     4     5    6    7    8     9     10  11   12
    example = make_example("<H1> Tovin </H1> <P> Tovin U.S. is a.b river [Q] long , </P>"
                           # 13  14   15   16   17  18   19   20    21
                           " <Ul> <Li> old </Li> <Li> ' </Li> </Ul> end",
                           [make_annotation(0, [(8, 9)])])
    # "river" is the answer; "Tovin", "old" and "end" are the only words between their tags.
    assert deleted(1, example) == [4, 6, 10]


def test_one_word_stays_between_two_tags():
    example = make_example("<H2> a b c </H2> <P> . d e . </P>")
    kept = set()
    for copy in range(60):
        tokens = deleted(1, example, copy)
        assert len(tokens) == 3
        kept.add(tuple({1, 2, 3, 7, 8} - set(tokens)))
    assert len(kept) == 6  # any of three and any of two


def test_a_higher_rate_deletes_the_same_words_and_more():
    example = long_example(300, 3)
    some, most, all_but_one = [set(deleted(rate, example)) for rate in (0.3, 0.7, 1)]
    assert some < most < all_but_one
    assert len(all_but_one) == 200


def test_a_long_answer_without_short_ones_stays():
    example = make_example("<P> a b c </P> <P> d e f </P>", [make_annotation(1)])
    assert set(deleted(1, example)) < {1, 2, 3}


def test_the_first_and_last_token_of_a_candidate_without_tags_stay():
    example = make_example("a b c d e f g")
    candidate = example_of({"example_id": 1, "question_text": "q", "document_text": "a b c d e f g",
                            "long_answer_candidates": [
                                {"start_token": 1, "end_token": 6, "top_level": True}]}, "test")
    assert len(deleted(1, example)) == 6
    assert deleted(1, candidate) == [0, 2, 3, 4, 6]


def test_nothing_to_delete():
    assert Deletion(1).edits(make_example([]), make_draws()) is None
    assert Deletion(1).edits(make_example("<P> . </P> <P> word </P>"), make_draws()) is None
    assert Deletion(1e-9).edits(make_example("<P> a b c </P>"), make_draws()) is None


def test_copies_are_reproducible_and_differ():
    example = long_example(200, 20)
    assert deleted(0.2, example) == deleted(0.2, example)
    assert deleted(0.2, example) != deleted(0.2, example, copy=1)


@pytest.mark.parametrize("rate", [0, -0.1, 1.1, float("nan")])
def test_invalid_rates(rate):
    with pytest.raises(UserError, match="--rate must be above 0 and at most 1, it is"):
        Deletion(rate)


@pytest.mark.parametrize("words", ["answer", "both", "question", "all", "x"])
def test_words_that_cannot_be_deleted(words):
    with pytest.raises(UserError, match="--words must be context, it is '%s'" % words):
        Deletion(0.2, words)


@with_examples(60)
@given(wild_pages(), wild_pages(simplified=True), st.sampled_from([0.1, 0.5, 1]))
def test_wild_pages(original, simplified, rate):
    for record in (original, simplified):
        example = example_of(record, "wild")
        tokens = set(deleted(rate, example))
        assert not any(example.is_html[i] or example.tokens[i][:1] == "[" for i in tokens)
        assert not any(tokens & set(range(*span)) for span in answer_spans(example))
        for start, end, _ in example.candidates:
            words = {i for i in range(start, end) if example.tokens[i].isalnum()}
            assert not words or words - tokens
