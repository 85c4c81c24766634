"""Prediction and n-best files are read entry by entry, and their faults are told by the entry."""
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.prediction_file import prediction_file
from bert_nq.scoring.nq.answer_files import AnswerFile

PREDICTOR = {"model": "0a1b", "decoder": "page", "options": {"top_k": 5}}


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def failure(path, parse=lambda record: None):
    with pytest.raises(UserError) as caught:
        list(AnswerFile(path).entries(parse))
    return str(caught.value)


@given(st.lists(st.dictionaries(st.text(max_size=3), st.one_of(
    st.text(), st.integers(), st.floats(allow_nan=False), st.lists(st.none()))), max_size=6),
    st.sampled_from([None, 1, "\t"]), st.booleans(), st.booleans())
def test_entries_are_those_that_json_reads(tmp_path_factory, records, indent, ascii_only, zipped):
    records = [dict(record, example_id=i) for i, record in enumerate(records)]
    path = str(tmp_path_factory.getbasetemp() / "entries.json")
    text = json.dumps({"a": 1234, "predictor": PREDICTOR, "predictions": records, "z": [1]},
                      indent=indent, ensure_ascii=ascii_only).encode("utf8")
    with open(path, "wb") as f:
        f.write(gzip.compress(text) if zipped else text)
    answer_file = AnswerFile(path)
    assert list(answer_file.entries(dict)) == list(enumerate(records))
    assert answer_file.predictor() == AnswerFile(path).predictor() == PREDICTOR


def test_what_prediction_writes_is_read(tmp_path):
    path = str(tmp_path / "p.json")
    with prediction_file(path, PREDICTOR) as add:
        for i in range(3):
            add({"example_id": i, "x": "\u00e9"})
    answer_file = AnswerFile(path)
    assert answer_file.predictor() == PREDICTOR
    assert list(answer_file.entries(lambda entry: entry["x"])) == [(i, "\u00e9") for i in range(3)]


@pytest.mark.parametrize("content, predictor", [
    ({"predictions": []}, None), ({"predictor": None, "predictions": []}, None),
    ({"predictor": {}, "predictions": []}, {}),
    ({"predictions": [{"example_id": 1}, {"example_id": 2}], "predictor": PREDICTOR}, PREDICTOR)])
def test_the_predictor_before_and_after_the_entries(tmp_path, content, predictor):
    path = write(tmp_path / "p.json", content)
    assert AnswerFile(path).predictor() == predictor
    answer_file = AnswerFile(path)
    assert len(list(answer_file.entries(dict))) == len(content["predictions"])
    assert answer_file.predictor() == predictor


@pytest.mark.parametrize("predictor", [7, [], "page"])
def test_a_predictor_that_is_none(tmp_path, predictor):
    path = write(tmp_path / "p.json", {"predictor": predictor, "predictions": [{"example_id": 1}]})
    with pytest.raises(UserError, match='^%s: "predictor" is not a JSON object$' % path):
        AnswerFile(path).predictor()
    # Who scores does not ask for it: files of other systems may hold anything.
    assert list(AnswerFile(path).entries(lambda entry: 0)) == [(1, 0)]


@pytest.mark.parametrize("content, expected", [
    ("", "p.json is not JSON (Expecting value at character 0)"),
    ('{"predictions": [{"example_id": 1}, {"exa', "p.json is not JSON (Unterminated string"),
    ("[" * 100000, "p.json is not JSON (nested too deeply)"),
    ('{"predictions": ' + "[" * 100000, "p.json is not JSON (nested too deeply)"),
    ('{"predictions": [] "a": 1}', "p.json is not JSON (Expecting ',' delimiter at character 19)"),
    ('{"predictions": []}, {}', "p.json is not JSON (Extra data at character 19)"),
    ("[]", 'p.json has no list "predictions"'),
    ('{"predictions": {}}', 'p.json has no list "predictions"'),
    ('{"other": []}', 'p.json has no list "predictions"'),
    ('{"predictions": [], "predictions": []}', 'p.json has no list "predictions", or two'),
    ('{"predictions": [{"example_id": 1}, 3]}',
     "p.json, prediction 2: the prediction is not a JSON object"),
    ('{"predictions": [{"example_id": 1}, {}]}',
     "p.json, prediction 2: the field example_id is missing"),
    ('{"predictions": [{"example_id": 1.5}]}',
     "p.json, prediction 1: example_id 1.5 is not a 64-bit integer"),
    ('{"predictions": [{"example_id": "12_34"}]}',
     "p.json, prediction 1: example_id '12_34' is not a 64-bit integer"),
    ('{"predictions": [{"example_id": 5}, {"example_id": "5"}]}',
     "p.json, prediction 2: example 5 has a prediction already"),
])
def test_files_of_another_form(tmp_path, content, expected):
    message = failure(write(tmp_path / "p.json", content))
    assert expected in message
    assert "\n" not in message


def test_a_fault_in_an_entry_is_told_with_its_place(tmp_path):
    def parse(entry):
        raise UserError("example 1: no")

    path = write(tmp_path / "p.json", {"predictions": [{"example_id": 1}]})
    assert failure(path, parse) == "%s, prediction 1: example 1: no" % path


def test_gzip_that_is_cut_off(tmp_path):
    text = json.dumps({"predictions": [{"example_id": i} for i in range(1000)]}).encode("ascii")
    path = tmp_path / "p.json"
    for end in (-4, len(gzip.compress(text)) // 2):
        path.write_bytes(gzip.compress(text)[:end])
        assert failure(str(path)).startswith("%s: the gzip data are cut off or damaged (" % path)


def test_a_file_that_is_missing(tmp_path):
    assert failure(str(tmp_path / "p.json")) == (
        "cannot read %s: No such file or directory" % (tmp_path / "p.json"))
