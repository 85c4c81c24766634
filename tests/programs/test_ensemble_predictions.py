"""The program eval/ensemble_predictions.py, run as people run it."""
import json

import pytest

from tests.support.nbest_samples import page, write_nbest
from tests.support.programs import error_line, run
from tests.support.scoring_samples import annotation, span, write_gold, write_predictions

PROGRAM = "eval/ensemble_predictions.py"


def gold_page(number):
    """Pages 0 to 5: a span at token 2 of a long answer; 6 and 7: nothing; 8 and 9: yes."""
    if number in (6, 7):
        answer = annotation()
    else:
        answer = annotation(span((0, 20)), [span((2, 3))] if number < 6 else [],
                            "NONE" if number < 6 else "YES")
    return {"example_id": number, "annotations": [answer] * 3}


def good_page(number):
    """The answers of a model that is right on every page and knows when there is none."""
    sure = -3.0 if number in (6, 7) else 3.0
    return page({(0, 20): sure, (20, 40): -4.0},
                {(2, 3): sure if number < 6 else -4.0, (25, 27): -4.0},
                (2.0 if number > 7 else -5.0, -5.0), example_id=number)


def bad_page(number):
    """The answers of a model that is always wrong."""
    return page({(20, 40): 1.0}, {(25, 27): 1.0}, (-5.0, -5.0), example_id=number)


@pytest.fixture(name="task")
def fixture_task(tmp_path):
    """Flags for a good and a bad model; the second one has the pages in another order."""
    files = [write_nbest(tmp_path / "good" / "nbest.json", map(good_page, range(10)),
                         {"model": "aa", "decoder": "page", "options": {}}),
             write_nbest(tmp_path / "bad.json", map(bad_page, range(9, -1, -1)),
                         {"model": "bb", "decoder": "page", "options": {}})]
    gold = write_gold(tmp_path / "gold.jsonl.gz", map(gold_page, range(10)))
    return {"nbest_paths": ",".join(files), "gold_path": gold,
            "output_prediction_file": str(tmp_path / "out" / "predictions.json")}


def ensemble(task, **more):
    given = dict(task, **more)
    return run(PROGRAM, *("--%s=%s" % item for item in given.items() if item[1] is not None))


def test_answers_without_gold(task, tmp_path):
    nbest = tmp_path / "nbest.json"
    done = ensemble(task, gold_path=None, weights="3,1", output_nbest_file=nbest)
    assert (done.returncode, done.stderr) == (0, "")
    assert "combined 10 pages of 2 models" in done.stdout
    assert "weights: 0.75,0.25" in done.stdout
    with open(task["output_prediction_file"]) as f:
        content = json.load(f)
    assert content["predictor"]["decoder"] == "ensemble"
    assert content["predictor"]["options"] == {"method": "probability", "weights": [0.75, 0.25]}
    assert [m["model"] for m in content["predictor"]["members"]] == ["aa", "bb"]
    entries = content["predictions"]
    assert [e["example_id"] for e in entries] == list(range(10))  # the order of the first file
    assert entries[0]["short_answers"] == [span((2, 3))]
    assert entries[9]["yes_no_answer"] == "YES"
    first, second = json.loads(nbest.read_text())["predictions"][0]["short_answers"]
    assert [(a["start_token"], a["member"]) for a in (first, second)] == [(2, 0), (25, 1)]
    # It can be a member of the next ensemble.
    again = ensemble(task, gold_path=None, nbest_paths="%s,%s" % (
        nbest, task["nbest_paths"].split(",")[1]), output_prediction_file=tmp_path / "2.json")
    assert again.returncode == 0, again.stderr


def row(text, name):
    """The row of the table that begins with a name."""
    found = [line for line in text.splitlines() if line.startswith(name)]
    assert len(found) == 1, text
    return found[0][len(name):].split()


def test_scores_side_by_side_and_fitted_weights(task, tmp_path):
    paths = task["nbest_paths"].split(",")
    other = write_predictions(tmp_path / "other.json", [
        {"example_id": i, "long_answer_score": 1.0, "short_answers_score": 1.0,
         "long_answer": span((0, 20))} for i in range(10)])
    done = ensemble(task, fit_weights=True, folds=3, compare_with=other)
    assert (done.returncode, done.stderr) == (0, "")
    good, bad = (row(done.stdout, path) for path in paths)
    assert float(good[0]) + float(bad[0]) == pytest.approx(1)
    assert float(good[0]) > 0.5
    # F1, P, R and threshold of long answers, then of short ones.
    assert good[1:4] + good[5:8] == ["100.00%"] * 6
    assert bad[1:4] + bad[5:8] == ["0.00%"] * 6
    assert row(done.stdout, "ensemble, fitted weights")[0] == "100.00%"
    assert row(done.stdout, "  on held-out folds")[0] == "100.00%"
    # Its long answers are right on 8 of 10 pages of which 8 have one: 2 * 8 / (10 + 8).
    assert row(done.stdout, other)[:3] == ["88.89%", "80.00%", "100.00%"]
    assert "weights fitted without one of 3 folds" in done.stdout


