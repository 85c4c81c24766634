"""The page decoder on hand-made outputs, the arithmetic of each expected score beside it."""
import math

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import AnswerType
from bert_nq.decoding.decoders import make_decoder
from tests.support.page_outputs import UNTOLD_TYPE, Window, make_example, make_outputs, make_windows

UNKNOWN, YES, NO, SHORT, LONG = AnswerType
#        0   1     2  3 4    5 6    7   8     9    10 11    12 13
TEXT = "<P> Tovin is a town . </P> <P> Mirel lies in Tovin . </P>"
EXAMPLE = make_example(TEXT, [(0, 7, True), (7, 14, True)])
TOKENS = [-1, 1, 2, 3, 4, 5, -1, 8, 9, 10, 11, 12]  # of both paragraphs, a marker before each
SURE = {SHORT: 0.8, UNKNOWN: 0.2}  # log-odds ln 4


def span(start, end):
    return {"start_token": start, "end_token": end, "start_byte": -1, "end_byte": -1}


NULL = span(-1, -1)


def decoded(*windows, example=EXAMPLE, **options):
    """By the simplest rules, but for those that are given."""
    simplest = {"span_score": "cls_type", "length_penalty": 0.0, "merge_spans": "max"}
    decoder = make_decoder("page", dict(simplest, **options))
    return decoder.decode(example, make_windows(*windows), make_outputs(decoder, *windows))


def test_an_entry():
    # Token 4 is at index 4 of the window: 3 + 2 - 1, and the type adds ln(0.8 / 0.2).
    # No other span has a logit above -20, so that all odds of the paragraph are this span's.
    entry = decoded(Window(TOKENS, {4: 3.0}, {4: 2.0}, 1.0, SURE))
    score = 4.0 + math.log(4)
    untold = 4.0 + UNTOLD_TYPE - math.log(0.2)
    assert entry.pop("scores") == pytest.approx(
        {"long": score, "short": score, "yes": untold, "no": untold})
    assert entry.pop("long_answer_score") == pytest.approx(score)
    assert entry.pop("short_answers_score") == pytest.approx(score)
    assert entry == {"example_id": 1, "long_answer": span(0, 7), "short_answers": [span(4, 5)],
                     "yes_no_answer": "NONE", "best_short_answers": [span(4, 5)]}


@pytest.mark.parametrize("rule, expected", [
    ("cls", 4.0),
    ("cls_type", 4.0 + math.log(0.8 / 0.2)),  # all but UNKNOWN against UNKNOWN
    # SHORT against UNKNOWN, and half of the log-probability of [CLS] as start and as end.
    ("gated", 4.0 + math.log(0.6 / 0.2) + (0.5 - math.log(math.exp(0.5) + math.exp(3))
                                           + 0.5 - math.log(math.exp(0.5) + math.exp(2))) / 2),
])
def test_what_a_span_is_compared_with(rule, expected):
    types = {SHORT: 0.6, LONG: 0.2, UNKNOWN: 0.2}
    entry = decoded(Window(TOKENS, {4: 3.0}, {4: 2.0}, 1.0, types), span_score=rule)
    assert entry["scores"]["short"] == pytest.approx(expected)


def test_each_token_after_the_first_costs_a_short_span_the_penalty():
    # Tokens 2 to 4 for 4 - 2 * 0.3, token 2 for 3.5, token 4 for 2.5.
    window = Window(TOKENS, {2: 2.0, 4: 0.5}, {4: 2.0, 2: 1.5})
    assert decoded(window)["short_answers"] == [span(2, 5)]
    entry = decoded(window, length_penalty=0.3)
    assert entry["short_answers"] == [span(2, 3)]
    assert entry["scores"]["short"] == pytest.approx(3.5)
    entry = decoded(window, length_penalty=0.2)
    assert entry["short_answers"] == [span(2, 5)]
    assert entry["scores"]["short"] == pytest.approx(3.6)


def test_the_long_answer_has_the_odds_of_all_that_lies_in_it_or_those_of_the_best():
    # Token 10 is the best span, but tokens 1 and 4 together are more likely.
    window = Window(TOKENS, {1: 2.0, 4: 2.0, 9: 2.5}, {1: 0.0, 4: 0.0, 9: 0.0}, 0.0)
    entry = decoded(window, long_score="max")
    assert (entry["long_answer"], entry["short_answers"]) == (span(7, 14), [span(10, 11)])
    assert entry["long_answer_score"] == pytest.approx(2.5)
    entry = decoded(window, long_score="sum")
    # The spans [1, 2), [1, 5) and [4, 5) have the score 2 each.
    assert (entry["long_answer"], entry["short_answers"]) == (span(0, 7), [span(1, 2)])
    assert entry["long_answer_score"] == pytest.approx(2.0 + math.log(3))
    assert entry["short_answers_score"] == pytest.approx(2.0)


