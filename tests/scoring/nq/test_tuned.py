"""The file of thresholds: for whom it is, what is refused, and what it makes of predictions."""
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.scoring.calibration import Isotonic, Temperature
from bert_nq.scoring.nq import measures
from bert_nq.scoring.nq.labels import parse_prediction
from bert_nq.scoring.nq.options import KINDS, TWO_KINDS, make_table
from bert_nq.scoring.nq.thresholds import OBJECTIVES, SHORT_KINDS, Rule
from bert_nq.scoring.nq.tuned import Tuned, margin
from bert_nq.scoring.nq.tuning import points_of, tune
from tests.support.examples import with_examples
from tests.support.scored_samples import (
    PREDICTOR,
    gold_of,
    random_task,
    scored_file,
    scored_prediction,
)
from tests.support.scoring_samples import NULL, prediction, span

SAME = Temperature(1.0, 0.0)


def four(long=0.0, short=0.0, yes=0.0, no=0.0, **others):
    rule = Rule({"long": long, "short": short, "yes": yes, "no": no},
                dict.fromkeys(SHORT_KINDS, SAME))
    return Tuned(PREDICTOR, KINDS, rule, **others)


SPANS = [span((1, 3))]


def entry(scores, yes_no_answer="NONE"):
    return scored_prediction(5, scores, span((0, 9)), SPANS, yes_no_answer)


def answers(new):
    return (new["long_answer"], new["short_answers"], new["yes_no_answer"],
            new["long_answer_score"], new["short_answers_score"])


@pytest.mark.parametrize("scores, expected", [
    # Thresholds: long 1, short 2, yes 3, no 0.5.
    ([1.5, 2.5, 2.0, 0.0], (span((0, 9)), SPANS, "NONE", 0.5, 0.5)),
    ([0.5, 1.5, 1.0, 0.0], (NULL, [], "NONE", -0.5, -0.5)),
    ([0.5, 2.5, 4.0, 0.0], (NULL, [], "YES", -0.5, 1.0)),
    ([1.0, 0.0, 0.0, 0.75], (span((0, 9)), [], "NO", 0.0, 0.25)),
    ([1.0, 2.0, 2.5, 0.0], (span((0, 9)), [], "NONE", 0.0, -0.5)),  # yes, but not sure enough
])
@pytest.mark.parametrize("answered", ["NONE", "YES"])
def test_answers_under_their_thresholds_go(scores, expected, answered):
    before = entry(scores, answered)
    copy = json.loads(json.dumps(before))
    new = four(1.0, 2.0, 3.0, 0.5).apply(before)
    assert answers(new) == expected
    assert new["scores"] == {"long": scores[0] - 1.0, "short": scores[1] - 2.0,
                             "yes": scores[2] - 3.0, "no": scores[3] - 0.5}
    assert before == copy and "probabilities" not in new
    assert new["best_short_answers"] == SPANS


def test_a_kind_that_is_never_answered():
    new = four(long=None, yes=None).apply(entry([9.0, 1.0, 2.0, -1.0]))
    assert answers(new)[:3] == (NULL, [], "NONE")
    assert new["long_answer_score"] == new["scores"]["long"] == pytest.approx(-np.exp(-9), rel=1e-3)
    assert new["short_answers_score"] == new["scores"]["yes"] < 0
    assert margin(-1e5, None) == -1e5 and margin(2.0, None) > margin(1.0, None)


def test_probabilities():
    calibration = dict({kind: Temperature(2.0, -1.0) for kind in KINDS},
                       no=Isotonic((-1.0, 1.0), (0.0, 0.5)))
    tuned = four(method="temperature", calibration=calibration)
    new = tuned.apply(entry([0.5, 1.0, 0.5, 0.0]))
    assert new["probabilities"] == {"long": 0.5, "short": pytest.approx(1 / (1 + np.exp(-1))),
                                    "yes": 0.5, "no": 0.25}
    nothing = tuned.apply(scored_prediction(5, [0.5] * 4))
    assert (nothing["probabilities"]["long"], nothing["probabilities"]["short"]) == (0.0, 0.0)


def test_two_scores():
    tuned = Tuned(None, TWO_KINDS, Rule({"long": 1.0, "short": 2.0}, {"short": SAME}))
    new = tuned.apply(prediction(5, span((0, 9)), [], "YES", 0.0, 2.5))
    assert answers(new) == (NULL, [], "YES", -1.0, 0.5) and "scores" not in new
    new = tuned.apply(prediction(5, span((0, 9)), SPANS, "NONE", 1.0, 2.0))
    assert answers(new) == (span((0, 9)), SPANS, "NONE", 0.0, 0.0)
    new = tuned.apply(prediction(5, None, SPANS, "NONE", 1.0, 1.0))
    assert answers(new) == (NULL, [], "NONE", 0.0, -1.0)


def test_predictions_of_another_kind():
    with pytest.raises(UserError, match="example 5: the prediction has 2 scores, the file of "
                                        "thresholds is for predictions with 4: run eval/tune_thr"):
        four().apply(prediction(5))
    with pytest.raises(UserError, match="has 4 scores"):
        Tuned(None, TWO_KINDS, Rule({"long": 0.0, "short": 0.0}, {"short": SAME})).apply(
            entry([0.0] * 4))


@with_examples(40)
@given(st.randoms(use_true_random=False), st.integers(2, 25), st.booleans(),
       st.sampled_from(OBJECTIVES))
