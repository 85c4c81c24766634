"""Distractors: the paragraphs in the pool, those that are inserted, and their places."""
import collections
import itertools
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.augmentation.augmentation import Paragraph
from bert_nq.augmentation.distractors import DistractorPool, Distractors, PoolEntry, pool_of
from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import example_of
from bert_nq.datasets.nq.simplify import simplify
from tests.support.augmentation_samples import distinct_words, make_draws, make_example
from tests.support.examples import with_examples
from tests.support.nq_pages import make_annotation, make_page
from tests.support.wild_pages import wild_pages

WORDS = distinct_words(20)


def paragraph(*words):
    return Paragraph(("<P>", *words, "</P>"), (True,) + (False,) * len(words) + (True,))


def entry(text, example_id=2, title="other"):
    return PoolEntry(example_id, title, " %s " % text.lower(), paragraph(*text.split(" ")))


def put_in(example, *entries, number=1, copy=0):
    edits = Distractors(DistractorPool(list(entries)), number).edits(example, make_draws(copy))
    if edits is None:
        return []
    assert (edits.places, edits.blocks) == ((), ())
    return [(place, " ".join(inserted.tokens[1:-1])) for place, inserted in edits.insertions]


def pages_of(*paragraphs, **fields):
    text = []
    for words in paragraphs:
        text += ["<P>"] + list(words) + ["</P>"]
    return make_example(text, **fields)


def test_a_pool_written_out():
    words = ["Word"] + WORDS[1:]
    example = make_example(["<H1>", "Tovin", "</H1>", "<P>"] + words[:10] + ["<br>"] + words[10:]
                           + ["</P>"], example_id=7, title="Tovin Town")
    assert pool_of([example]) == DistractorPool([PoolEntry(
        7, "tovin town", " word %s " % " ".join(WORDS[1:]), paragraph(*words))])


@pytest.mark.parametrize("words, kept", [
    (WORDS, True), (WORDS[1:], False), (WORDS * 10, True), (WORDS * 10 + ["a"], False),
    (WORDS + ["[Q]"], False), (WORDS + ["1 1/2"], False), (WORDS + ["a\u00a0b"], False),
    (WORDS + [","], True)])
def test_which_paragraphs_are_kept(words, kept):
    assert len(pool_of([pages_of(words)]).entries) == kept


def test_lists_and_nested_paragraphs_are_not_kept():
    example = make_example(["<Ul>", "<Li>", "<P>"] + WORDS + ["</P>", "</Li>", "</Ul>"])
    assert pool_of([example]).entries == []


def test_words_that_look_like_tags_are_not_kept():
    example = pages_of(WORDS + ["<b>"])
    is_html = [token in ("<P>", "</P>") for token in example.tokens]
    assert pool_of([example._replace(is_html=is_html)]).entries == []


def test_a_page_gives_at_most_four_paragraphs_spread_over_it():
    page = pages_of(*([str(i)] + WORDS for i in range(9)))
    firsts = [e.paragraph.tokens[1] for e in pool_of([page]).entries]
    assert firsts == ["0", "3", "6"]  # every third: four of every second would leave one out
    page = pages_of(*([str(i)] + WORDS for i in range(8)))
    assert [e.paragraph.tokens[1] for e in pool_of([page]).entries] == ["0", "2", "4", "6"]


def test_the_limit_and_no_page_read_in_vain():
    pages = (pages_of(WORDS, WORDS, example_id=i) for i in itertools.count())
    pool = pool_of(pages, limit=5)
    assert [e.example_id for e in pool.entries] == [0, 0, 1, 1, 2]
    assert next(pages).example_id == 3


def test_places_of_insertion():
    #                       0  1   2    3   4   5    6    7    8   9   10   11
    example = make_example("<P> a </P> out <Ul> <Li> b </Li> </Ul> <P> c </P> end")
    places = collections.Counter(put_in(example, entry("x"), copy=copy)[0][0]
                                 for copy in range(800))
    # Before each of the three candidates and after the last; 200 each, standard deviation 12.2.
    assert {place: n / 800 for place, n in places.items()} == {
        place: pytest.approx(0.25, abs=0.07) for place in (0, 4, 9, 12)}


