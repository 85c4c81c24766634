"""The program eval/tune_thresholds.py, run as people run it."""
import json
import random

import pytest

from bert_nq.scoring import f_measure
from bert_nq.scoring.nq import measures
from bert_nq.scoring.nq.gold import read_gold
from bert_nq.scoring.nq.labels import parse_prediction
from bert_nq.scoring.nq.options import KINDS
from bert_nq.scoring.nq.tuned import Tuned
from bert_nq.scoring.squad.tuned import Tuned as SquadTuned
from tests.support.programs import error_line, next_command, python_word, run
from tests.support.scored_samples import PREDICTOR, question, random_task, scored_prediction
from tests.support.scoring_samples import annotation, span, write_gold
from tests.support.squad_scoring_samples import question as squad_question
from tests.support.squad_scoring_samples import squad, write_json

PROGRAM = "eval/tune_thresholds.py"


def write_task(folder, questions, entries, **others):
    gold = write_gold(folder / "gold.jsonl.gz", [
        {"example_id": example_id, "annotations": annotations}
        for example_id, annotations in questions.items()])
    predictions = folder / "predictions.json"
    predictions.write_text(json.dumps(dict(others, predictions=entries)))
    return ["--gold_path=" + gold, "--predictions_path=%s" % predictions,
            "--output_thresholds=%s" % (folder / "thresholds.json")]


@pytest.fixture(name="task")
def fixture_task(tmp_path):
    return write_task(tmp_path, *random_task(random.Random(1), 60), predictor=PREDICTOR)


def test_the_file_and_what_is_printed(task, tmp_path):
    done = run(PROGRAM, *task)
    assert (done.returncode, done.stderr) == (0, "")
    path = tmp_path / "thresholds.json"
    lines = done.stdout.splitlines()
    assert lines[-5] == "written: %s" % path
    assert lines[-3].startswith("Next: predict with them")
    assert next_command(done.stdout) == (
        "  %s bert_nq/run_nq.py --do_predict --flagfile=model/flags-predict.txt "
        "--output_dir=model \\\n      --predict_file=DEV.jsonl.gz --thresholds=%s"
        % (python_word(), path))
    tuned = Tuned.load(str(path))
    assert (tuned.predictor, tuned.kinds, tuned.method) == (PREDICTOR, KINDS, "temperature")
    # What is printed as fitted is what the official measures say of the thresholded predictions.
    entries = json.loads((tmp_path / "predictions.json").read_text())["predictions"]
    tuned.check_predictor(PREDICTOR)
    applied = {p.example_id: p for p in (parse_prediction(tuned.apply(e)) for e in entries)}
    rows = measures.score_answers(read_gold([str(tmp_path / "gold.jsonl.gz")]), applied)
    for kind, title in zip(rows, ("long answers", "short answers")):
        point = f_measure.all_predictions(kind)
        fitted = [line for line in lines[lines.index(title):] if "separate" in line][0]
        assert fitted.split()[-3:] == ["%.2f%%" % (100 * x) for x in (point.f1, point.precision,
                                                                     point.recall)]
    assert any(line.startswith("long answers: F1 ") and line.endswith(" are fitting")
               for line in lines)


@pytest.mark.parametrize("extra", [[], ["--objective=combined", "--calibration=isotonic"],
                                   ["--calibration=none", "--folds=3", "--seed=5"]])
def test_the_order_of_files_changes_nothing(task, tmp_path, extra):
    first = run(PROGRAM, *(task + extra))
    assert first.returncode == 0
    path = tmp_path / "thresholds.json"
    written = path.read_bytes()
    content = json.loads((tmp_path / "predictions.json").read_text())
    content["predictions"].reverse()
    (tmp_path / "predictions.json").write_text(json.dumps(content))
    second = run(PROGRAM, *(task + extra))
    assert second.returncode == 0
    assert path.read_bytes() == written
    assert second.stdout == first.stdout


def test_predictions_of_other_systems(tmp_path):
    task = write_task(tmp_path, *random_task(random.Random(2), 40, two_kinds=True))
    done = run(PROGRAM, *task)
    assert (done.returncode, done.stderr) == (0, "")
    tuned = Tuned.load(str(tmp_path / "thresholds.json"))
    assert (tuned.predictor, list(tuned.describe())) == (None, ["long", "short"])
    assert list(tuned.calibration) == ["long", "short"]


def test_gold_of_one_annotator(tmp_path):
    questions = {i: question(span((0, 9)), [span((1, 3))], annotators=1) for i in range(1, 9)}
    entries = [scored_prediction(i, [i, i, 0.0, 0.0], span((0, 9)), [span((1, 3))])
               for i in questions]
    task = write_task(tmp_path, questions, entries)
    error = error_line(run(PROGRAM, *task))
    assert "no question has 2 annotators with a long or 2 with a short answer" in error
    assert "give --long_non_null_threshold=1 --short_non_null_threshold=1" in error
    done = run(PROGRAM, "--long_non_null_threshold=1", "--short_non_null_threshold=1", *task)
    assert done.returncode == 0
    assert Tuned.load(str(tmp_path / "thresholds.json")).describe() == {
        "long": 1.0, "short": 1.0, "yes": None, "no": None}