def test_long_and_short_answer_are_chosen_together():
    # The first paragraph has three spans of 2: 2 + ln 3 and 2. The second has one of 2.7, and
    # 2.7 + 2.7 is more.
    window = Window(TOKENS, {1: 2.0, 4: 2.0, 9: 2.7}, {1: 0.0, 4: 0.0, 9: 0.0}, 0.0)
    entry = decoded(window, long_score="sum")
    assert (entry["long_answer"], entry["short_answers"]) == (span(7, 14), [span(10, 11)])


def test_a_span_across_a_marker_is_none():
    # From token 5 of the first paragraph to token 8 of the second.
    entry = decoded(Window(TOKENS, {5: 9.0, 8: 1.0}, {7: 9.0, 8: 1.0}))
    assert entry["short_answers"] == [span(9, 10)]
    assert entry["short_answers_score"] == pytest.approx(2.0)


def test_a_span_from_one_nested_candidate_into_another_is_none():
    # A table of tokens 1 to 3 is followed by its row, tokens 1 and 2.
    example = make_example("<Table> <Tr> a b </Tr> </Table>", [(0, 6, True), (1, 5, False)])
    entry = decoded(Window([-1, 2, 3, -1, 2, 3], {1: 9.0, 2: 1.0}, {5: 9.0, 2: 1.0}),
                    example=example)
    # [2, 4) in the table for 9 + 1 and not [2, 4) for 9 + 9 from the table into the row.
    assert entry["short_answers"] == [span(2, 4)]
    assert entry["short_answers_score"] == pytest.approx(10.0)


def test_the_whole_paragraph_is_marked_where_there_is_no_short_answer():
    # Longer than a short answer may be: the short span is another one, and worse than nothing.
    types = {LONG: 0.9, UNKNOWN: 0.1}
    entry = decoded(Window(TOKENS, {1: 5.0, 9: 1.0}, {5: 5.0, 9: 1.0}, 0.0, types),
                    span_score="gated", max_answer_length=2)
    assert entry["long_answer"] == span(0, 7)
    half_null = -math.log(1 + math.exp(5) + math.exp(1))  # start and end alike
    assert entry["long_answer_score"] == pytest.approx(10.0 + math.log(9) + half_null)
    assert entry["scores"]["short"] < -20


@pytest.mark.parametrize("kind, answer", [(YES, "YES"), (NO, "NO")])
def test_yes_and_no_are_answered_where_they_are_above_the_short_span(kind, answer):
    types = {kind: 0.6, SHORT: 0.2, UNKNOWN: 0.2}
    entry = decoded(Window(TOKENS, {1: 2.0}, {5: 2.0}, 0.0, types), span_score="gated")
    assert (entry["yes_no_answer"], entry["short_answers"]) == (answer, [])
    assert entry["best_short_answers"] == [span(1, 6)]
    short, said = 4.0 + math.log(0.2) - math.log(0.2), 4.0 + math.log(0.6) - math.log(0.2)
    half_null = -math.log(1 + math.exp(2))  # start and end alike
    assert entry["scores"]["short"] == pytest.approx(short + half_null)
    assert entry["scores"][answer.lower()] == pytest.approx(said + half_null)
    assert entry["scores"][answer.lower()] == entry["short_answers_score"]
    # The same span may be a short answer or the whole paragraph.
    assert entry["long_answer_score"] == pytest.approx(
        math.log(math.exp(short) + math.exp(said)) + half_null)


# Token 4 has 4 pieces or more on each side in the first window, one in the second.
TWO_WINDOWS = (Window(TOKENS, {4: 3.0}, {4: 2.0}), Window(TOKENS[3:], {1: 4.0}, {1: 2.0}))


def test_of_a_span_in_two_windows_the_best_score_counts():
    assert decoded(*TWO_WINDOWS, merge_spans="max")["short_answers_score"] == pytest.approx(6.0)


def test_or_its_score_in_the_window_that_shows_most_around_it():
    assert decoded(*TWO_WINDOWS, merge_spans="widest")["short_answers_score"] == pytest.approx(5.0)


