"""Parts of a page that are read in its place."""
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.answering import excerpts
from bert_nq.answering.answer import Alternative, Answer
from bert_nq.datasets.nq.example import Candidate
from tests.support.examples import with_examples
from tests.support.stub_reader import StubReader, make_page, passage

PAGE = make_page("<H1> Tovin </H1> <P> a town </P> <Ul> <Li> old town </Li> <Li> sea </Li> </Ul>"
                 " <P> the town </P>")


def test_candidates_and_those_in_them():
    excerpt = excerpts.of_candidates(PAGE, [4, 1])
    assert excerpt.tokens == [*range(7, 16), *range(16, 20)]
    assert excerpt.page.tokens == ["<Ul>", "<Li>", "old", "town", "</Li>", "<Li>", "sea", "</Li>",
                                   "</Ul>", "<P>", "the", "town", "</P>"]
    assert excerpt.page.candidates == [Candidate(0, 9, True), Candidate(1, 5, False),
                                       Candidate(5, 8, False), Candidate(9, 13, True)]
    assert excerpt.page.html == PAGE.html and excerpt.whole is PAGE
    for ours, theirs in enumerate(excerpt.tokens):
        for field in ("tokens", "is_html", "start_bytes", "end_bytes"):
            assert getattr(excerpt.page, field)[ours] == getattr(PAGE, field)[theirs]


def test_candidates_that_are_not_there():
    assert excerpts.of_candidates(PAGE, [2, 99]) == excerpts.whole(PAGE)
    assert excerpts.of_candidates(PAGE, [0, 2, 99]).tokens == [3, 4, 5, 6]


@with_examples(50)
@given(st.lists(st.sampled_from([0, 1, 4]), min_size=1))
def test_answers_are_those_of_the_whole_page(numbers):
    """The stub answers by candidate, whatever else is on the page; only its probabilities count
    candidates."""
    chosen = {PAGE.candidates[number] for number in numbers}
    answer, = excerpts.ask(StubReader().ask_many, "town",
                           [excerpts.of_candidates(PAGE, numbers)])
    expected = [other for other in StubReader().ask("town", PAGE).others
                if any(c.start_token <= other.long.start_token
                       and other.long.end_token <= c.end_token for c in chosen)]
    assert answer.page is PAGE
    assert [(o.short, o.long) for o in answer.others] == [(o.short, o.long) for o in expected]
    assert (answer.short, answer.long) == expected[0][1:3]


def test_an_answer_across_passages_is_none():
    excerpt = excerpts.of_candidates(PAGE, [0, 4])  # <P> a town </P> <P> the town </P>
    across = Alternative(0.9, passage(excerpt.page, 2, 7), None, None)
    inside = Alternative(0.1, passage(excerpt.page, 6, 7), passage(excerpt.page, 4, 8), None)
    answer = Answer("town", excerpt.page, 0.9, across.short, None, None, (across, inside))
    restored = excerpt.restore(answer)
    assert (restored.short.start_token, restored.long.start_token) == (18, 16)
    assert (restored.probability, len(restored.others)) == (0.1, 1)
    alone = excerpt.restore(answer._replace(others=(across,)))
    assert not alone and alone.others == ()


def test_no_answer_stays_none():
    excerpt = excerpts.of_candidates(PAGE, [0])
    guess = Alternative(0.2, None, passage(excerpt.page, 0, 4), None)
    restored = excerpt.restore(Answer("sea", excerpt.page, 0.2, None, None, None, (guess,)))
    assert not restored and restored.others[0].long.start_token == 3
    assert excerpts.ask(None, "sea", []) == []
