"""Prediction and n-best files as error pages read them, and how their folder appears."""
import json
import os

import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.datasets.nq.example import Span
from bert_nq.datasets.nq.prediction_file import prediction_file
from bert_nq.decoding.nbest import Ranked, nbest_record
from bert_nq.error_pages import answer_files, folder
from bert_nq.error_pages.answer_files import Details, NBestFile
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


def check(path, inputs=()):
    folder.check(str(path), "site.json", ("site.json", "pages"), inputs)


def test_folders_that_may_be_replaced(tmp_path):
    check(tmp_path / "new")
    (tmp_path / "pages").mkdir()
    (tmp_path / "site.json").write_text("{}")
    check(tmp_path)
    (tmp_path / "empty").mkdir()
    check(tmp_path / "empty")


def test_folders_that_may_not_be_replaced(tmp_path):
    with pytest.raises(UserError, match="gs://b/site: the site is written to a local folder"):
        check("gs://b/site")
    (tmp_path / "pages").mkdir()
    with pytest.raises(UserError, match=r"holds something else \(pages\): give an empty or a new"):
        check(tmp_path)  # without the marker
    (tmp_path / "site.json").write_text("{}")
    with pytest.raises(UserError, match="pages/gold.jsonl is in .*, which is about to be replaced"):
        check(tmp_path, [str(tmp_path / "pages" / "gold.jsonl"), "gs://b/gold"])
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(UserError, match=r"holds something else \(thesis.tex\)"):
        check(tmp_path)
    with pytest.raises(UserError, match="thesis.tex is not a folder"):
        check(tmp_path / "thesis.tex")


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "site"
    with folder.replacing(str(path)) as new:
        assert not path.exists()
        open(os.path.join(new, "first"), "w").close()
    assert os.listdir(str(path)) == ["first"]

    with pytest.raises(KeyError):
        with folder.replacing(str(path)) as new:
            open(os.path.join(new, "second"), "w").close()
            raise KeyError
    assert os.listdir(str(path)) == ["first"]

    (tmp_path / ".site.tmp" / "of a run that was killed").mkdir(parents=True)
    with folder.replacing(str(path)) as new:
        open(os.path.join(new, "third"), "w").close()
        with pytest.raises(UserError, match="another run holds"):
            with folder.replacing(str(path)):
                pass
    assert os.listdir(str(path)) == ["third"]
    assert os.listdir(str(tmp_path)) == ["site"]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot create the folder .*file"):
        with folder.replacing(str(tmp_path / "file" / "site")):
            pass