def test_or_the_odds_of_both():
    entry = decoded(*TWO_WINDOWS, merge_spans="sum")
    assert entry["short_answers_score"] == pytest.approx(math.log(math.exp(5) + math.exp(6)))


def test_or_a_mean_of_them():
    # The mean of the fourth roots of e^5 and e^6, to the power of 4.
    entry = decoded(*TWO_WINDOWS, merge_spans="mean")
    assert entry["short_answers_score"] == pytest.approx(
        4 * math.log((math.exp(5 / 4) + math.exp(6 / 4)) / 2))


def test_a_window_that_shows_a_span_and_says_nothing_of_it_counts_against_the_mean():
    # The mean of the root of e^5 and of 0; the third window does not show it.
    windows = (Window(TOKENS, {4: 3.0}, {4: 2.0}), Window(TOKENS[3:], {}, {}),
               Window(TOKENS[6:], {}, {}))
    entry = decoded(*windows, merge_spans="mean", n_best_size=1)
    assert entry["short_answers_score"] == pytest.approx(5.0 - 4 * math.log(2))
    assert decoded(*windows, merge_spans="max")["short_answers_score"] == pytest.approx(5.0)


def test_a_nested_candidate_takes_the_place_of_the_one_around_it_where_it_has_its_odds():
    example = make_example("<Ul> <Li> a b </Li> <Li> c </Li> </Ul>",
                           [(0, 9, True), (1, 5, False), (5, 8, False)])
    tokens = [-1, 2, 3, 6]

    def long_answer(score_of_c, **options):
        return decoded(Window(tokens, {1: 5.0, 3: score_of_c}, {1: 0.0, 3: 0.0}), example=example,
                       n_best_size=100, **options)["long_answer"]

    # [a] and [a b c] have odds of e^5: half of them lie in the item.
    assert long_answer(-20.0, nested_candidates=True) == span(0, 9)
    # Where the longer span is not possible, all of them.
    assert long_answer(-20.0, nested_candidates=True, max_answer_length=1) == span(1, 5)
    assert long_answer(-20.0, nested_candidates=False, max_answer_length=1) == span(0, 9)


def test_the_smallest_nested_candidate_holds_the_short_answer():
    example = make_example("<Ul> <Li> a b </Li> <Li> c </Li> </Ul>",
                           [(0, 9, True), (1, 5, False), (2, 3, False), (5, 8, False)])
    entry = decoded(Window([-1, 2, 3, 6], {2: 5.0}, {2: 0.0}), example=example,
                    nested_candidates=True)
    assert (entry["long_answer"], entry["short_answers"]) == (span(1, 5), [span(3, 4)])


def test_several_short_answers_are_given_where_that_is_asked_for():
    example = make_example("<Ul> <Li> a b </Li> <Li> c </Li> </Ul>",
                           [(0, 9, True), (1, 5, False), (5, 8, False)])
    window = Window([-1, 2, 3, 6], {1: 5.0, 3: 4.0}, {1: 0.0, 3: 0.0})
    one = decoded(window, example=example, max_answer_length=1)
    several = decoded(window, example=example, max_answer_length=1, multi_span=True)
    assert one["short_answers"] == [span(2, 3)]
    assert several["short_answers"] == several["best_short_answers"] == [span(2, 3), span(6, 7)]
    assert several["scores"] == one["scores"]


@pytest.mark.parametrize("windows, candidates", [
    ([Window([-1, -1], {}, {})], [(0, 7, True)]),  # there are no words
    ([Window(TOKENS, {1: 1.0}, {1: 1.0})], []),  # there are no candidates
    ([Window(TOKENS, {1: 1.0}, {1: 1.0})], [(0, 7, False)]),  # only a nested one
])
def test_a_page_without_a_possible_answer(windows, candidates):
    assert decoded(*windows, example=make_example(TEXT, candidates, 7)) == {
        "example_id": 7, "long_answer": NULL, "long_answer_score": -10000.0, "short_answers": [],
        "short_answers_score": -10000.0, "yes_no_answer": "NONE",
        "scores": dict.fromkeys(["long", "short", "yes", "no"], -10000.0),
        "best_short_answers": []}


def test_logits_that_are_no_numbers_are_refused():
    with pytest.raises(UserError, match="not finite"):
        decoded(Window(TOKENS, {1: np.nan}, {1: 0.0}))


def test_what_is_asked_of_the_model():
    options = make_decoder("page", {"n_best_size": 7, "max_answer_length": 9}).output_options()
    assert (options.num_spans, options.max_answer_length, options.sees_padding) == (7, 9, False)
