"""What error pages read of prediction and n-best files, and how their folder appears."""
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.decoding import decode_example
from bert_nq.datasets.nq.example import Span as ExampleSpan
from bert_nq.decoding.nbest import Ranked, nbest_record
from bert_nq.error_pages import answer_files, folder
from bert_nq.error_pages.answer_files import AnswerFile, Candidate, Details, NBest, NBestFile
from bert_nq.prediction.output import prediction_file
from bert_nq.scoring.nq.labels import Span
from tests.support.nq_pages import make_line, make_page

PREDICTOR = {"model": "0a1b", "decoder": "page", "options": {"top_k": 5}}


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def failure(path, parse=lambda record: None):
    with pytest.raises(UserError) as caught:
        list(AnswerFile(path).entries(parse))
    return str(caught.value)


def test_details_of_predictions(tmp_path):
    path = write(tmp_path / "p.json", {"predictions": [
        {"example_id": -7, "scores": {"long": 1, "short": -2.5, "yes": None, "other": "x"},
         "probabilities": {"long": 0.75},
         "best_short_answers": [{"start_token": 4, "end_token": 6}]},
        {"example_id": "8"}], "predictor": PREDICTOR})
    details, predictor = answer_files.read_details(path)
    assert details == {-7: Details({"long": 1.0, "short": -2.5}, {"long": 0.75},
                                   (Span(-1, -1, 4, 6),)),
                       8: Details({}, {}, ())}
    assert answer_files.describe(predictor) == 'model 0a1b, decoder page, options {"top_k": 5}'


@pytest.mark.parametrize("predictor", [None, {}, [], {"model": 3, "options": []}])
def test_a_predictor_that_says_nothing(tmp_path, predictor):
    path = write(tmp_path / "p.json", {"predictor": predictor, "predictions": []})
    assert answer_files.describe(answer_files.read_details(path)[1]) == ""


@given(st.lists(st.dictionaries(st.text(max_size=3), st.one_of(
    st.text(), st.integers(), st.floats(allow_nan=False), st.lists(st.none()))), max_size=6),
    st.sampled_from([None, 1, "\t"]), st.booleans(), st.integers(1, 9))
def test_entries_are_those_that_json_reads(tmp_path_factory, records, indent, ascii_only, chunk):
    records = [dict(record, example_id=i) for i, record in enumerate(records)]
    path = str(tmp_path_factory.getbasetemp() / "entries.json")
    with open(path, "w", encoding="utf8") as f:
        json.dump({"a": 1234, "predictor": PREDICTOR, "predictions": records, "z": [1]}, f,
                  indent=indent, ensure_ascii=ascii_only)
    before, answer_files._CHUNK = answer_files._CHUNK, chunk
    try:
        answer_file = AnswerFile(path)
        assert list(answer_file.entries(dict)) == list(enumerate(records))
    finally:
        answer_files._CHUNK = before
    assert answer_file.predictor == PREDICTOR


@pytest.mark.parametrize("content, expected", [
    ("", "p.json is not JSON of the form"),
    ("[]", "p.json is not JSON of the form"),
    ('{"predictions": [{"example_id": 1}, {"exa', "p.json is not JSON of the form"),
    ('{"predictions": {}}', "p.json is not JSON of the form"),
    ("[" * 100000, "p.json is not JSON of the form"),
    ('{"predictions": ' + "[" * 100000, "p.json is not JSON of the form"),
    ('{"other": []}', 'p.json has no list "predictions"'),
    ('{"predictions": [{"example_id": 1}, 3]}',
     "p.json, prediction 2: no JSON object with an example_id"),
    ('{"predictions": [{"example_id": 1.5}]}', "p.json, prediction 1: example_id 1.5 is not an"),
])
def test_files_of_another_form(tmp_path, content, expected):
    message = failure(write(tmp_path / "p.json", content))
    assert expected in message
    assert "\n" not in message


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
    assert nbest.get(1) == NBest([Candidate(1, 3, "abc…", 3.0, 0.5, 4),
                                  Candidate(2, 4, "b", 3.0, 0.5, 4)],
                                 [Candidate(1, 2, "?", 1.5, None, None)],
                                 {"yes": [-1.0, 0.25], "no": [-2.0, None]})
    assert nbest.get(2) == NBest([], [], {})


def test_what_prediction_writes_is_read(tmp_path):
    example = decode_example(make_line(make_page("<P> A big town . </P>", 5)), "x")
    record = nbest_record(example, [Ranked(ExampleSpan(0, 6), 0.0, 2, 0)],
                          [Ranked(ExampleSpan(2, 4), 0.0, 1)], {"yes": 0.0})
    path = str(tmp_path / "n.json")
    with prediction_file(path, PREDICTOR) as add:
        add(record)
    nbest = NBestFile(path, 10)
    assert nbest.predictor == PREDICTOR
    assert nbest.get(5) == NBest([Candidate(0, 6, "A big town .", 0.0, 1 / 2, 2)],
                                 [Candidate(2, 4, "big town", 0.0, 1 / 3, 1)],
                                 {"yes": [0.0, 1 / 3]})


@pytest.mark.parametrize("entry, expected", [
    ({"long_answers": {"a": 1}}, "example 1: long_answers is not a list"),
    ({"long_answers": [3]}, "example 1: an entry of long_answers is not a JSON object"),
    ({"short_answers": [{"start_token": "1", "end_token": 2}]},
     "example 1: start_token or end_token in short_answers is not an integer"),
    ({"short_answers": [{"start_token": 1, "end_token": 2}]},
     "example 1: a score in short_answers is None, not a finite number"),
    ({"yes_no": [1]}, "example 1: yes_no is not a JSON object"),
    ({"yes_no": {"yes": {"score": "x"}}}, "example 1: a score in yes_no is 'x', not a finite"),
])
def test_nbest_lists_of_another_form(tmp_path, entry, expected):
    path = write(tmp_path / "n.json", {"predictions": [dict(entry, example_id=1)]})
    with pytest.raises(UserError) as caught:
        NBestFile(path, 10)
    assert str(caught.value).startswith("%s, prediction 1: %s" % (path, expected))


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
