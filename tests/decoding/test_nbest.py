"""The n-best file, by each decoder."""
import math

import pytest

from bert_nq.datasets.nq.example import Span
from bert_nq.decoding import nbest
from bert_nq.decoding.decoders import make_decoder
from tests.support.page_outputs import Window, make_example, make_outputs, make_windows

#                        0   1     2  3 4    5 6    7   8     9    10 11   12 13
EXAMPLE = make_example("<P> Tovin is a town . </P> <P> Mirel lies in Tovin . </P>",
                       [(0, 7, True), (7, 14, True)])
TOKENS = [-1, 1, 2, 3, 4, 5, -1, 8, 9, 10, 11, 12]
# Token 4 with the score 2, token 11 with 1; all else is impossible.
WINDOWS = (Window(TOKENS[:6], {4: 1.0}, {4: 1.0}), Window(TOKENS[6:], {4: 1.0}, {4: 0.0}))


def ranked(name, **options):
    decoder = make_decoder(name, dict(options, n_best_size=2, max_answer_length=1))
    return decoder.nbest(EXAMPLE, make_windows(*WINDOWS), make_outputs(decoder, *WINDOWS))


def test_the_page_decoder_ranks_long_and_short_answers():
    entry = ranked("page", merge_spans="max", long_score="max", span_score="cls")
    total = 1 + math.exp(2) + math.exp(1)  # with the null
    yes_no = entry.pop("yes_no")
    assert entry == {
        "example_id": 1, "question": "where is tovin",
        "long_answers": [
            {"candidate_index": 0, "start_token": 0, "end_token": 7, "text": "Tovin is a town .",
             "score": 2.0, "probability": pytest.approx(math.exp(2) / total), "window": 0},
            {"candidate_index": 1, "start_token": 7, "end_token": 14,
             "text": "Mirel lies in Tovin .", "score": 1.0,
             "probability": pytest.approx(math.exp(1) / total), "window": 1}],
        "short_answers": [
            {"start_token": 4, "end_token": 5, "text": "town", "score": 2.0,
             "probability": pytest.approx(math.exp(2) / total), "window": 0},
            {"start_token": 11, "end_token": 12, "text": "Tovin", "score": 1.0,
             "probability": pytest.approx(math.exp(1) / total), "window": 1}]}
    assert set(yes_no) == {"yes", "no"}
    assert yes_no["yes"]["score"] == pytest.approx(2.0 - 30 - math.log(1 + 3e-13), abs=1e-3)
    assert yes_no["yes"]["probability"] < 1e-9


def test_bert_joint_s_long_answers_are_those_around_its_spans():
    entry = ranked("bert_joint")
    assert [(a["start_token"], a["score"], a["window"]) for a in entry["short_answers"]] == [
        (4, 2.0, 0), (11, 1.0, 1)]
    assert [(a["candidate_index"], a["score"], a["window"]) for a in entry["long_answers"]] == [
        (0, 2.0, 0), (1, 1.0, 1)]
    assert entry["yes_no"] == {}


def test_a_page_without_a_possible_answer():
    windows = [Window([-1], {}, {})]
    for name in ("page", "bert_joint"):
        decoder = make_decoder(name, {})
        entry = decoder.nbest(EXAMPLE, make_windows(*windows), make_outputs(decoder, *windows))
        assert (entry["long_answers"], entry["short_answers"]) == ([], [])


def test_probabilities_are_a_softmax_with_a_null_of_0():
    assert nbest.probabilities([]) == []
    assert nbest.probabilities([0.0, 0.0]) == pytest.approx([1 / 3, 1 / 3])
    assert nbest.probabilities([800.0, -10000.0]) == pytest.approx([1.0, 0.0])


def test_the_text_is_without_tags_and_may_be_cut():
    assert nbest.text(EXAMPLE, Span(0, 14)) == "Tovin is a town . Mirel lies in Tovin ."
    assert nbest.text(EXAMPLE, Span(0, 14), 2) == "Tovin is"
