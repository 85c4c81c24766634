"""Shuffled paragraphs."""
import collections

import pytest
from hypothesis import given

from bert_nq.augmentation.blocks import top_level_blocks
from bert_nq.augmentation.shuffling import ParagraphShuffle
from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import example_of
from bert_nq.datasets.nq.example import Candidate, Span
from tests.support.augmentation_samples import make_draws, make_example
from tests.support.examples import with_examples
from tests.support.wild_pages import wild_pages

#        0    1  2    3   4   5     6    7   8   9    10   11   12   13  14  15  16  17
TEXT = "<P> a </P> out <Ul> <Li> <P> b </P> </Li> </Ul> <P> c d </P> <P> e </P>"
PLACES = [Span(0, 3), Span(11, 15), Span(15, 18)]


def test_the_orders():
    orders = collections.Counter()
    for copy in range(600):
        edits = ParagraphShuffle().edits(make_example(TEXT), make_draws(copy))
        assert (edits.places, edits.insertions) == (PLACES, ())
        orders[tuple(PLACES.index(block) for block in edits.blocks)] += 1
    # All orders but that of the page, each 120 times with a standard deviation of 9.8.
    assert {order: n / 600 for order, n in orders.items()} == {
        order: pytest.approx(0.2, abs=0.07)
        for order in [(0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]}


def test_paragraphs_after_the_first_candidates_stay():
    edits = ParagraphShuffle(first=3).edits(make_example(TEXT), make_draws())
    assert (edits.places, edits.blocks) == ([Span(0, 3), Span(11, 15)], [Span(11, 15), Span(0, 3)])
    assert ParagraphShuffle(first=2).edits(make_example(TEXT), make_draws()) is None
    with pytest.raises(UserError, match="among 2 candidates at least, not 1"):
        ParagraphShuffle(first=1)


@pytest.mark.parametrize("text", [
    [], "<P> a </P>", "a b", "<Ul> <Li> a </Li> </Ul> <P> a </P>", "<P> same </P> <P> same </P>"])
def test_nothing_to_shuffle(text):
    assert ParagraphShuffle().edits(make_example(text), make_draws()) is None


def test_paragraphs_with_attributes_and_in_lower_case():
    example = make_example('<P> a </P> <P> b </P> <P> c </P> <Pre> d </Pre>')
    tokens = ['<P class="x">', "a", "</P>", "<p>", "b", "</p>"] + example.tokens[6:]
    edits = ParagraphShuffle().edits(example._replace(tokens=tokens), make_draws())
    assert edits.places == [Span(0, 3), Span(3, 6), Span(6, 9)]


@pytest.mark.parametrize("candidates, blocks", [
    ([(0, 4), (4, 6)], [(0, 4), (4, 6)]),
    ([(4, 6), (0, 4)], [(0, 4), (4, 6)]),  # the order of the list does not matter
    ([(0, 4), (1, 3), (4, 6)], [(0, 4), (4, 6)]),  # one inside another
    ([(0, 4), (3, 5), (5, 6)], [(5, 6)]),  # two that overlap in part
    ([(0, 2), (2, 5), (4, 6)], [(0, 2)]),
    ([(0, 6), (0, 3), (1, 4)], [(0, 6)]),  # two that overlap in part inside another
    ([], [])])
def test_blocks(candidates, blocks):
    example = make_example("a b c d e f")._replace(
        candidates=[Candidate(start, end, True) for start, end in candidates])
    assert top_level_blocks(example) == blocks


def test_nested_candidates_are_not_blocks():
    example = make_example("a b c d e f")._replace(candidates=[
        Candidate(0, 3, False), Candidate(1, 2, True), Candidate(3, 5, False),
        Candidate(3, 5, True), Candidate(5, 6, True)])
    assert top_level_blocks(example) == [(3, 5), (5, 6)]


def test_copies_are_reproducible():
    one, again, other = [ParagraphShuffle().edits(make_example("<P> %s </P>" % " </P> <P> ".join(
        "abcdefgh")), make_draws(copy)) for copy in (0, 0, 1)]
    assert one == again != other


@with_examples(100)
@given(wild_pages(), wild_pages(simplified=True))
def test_wild_pages(original, simplified):
    for record in (original, simplified):
        example = example_of(record, "wild")
        blocks = [Span(*c[:2]) for c in example.candidates if c.top_level]
        assert top_level_blocks(example) == blocks
        edits = ParagraphShuffle().edits(example, make_draws())
        paragraphs = [block for block in blocks if example.tokens[block[0]] == "<P>"]
        if edits is None:
            continue
        assert edits.places == paragraphs
        assert sorted(edits.blocks) == paragraphs
        assert edits.blocks != paragraphs
