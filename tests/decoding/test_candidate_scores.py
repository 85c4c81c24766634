"""The page decoder's scores of candidates as probabilities."""
import math

import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import AnswerType
from bert_nq.decoding.candidate_scores import CandidateScoreDecoder
from bert_nq.decoding.decoders import make_decoder
from tests.support.page_outputs import Window, make_example, make_outputs, make_windows

#        0   1     2  3 4    5 6    7   8     9    10 11    12 13   14  15 16
TEXT = "<P> Tovin is a town . </P> <P> Mirel lies in Tovin . </P> <P> end </P>"
EXAMPLE = make_example(TEXT, [(0, 7, True), (7, 14, True), (8, 13, False), (14, 17, True)], 5)
TOKENS = [-1, 1, 2, 3, 4, 5, -1, 8, 9, 10, 11, 12]  # of the first two, a marker before each
SURE = {AnswerType.SHORT: 0.8, AnswerType.UNKNOWN: 0.2}  # log-odds ln 4
SIMPLEST = {"span_score": "cls_type", "length_penalty": 0.0, "merge_spans": "max"}


def decoded(*windows, **options):
    decoder = CandidateScoreDecoder(make_decoder("page", dict(SIMPLEST, **options)))
    return decoder.decode(EXAMPLE, make_windows(*windows), make_outputs(decoder, *windows))


def test_a_probability_is_the_sigmoid_of_the_long_answer_s_score():
    # Token 4 has 3 + 2 - 1, and the type adds ln 4: the odds are 4 * e ** 4. Token 10 is unlikely:
    # 0 - 20 - 1, as is all else of its paragraph. Candidate 3 is in no window.
    scores = decoded(Window(TOKENS, {4: 3.0, 9: 0.0}, {4: 2.0}, 1.0, SURE), long_score="max")
    assert scores["example_id"] == 5
    assert scores["candidates"] == [0, 1]
    odds = [4 * math.exp(4), 4 * math.exp(-21)]
    assert scores["probabilities"] == pytest.approx([odd / (1 + odd) for odd in odds], rel=1e-5)


def test_the_smallest_probabilities_keep_their_order():
    scores = decoded(Window(TOKENS[:6], {4: 1.0}, {4: 0.0}, 600.0, SURE),
                     Window(TOKENS[6:], {3: 0.0}, {3: 0.0}, 600.0, SURE))
    assert scores["candidates"] == [0, 1]
    # exp(1 - 600 + ln 4) = 4.2e-260, of which exp(-600 + ln 4) is 1 / e.
    assert scores["probabilities"] == pytest.approx([4.2e-260, 4.2e-260 / math.e], rel=0.01)
    assert 0 < scores["probabilities"][1] < scores["probabilities"][0]


def test_a_candidate_without_one_of_the_best_spans_has_no_score():
    # Of the window, the best starts and ends are all in the first paragraph.
    window = Window(TOKENS, dict.fromkeys(range(1, 6), 3.0), dict.fromkeys(range(1, 6), 2.0))
    assert decoded(window, n_best_size=1)["candidates"] == [0]
    assert decoded(window, n_best_size=100)["candidates"] == [0, 1]


def test_nested_candidates_where_they_are_wanted():
    window = Window(TOKENS, {9: 3.0}, {9: 3.0})
    assert decoded(window)["candidates"] == [0, 1]
    assert decoded(window, nested_candidates=True)["candidates"] == [0, 1, 2]


def test_a_page_without_any():
    window = Window([-1, -1], {}, {})
    assert decoded(window) == {"example_id": 5, "candidates": [], "probabilities": []}


def test_it_is_named_with_the_page_decoder_s_options():
    page = make_decoder("page", SIMPLEST)
    assert CandidateScoreDecoder(page).describe() == {
        "decoder": "candidate_scores", "options": page.describe()["options"]}


def test_other_decoders_have_no_scores_of_candidates():
    with pytest.raises(UserError, match="--decoder=bert_joint has no scores of candidates"):
        CandidateScoreDecoder(make_decoder("bert_joint", {}))
