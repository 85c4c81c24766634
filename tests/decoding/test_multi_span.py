"""Several short answers in a list or a table."""
import numpy as np
import pytest

from bert_nq.datasets.nq.example import Span
from bert_nq.decoding import multi_span
from bert_nq.decoding.page_spans import Spans
from tests.support.page_outputs import make_example

#        0    1    2 3 4     5    6 7     8    9 10    11    12  13 14
LIST = "<Ul> <Li> a b </Li> <Li> c </Li> <Li> d </Li> </Ul> <P> e </P>"
EXAMPLE = make_example(LIST, [(0, 12, True), (1, 5, False), (5, 8, False), (8, 11, False),
                              (12, 15, True)])


def answers(*scored, best=0, example=EXAMPLE):
    """The Spans with these (first, last, score)."""
    firsts, lasts, scores = (np.array(column) for column in zip(*scored))
    spans = Spans(firsts, lasts, np.zeros_like(firsts), scores)
    return multi_span.answers(best, spans, example)


def test_one_of_each_item_that_is_about_as_good():
    # d is 1.6 under a, which is more than the margin of 1.5.
    assert answers((2, 2, 5.0), (6, 6, 3.5), (9, 9, 3.4)) == [Span(2, 3), Span(6, 7)]


def test_they_come_in_the_order_of_the_page():
    assert answers((2, 2, 4.0), (9, 9, 4.5), (6, 6, 5.0), best=2) == [
        Span(2, 3), Span(6, 7), Span(9, 10)]


def test_of_an_item_the_best_counts_alone():
    assert answers((6, 6, 5.0), (2, 2, 4.5), (3, 3, 4.9)) == [Span(3, 4), Span(6, 7)]


def test_what_is_in_another_candidate_or_across_items_does_not_count():
    assert answers((2, 2, 5.0), (13, 13, 5.0), (6, 9, 5.0)) == [Span(2, 3)]


@pytest.mark.parametrize("best", [(13, 13, 5.0), (3, 6, 5.0)])
def test_outside_of_items_there_is_one(best):
    assert answers(best, (6, 6, 5.0), (9, 9, 5.0)) == [Span(best[0], best[1] + 1)]


def test_the_rows_of_a_table():
    #         0       1    2 3 4     5    6 7     8
    example = make_example("<Table> <Tr> a b </Tr> <Tr> c </Tr> </Table>",
                           [(0, 9, True), (1, 5, False), (5, 8, False)])
    assert answers((3, 3, 5.0), (6, 6, 5.0), example=example) == [Span(3, 4), Span(6, 7)]


def test_there_are_no_more_than_ten():
    text = "<Ul> " + "<Li> x </Li> " * 12 + "</Ul>"
    example = make_example(text, [(0, 38, True)] + [(1 + 3 * i, 4 + 3 * i, False)
                                                    for i in range(12)])
    spans = [(2 + 3 * i, 2 + 3 * i, 1.0) for i in range(12)]
    assert len(answers(*spans, example=example)) == 10