def test_errors_are_one_line_and_nothing_is_written(task, tmp_path):
    gold, predictions, output = task
    file = tmp_path / "predictions.json"
    content = json.loads(file.read_text())
    good = file.read_text()

    def error(*args, text=None):
        file.write_text(good if text is None else text)
        line = error_line(run(PROGRAM, *(args or task)))
        assert line.startswith("error: ")
        assert not (tmp_path / "thresholds.json").exists()
        return line[len("error: "):]

    assert error(predictions, output).startswith("--gold_path is needed")
    assert error(gold, predictions).startswith("--output_thresholds is needed")
    assert error(gold, predictions, "--output_thresholds=%s" % file) == (
        "%s is input and output at once: choose another output" % file)
    assert error(*(task + ["--folds=61"])) == (
        "60 questions cannot be parted into 61 folds: give a smaller --folds")
    assert error(text=good[:-20]).startswith("%s is not JSON" % file)
    assert error(text=json.dumps({"predictions": content["predictions"][1:]})) == (
        "%s: 1 of 60 gold examples without a prediction (1): score predictions with exactly the "
        "examples they were made from" % file)
    assert "thresholds were applied to these predictions already" in error(text=json.dumps(
        dict(content, predictor=dict(PREDICTOR, thresholds={"long": 1.0}))))
    content["predictions"][3]["scores"]["no"] = float("nan")
    assert error(text=json.dumps(content)) == (
        "%s, prediction 4: example 4: the score of no is nan, not a finite number" % file)


def test_gold_without_annotations(tmp_path):
    _, entries = random_task(random.Random(1), 6)
    task = write_task(tmp_path, {i: [] for i in range(1, 7)}, entries)
    assert error_line(run(PROGRAM, *task)).endswith(
        "gold.jsonl.gz: no example is annotated, there is nothing to fit to")
    some = {i: [annotation(span((0, 9)))] * 2 if i < 6 else [] for i in range(1, 7)}
    done = run(PROGRAM, *write_task(tmp_path, some, entries))
    assert done.returncode == 0
    assert done.stderr == "not annotated, counted as without an answer: 1\n"
    write_gold(tmp_path / "gold.jsonl.gz", [{"example_id": 1}])
    assert "the field annotations is missing" in error_line(run(PROGRAM, *task))


def squad_task(folder, texts, odds):
    gold = write_json(folder / "dev.json", squad(*[
        squad_question("q%d" % i, ["red"] if i % 2 else [], not i % 2) for i in range(len(texts))]))
    keys = ["q%d" % i for i in range(len(texts))]
    return ["--gold_path=" + gold,
            "--predictions_path=" + write_json(folder / "predictions.json", dict(zip(keys, texts))),
            "--na_prob_path=" + write_json(folder / "null_odds.json", dict(zip(keys, odds))),
            "--output_thresholds=%s" % (folder / "thresholds.json")]


def test_the_null_threshold_of_squad(tmp_path):
    # Those with an answer have the lower odds; at 0, as the predictions are, none of the last ten
    # that have one is answered.
    odds = [(-20 if i % 2 else 20) + i for i in range(40)]
    task = squad_task(tmp_path, ["red" if odd <= 0 else "" for odd in odds], odds)
    done = run(PROGRAM, *task)
    assert done.returncode == 0
    assert done.stderr == (
        "30 of 40 predictions are empty, no threshold answers these: give "
        "--nbest_path=nbest_predictions.json to have all answers\n")
    nbest = write_json(tmp_path / "nbest.json", {
        "q%d" % i: [{"text": ""}, {"text": "red"}] for i in range(40)})
    done = run(PROGRAM, "--nbest_path=" + nbest, *task)
    assert (done.returncode, done.stderr) == (0, "")
    tuned = SquadTuned.load(str(tmp_path / "thresholds.json"))
    assert tuned.null == 19.0
    lines = done.stdout.splitlines()
    assert [line.split()[-5:] for line in lines[1:3]] == [
        ["75.00", "75.00", "50.00", "50.00", "100.00"], ["100.00"] * 5]
    assert lines[-5] == "written: %s" % (tmp_path / "thresholds.json")
    assert lines[-3:] == [
        "Next: predict with it, by the model that made %s" % (tmp_path / "predictions.json"),
        "  %s bert_nq/run_squad.py --do_predict --flagfile=model/flags-predict.txt "
        "--output_dir=model \\" % python_word(),
        "      --predict_file=dev-v2.0.json --version_2_with_negative "
        "--null_score_diff_threshold=19.0"]


def test_errors_of_squads_thresholds(tmp_path):
    gold, texts, odds, output = squad_task(tmp_path, ["red"] * 6, [1] * 6)
    assert error_line(run(PROGRAM, gold, texts, output)).startswith(
        "error: --na_prob_path is needed")
    assert error_line(run(PROGRAM, gold, texts, odds, output, "--folds=7")) == (
        "error: 6 questions cannot be parted into 7 folds: give a smaller --folds")
    write_json(tmp_path / "null_odds.json", {"q0": 1})
    assert "5 of 6 questions have no null odds, the first is q1" in error_line(
        run(PROGRAM, gold, texts, odds, output))
    assert not (tmp_path / "thresholds.json").exists()