def test_several_in_the_order_of_the_page():
    example = pages_of("a", "b", "c")
    entries = [entry(str(i)) for i in range(40)]
    for copy in range(20):
        found = put_in(example, *entries, number=3, copy=copy)
        places, texts = zip(*found)
        assert len(set(texts)) == 3
        assert list(places) == sorted(places)


def test_any_of_the_pool():
    found = {put_in(pages_of("a"), *map(entry, "abcdefgh"), copy=copy)[0][1] for copy in range(100)}
    assert found == set("abcdefgh")


@pytest.mark.parametrize("text, example_id, title, fits", [
    ("the Old river ran", 2, "other", True),
    ("the Arel River ran", 2, "other", False),  # holds the answer
    ("Arel River", 2, "other", False),
    ("the Arel Riverside ran", 2, "other", True),  # words, not parts of words
    ("the river Arel ran", 2, "other", True),
    ("the Old river ran", 1, "other", False),  # the same page
    ("the Old river ran", 2, "tovin", False),  # the same title
    ("the old port ran", 2, "other", False)])  # another annotator's answer
def test_paragraphs_that_fit(text, example_id, title, fits):
    #                       0    1   2    3    4    5     6    7     8
    example = make_example("<P> the arel river by the Old Port </P>", title="Tovin", annotations=[
        make_annotation(0, [(2, 4)]), make_annotation(0, [(6, 8)]), make_annotation()])
    assert bool(put_in(example, entry(text, example_id, title))) == fits


def test_fewer_are_inserted_where_too_few_fit():
    found = put_in(pages_of("a"), entry("b"), entry("c", example_id=1), number=2)
    assert [text for _, text in found] == ["b"]


def test_the_first_heading_replaces_a_missing_title():
    pages = [simplify(make_page(["<H1>", "Tovin", "town", "</H1>", "<P>"] + WORDS + ["</P>"],
                                example_id=i)) for i in (1, 2)]
    one, other = [example_of(page, "test") for page in pages]
    assert one.title == ""
    assert pool_of([one]).entries[0].title == "tovin town"
    assert put_in(other, *pool_of([one]).entries) == []
    # Without title and heading the two pages count as different.
    assert put_in(pages_of("a", title=""), entry("b", title="")) != []


def test_an_answer_is_not_pushed_beyond_the_candidates_that_are_read():
    def places(answer, number):
        # The candidates are of three tokens each: number i begins at token 3 * i.
        example = pages_of(*[["w%d" % i] for i in range(60)],
                           annotations=[make_annotation(answer)])
        return {place // 3 for copy in range(300) for place, _ in put_in(
            example, *map(entry, "abcdefgh"), number=number, copy=copy)}

    assert min(places(45, 1)) == 0  # goes to 46 at the most, the last of 47
    assert min(places(46, 1)) == 47
    assert min(places(45, 2)) == 46
    assert places(59, 1) == {60}


def test_pages_without_candidates():
    assert put_in(make_example("a b"), entry("c")) == []
    assert put_in(make_example([]), entry("c")) == []


def test_invalid_settings():
    with pytest.raises(UserError, match="no page has a top-level paragraph of 20 to 200 words"):
        Distractors(pool_of([make_example("<P> a </P>")]))
    with pytest.raises(UserError, match="must be at least 1, it is 0"):
        Distractors(DistractorPool([entry("a")]), 0)


def test_copies_are_reproducible_also_in_other_processes():
    distractors = Distractors(DistractorPool([entry(str(i)) for i in range(99)]), 3)
    example = pages_of("a", "b", "c")
    one, other = [distractors.edits(example, make_draws(copy)) for copy in (0, 1)]
    assert pickle.loads(pickle.dumps(distractors)).edits(example, make_draws()) == one != other


@with_examples(60)
@given(wild_pages(), wild_pages(simplified=True), st.integers(1, 3))
def test_wild_pages(original, simplified, number):
    pool = DistractorPool([entry(text, i) for i, text in enumerate(WORDS)])
    for record in (original, simplified):
        example = example_of(record, "wild")
        pool_of([example])
        edits = Distractors(pool, number).edits(example, make_draws())
        blocks = [c for c in example.candidates if c.top_level]
        if not blocks:
            assert edits is None
            continue
        assert len(edits.insertions) == number
        for place, _ in edits.insertions:
            assert place in [c.start_token for c in blocks] + [blocks[-1].end_token]
