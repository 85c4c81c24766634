"""The prediction file appears when it is complete, and is valid JSON."""
import json
import os

import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.example import Span
from bert_nq.datasets.nq.prediction_file import prediction_file
from bert_nq.decoding.bert_joint import Answer, prediction_of
from bert_nq.decoding.entries import NO_ANSWER_SCORE, NULL
from bert_nq.scoring.nq.predictions import read_predictions

PREDICTOR = {"decoder": "page", "options": {"n_best_size": 20}, "model": "01234567"}


@pytest.mark.parametrize("entries", [[], [{"example_id": -5}],
                                     [{"example_id": 1}, {"example_id": 2}, {"example_id": 3}]])
def test_any_number_of_entries_is_valid_json_a_line_each(tmp_path, entries):
    path = tmp_path / "new folder" / "predictions.json"
    with prediction_file(str(path), PREDICTOR) as write:
        for entry in entries:
            write(entry)
    text = path.read_text()
    assert json.loads(text) == {"predictor": PREDICTOR, "predictions": entries}
    assert len(text.splitlines()) == len(entries) + 3


def test_it_appears_only_when_all_is_written(tmp_path):
    path = tmp_path / "predictions.json"
    path.write_text("old")
    with prediction_file(str(path), PREDICTOR) as write:
        write({"example_id": 1})
        assert path.read_text() == "old"
    assert json.loads(path.read_text()) ["predictions"] == [{"example_id": 1}]


def test_a_failure_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "predictions.json"
    path.write_text("old")
    with pytest.raises(UserError, match="line 3"), prediction_file(str(path), PREDICTOR) as write:
        write({"example_id": 1})
        raise UserError("line 3")
    assert path.read_text() == "old"
    assert os.listdir(str(tmp_path)) == ["predictions.json"]


def test_the_official_scorers_reader_takes_it(tmp_path):
    path = str(tmp_path / "predictions.json")
    with prediction_file(path, PREDICTOR) as write:
        write(prediction_of(2 ** 63 - 1, Answer(1.25, Span(3, 5), Span(2, 9))))
        write(prediction_of(-7, Answer(NO_ANSWER_SCORE, NULL, NULL)))
    assert set(read_predictions(path)) == {2 ** 63 - 1, -7}