def test_predictions_score_what_the_fit_says(rng, num_questions, two_kinds, objective):
    questions, entries = random_task(rng, num_questions, two_kinds)
    gold, scored = gold_of(questions), scored_file(entries)
    fit = tune(make_table(gold, scored), scored.kinds, 2, "none", 0).fits[objective]
    tuned = Tuned(None, scored.kinds, fit.rule)
    applied = [parse_prediction(tuned.apply(e)) for e in entries]
    long_rows, short_rows = measures.score_answers(gold, {p.example_id: p for p in applied})
    assert points_of(long_rows, short_rows) == fit.fitted
    # The margins tell the same: answers begin at 0.
    assert not any(row.has_prediction and row.score < 0 for row in long_rows + short_rows)


def test_what_was_saved_is_loaded(tmp_path):
    path = str(tmp_path / "new folder" / "t.json")
    tuned = four(yes=None, method="isotonic", fitted_on={"questions": 3}, path=path,
                 calibration={kind: Isotonic((0.0, 1.5), (0.25, 0.75)) for kind in KINDS})
    tuned.save(path)
    assert Tuned.load(path) == tuned
    assert tuned.describe() == {"long": 0.0, "short": 0.0, "yes": None, "no": 0.0}
    two = Tuned(None, TWO_KINDS, Rule({"long": 1.0, "short": None}, {"short": SAME}), path=path)
    two.save(path)
    assert Tuned.load(path) == two


@pytest.fixture(name="saved")
def fixture_saved(tmp_path):
    path = tmp_path / "t.json"
    four(method="temperature", calibration=dict.fromkeys(KINDS, SAME)).save(str(path))
    return path


@pytest.mark.parametrize("change, message", [
    (lambda c: c["thresholds"].update(yes=float("nan")),
     ": the threshold of yes is nan, not a finite number (null: never)"),
    (lambda c: c["thresholds"].update(long="1"),
     ": the threshold of long is 1, not a finite number (null: never)"),
    (lambda c: c["thresholds"].pop("no"),
     ": the thresholds are not those of long, short, yes and no"),
    (lambda c: c.pop("thresholds"),
     " has no thresholds: a file of eval/tune_thresholds.py is wanted"),
    (lambda c: c.update(format=2),
     " is of format 2, this program reads format 1: run eval/tune_thresholds.py again"),
    (lambda c: c.update(predictor="x"), ": predictor is not a JSON object"),
    (lambda c: c.update(predictor={"options": [1]}),
     ': "options" of the predictor is not a JSON object'),
    (lambda c: c.pop("log_odds"), ": log_odds is not a JSON object"),
    (lambda c: c["log_odds"].pop("no"), ": log_odds of no: slope and bias are wanted"),
    (lambda c: c["calibration"].update(method="magic"), ": the method of calibration is 'magic', "
     "not one of temperature, isotonic, none"),
    (lambda c: c["calibration"].update(long={"slope": 1.0, "bias": float("inf")}),
     ": calibration of long: slope 1.0 and bias inf are not finite numbers, the slope at least 0"),
])
def test_impossible_files_are_refused(saved, change, message):
    content = json.loads(saved.read_text())
    change(content)
    saved.write_text(json.dumps(content))
    with pytest.raises(UserError) as e:
        Tuned.load(str(saved))
    assert str(e.value) == str(saved) + message


def test_a_file_that_is_cut_off_or_missing(saved, tmp_path):
    text = saved.read_text()
    for length in range(0, len(text) - 2, 11):
        saved.write_text(text[:length])
        with pytest.raises(UserError, match=r"is not JSON \(.*\): run eval/tune_"):
            Tuned.load(str(saved))
    saved.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="is text in UTF-16, UTF-8 is wanted"):
        Tuned.load(str(saved))
    with pytest.raises(UserError, match="cannot read .*/none.json: No such file or directory"):
        Tuned.load(str(tmp_path / "none.json"))


@pytest.mark.parametrize("options", [[1], "x", 7, True])
def test_options_of_predictions_that_are_no_object(options):
    with pytest.raises(UserError, match='^the prediction file: "options" of the predictor is not'):
        four().check_predictor(dict(PREDICTOR, options=options))


def test_whose_predictions_they_are_for():
    tuned = four(path="t.json")
    tuned.check_predictor(dict(PREDICTOR))
    Tuned(dict(PREDICTOR, options={"sizes": [1, 2]}), KINDS, tuned.rule).check_predictor(
        dict(PREDICTOR, options={"sizes": (1, 2)}))
    remedy = ": run eval/tune_thresholds.py on predictions of this model and decoder"

    def error(tuned, predictor):
        with pytest.raises(UserError) as e:
            tuned.check_predictor(predictor)
        return str(e.value)

    assert error(tuned, dict(PREDICTOR, model="beef")) == (
        "t.json is for the model 0123abcd, the predictions are of the model beef" + remedy)
    assert error(tuned, dict(PREDICTOR, decoder="bert_joint")) == (
        "t.json is for the decoder page, the predictions are of the decoder bert_joint"
        + remedy)
    assert error(tuned, None) == (
        "t.json is for the model 0123abcd, the predictions are of a model not named"
        + remedy)
    assert error(tuned, dict(PREDICTOR, options={"span_score": "gated"})).startswith(
        "t.json is for the decoder page with span_score=cls, the predictions are made with "
        "span_score=gated: give the same options, or run ")
    assert "span_score=(none)" in error(tuned, dict(PREDICTOR, options={}))
    assert error(tuned, dict(PREDICTOR, thresholds=tuned.describe())) == (
        "t.json cannot be applied: the predictions were thresholded before")
    unknown = Tuned(None, KINDS, tuned.rule, path="t.json")
    unknown.check_predictor(None)
    assert "for a model not named, the predictions are of the model 0123abcd" in error(
        unknown, PREDICTOR)
