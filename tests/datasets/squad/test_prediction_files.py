"""SQuAD's files of predictions, in Google's formats."""
import json
import os

from hypothesis import given
from hypothesis import strategies as st

from bert_nq.datasets.squad import prediction_files
from tests.support.examples import with_examples

ENTRY = {"example_id": 1, "id": "q1", "text": "Vienna", "null_odds": -1.5}


def write(path, is_v2):
    predictor = {"decoder": "run_squad", "options": {"version_2_with_negative": is_v2}}
    with prediction_files.predictions(path, predictor) as take:
        take(ENTRY)


def test_odds_lie_beside_the_predictions_that_they_are_of(tmp_path):
    path, odds = str(tmp_path / "predictions.json"), str(tmp_path / "null_odds.json")
    write(path, True)
    with open(path) as f, open(odds) as g:
        assert (json.load(f), json.load(g)) == ({"q1": "Vienna"}, {"q1": -1.5})
    # Predictions that have none take the place of these: their odds would be taken for the new.
    write(path, False)
    assert os.listdir(str(tmp_path)) == ["predictions.json"]
    write(path, False)


ANSWERS = st.lists(st.fixed_dictionaries({
    "text": st.text(), "probability": st.floats(0, 1), "start_logit": st.floats(-1e9, 1e9)}),
    max_size=3)


@with_examples(20)
@given(st.dictionaries(st.text(), ANSWERS, max_size=3))
def test_the_bytes_are_those_of_the_official_scripts(tmp_path_factory, questions):
    path = str(tmp_path_factory.mktemp("x") / "nbest.json")
    with prediction_files.nbest(path, {}) as take:
        for key, answers in questions.items():
            take({"id": key, "answers": answers})
    with open(path, newline="") as f:
        assert f.read() == json.dumps(questions, indent=4) + "\n"
