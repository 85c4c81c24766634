"""Prediction and n-best files as error pages read them."""
import json

import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.datasets.nq.example import Span
from bert_nq.datasets.nq.prediction_file import prediction_file
from bert_nq.decoding.nbest import Ranked, nbest_record
from bert_nq.error_pages.nq import answer_files
from bert_nq.error_pages.nq.answer_files import Details, NBestFile
from bert_nq.scoring.nq.labels import AnswerSpan
from bert_nq.scoring.nq.nbest import NBest, NBestAnswer, YesNoScore
from tests.support.nq_pages import make_line, make_page

PREDICTOR = {"model": "0a1b", "decoder": "page", "options": {"top_k": 5}}


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_details_of_predictions(tmp_path):
    path = write(tmp_path / "p.json", {"predictions": [
        {"example_id": -7, "scores": {"long": 1, "short": -2.5, "yes": None, "other": "x"},
         "probabilities": {"long": 0.75},
         "best_short_answers": [{"start_token": 4, "end_token": 6}]},
        {"example_id": "8"}], "predictor": PREDICTOR})
    details, predictor = answer_files.read_details(path)
    assert details == {-7: Details({"long": 1.0, "short": -2.5}, {"long": 0.75},
                                   (AnswerSpan(-1, -1, 4, 6),)),
                       8: Details({}, {}, ())}
    assert answer_files.describe(predictor) == 'model 0a1b, decoder page, options {"top_k": 5}'
    assert answer_files.name_of(predictor) == "model 0a1b, decoder page"
    assert answer_files.options_of(predictor) == [("top_k", "5")]


@pytest.mark.parametrize("predictor", [None, {}, {"model": 3, "options": []}])
def test_a_predictor_that_says_nothing(tmp_path, predictor):
    path = write(tmp_path / "p.json", {"predictor": predictor, "predictions": []})
    predictor = answer_files.read_details(path)[1]
    assert answer_files.describe(predictor) == answer_files.name_of(predictor) == ""
    assert answer_files.options_of(predictor) == []


@pytest.mark.parametrize("scores", ["3", "[]", "NaN", '{"long": "x"}', '{"long": NaN}',
                                    '{"long": true}', '{"long": 1%s}' % ("0" * 400)])
def test_scores_that_are_none(tmp_path, scores):
    path = write(tmp_path / "p.json", '{"predictions": [{"example_id": 5, "scores": %s}]}' % scores)
    if scores == "[]":
        assert answer_files.read_details(path)[0] == {5: Details({}, {}, ())}
        return
    with pytest.raises(UserError, match=r"p.json, prediction 1: example 5: scores .*"):
        answer_files.read_details(path)


@pytest.mark.parametrize("spans, expected", [
    ({"a": 1}, "example 5: best_short_answers is not a list"),
    ([{"start_token": 4, "end_token": 4}], "example 5: best_short_answers: start_token 4 is not"),
])
def test_best_short_answers_that_are_none(tmp_path, spans, expected):
    path = write(tmp_path / "p.json",
                 {"predictions": [{"example_id": 5, "best_short_answers": spans}]})
    with pytest.raises(UserError, match="p.json, prediction 1: " + expected):
        answer_files.read_details(path)


def test_nbest_lists_are_cut_in_number_and_length(tmp_path):
    def answer(start, text):
        return {"start_token": start, "end_token": start + 2, "text": text, "score": 3,
                "probability": 0.5, "window": 4, "candidate_index": 7}

    path = write(tmp_path / "n.json", {"predictor": PREDICTOR, "predictions": [
        {"example_id": 1, "question": "q", "long_answers": [answer(1, "abcdef"), answer(2, "b"),
                                                            answer(3, "c")],
         "short_answers": [{"start_token": 1, "end_token": 2, "text": "\ud800", "score": 1.5}],
         "yes_no": {"yes": {"score": -1, "probability": 0.25}, "no": {"score": -2}}},
        {"example_id": 2}]})
    nbest = NBestFile(path, limit=2, max_characters=3)
    assert (len(nbest), nbest.predictor, nbest.get(3)) == (2, PREDICTOR, None)
    assert nbest.get(1) == NBest(1, "q", [NBestAnswer(1, 3, "abc…", 3.0, 0.5, 4, 7),
                                          NBestAnswer(2, 4, "b", 3.0, 0.5, 4, 7)],
                                 [NBestAnswer(1, 2, "?", 1.5, None, None, None)],
                                 {"yes": YesNoScore(-1.0, 0.25), "no": YesNoScore(-2.0, None)})
    assert nbest.get(2) == NBest(2, "", [], [], {})


def test_what_prediction_writes_is_read(tmp_path):
    example = decode_example(make_line(make_page("<P> A big town . </P>", 5)), "x")
    record = nbest_record(example, [Ranked(Span(0, 6), 0.0, 2, 0)],
                          [Ranked(Span(2, 4), 0.0, 1)], {"yes": 0.0})
    path = str(tmp_path / "n.json")
    with prediction_file(path, PREDICTOR) as add:
        add(record)
    nbest = NBestFile(path, 10)
    assert nbest.predictor == PREDICTOR
    assert nbest.get(5) == NBest(5, example.question,
                                 [NBestAnswer(0, 6, "A big town .", 0.0, 1 / 2, 2, 0)],
                                 [NBestAnswer(2, 4, "big town", 0.0, 1 / 3, 1, None)],
                                 {"yes": YesNoScore(0.0, 1 / 3)})


def test_nbest_lists_of_another_form(tmp_path):
    path = write(tmp_path / "n.json", {"predictions": [{"example_id": 1, "long_answers": [3]}]})
    with pytest.raises(UserError, match="^%s, prediction 1: example 1: long answer is not" % path):
        NBestFile(path, 10)