def test_the_table_has_what_nq_eval_says_of_the_written_file(task):
    done = ensemble(task, weights="1,2", method="sigmoid")
    assert (done.returncode, done.stderr) == (0, "")
    shown = row(done.stdout, "ensemble, these weights")
    scored = run("eval/nq_eval.py", "--gold_path=" + task["gold_path"],
                 "--predictions_path=" + task["output_prediction_file"])
    numbers = json.loads(scored.stdout)
    for place, kind in ((0, "long"), (4, "short")):
        assert shown[place:place + 3] == [
            format(numbers["%s-best-threshold-%s" % (kind, name)], ".2%")
            for name in ("f1", "precision", "recall")]
        assert shown[place + 3] == "%.4g" % numbers[kind + "-best-threshold"]


def test_thresholds_of_the_ensemble(task, tmp_path):
    assert ensemble(task, weights="2,1").returncode == 0
    thresholds = tmp_path / "thresholds.json"
    tuned = run("eval/tune_thresholds.py", "--gold_path=" + task["gold_path"], "--folds=2",
                "--predictions_path=" + task["output_prediction_file"],
                "--output_thresholds=%s" % thresholds)
    assert tuned.returncode == 0, tuned.stderr
    done = ensemble(task, gold_path=None, weights="4,2", thresholds=thresholds)
    assert (done.returncode, done.stderr) == (0, "")
    with open(task["output_prediction_file"]) as f:
        content = json.load(f)
    assert set(content["predictor"]["thresholds"]) == {"long", "short", "yes", "no"}
    assert content["predictions"][6]["long_answer"]["start_token"] == -1
    assert content["predictions"][0]["long_answer"]["start_token"] == 0
    other = error_line(ensemble(task, gold_path=None, weights="1,1", thresholds=thresholds))
    assert "thresholds.json is for the decoder ensemble with weights=" in other


@pytest.mark.parametrize("flags, message", [
    ({"nbest_paths": "a.json"}, "--nbest_paths=a.json is one file: an ensemble has two or more"),
    ({"nbest_paths": "a.json,b.json,a.json"}, "--nbest_paths has a.json twice: give it a weight"),
    ({"nbest_paths": "a.json,b.json"}, "cannot read a.json: No such file"),
    ({"weights": "1,2,3"}, "--weights has 3 numbers for 2 n-best files"),
    ({"weights": "1,-1"}, "--weights: '-1' is not a number of 0 or more"),
    ({"weights": "1,nan"}, "--weights: 'nan' is not a number of 0 or more"),
    ({"weights": "1,much"}, "--weights: 'much' is not a number"),
    ({"weights": "0,0"}, "--weights: all are 0"),
    ({"weights": "1,2", "fit_weights": True}, "give --weights or --fit_weights, not both"),
    ({"gold_path": None, "fit_weights": True}, "--fit_weights needs --gold_path"),
    ({"gold_path": None, "compare_with": "a.json"}, "--compare_with needs --gold_path"),
    ({"gold_path": None, "output_prediction_file": None}, "--output_prediction_file is needed"),
    ({"gold_path": "nothing*.gz"}, "no gold file matches 'nothing*.gz'"),
    ({"fit_weights": True, "folds": 11}, "10 questions cannot be parted into 11 folds"),
])
def test_bad_flags(task, flags, message):
    assert message in error_line(ensemble(task, **flags))


def test_other_pages_than_the_annotated_ones(task, tmp_path):
    gold = write_gold(tmp_path / "other.jsonl", map(gold_page, range(3, 12)))
    line = error_line(ensemble(task, gold_path=gold))
    assert "nbest.json: 2 of 9 gold examples without a prediction (10, 11); 3 of 10 " in line


def test_an_output_that_is_an_input(task):
    first = task["nbest_paths"].split(",")[0]
    line = error_line(ensemble(task, output_prediction_file=first))
    assert line == "error: %s is input and output at once: choose another output" % first


def test_a_prediction_file_in_place_of_an_nbest_file(task, tmp_path):
    assert ensemble(task, gold_path=None).returncode == 0
    paths = "%s,%s" % (task["nbest_paths"], task["output_prediction_file"])
    line = error_line(ensemble(task, gold_path=None, nbest_paths=paths,
                               output_prediction_file=tmp_path / "2.json"))
    assert "predictions.json, prediction 1: example 0 has no n-best long_answers: a file " in line
