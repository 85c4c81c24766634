"""The program eval/nq_eval.py, run as people run it."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from bert_nq.scoring.nq.gold_cache import GoldCache
from tests.support import programs
from tests.support.scoring_samples import (
    annotation,
    prediction,
    random_task,
    seeded,
    span,
    write_gold,
    write_predictions,
)

ROOT = programs.ROOT
PROGRAM = os.path.join(ROOT, "eval", "nq_eval.py")
REAL_PAGES = os.path.join(ROOT, os.pardir, "shared", "data", "parity")


def run(*args):
    return subprocess.run([sys.executable] + list(args), capture_output=True, text=True)


def nq_eval(*args):
    return programs.run(PROGRAM, *args)


@pytest.fixture(name="task")
def fixture_task(tmp_path):
    """40 questions in 3 shards, and predictions that reach all precision targets."""
    # Of the first 400 seeds, one of the seven with which the official tables print.
    gold, predictions = random_task(seeded(318), num_questions=40)
    for i in range(3):
        write_gold(tmp_path / ("gold-%d.jsonl.gz" % i), gold[i::3])
    write_predictions(tmp_path / "predictions.json", predictions)
    return ["--gold_path=%s" % (tmp_path / "gold-*.jsonl.gz"),
            "--predictions_path=%s" % (tmp_path / "predictions.json")]


def official(*args):
    pytest.importorskip("natural_questions")
    return run("-m", "natural_questions.nq_eval", "--num_threads=1", *args)


@pytest.mark.parametrize("extra", [
    [], ["--long_non_null_threshold=1", "--short_non_null_threshold=4"], ["--pretty_print"]])
def test_it_prints_what_the_official_program_prints(task, extra):
    ours, theirs = nq_eval(*(task + extra)), official(*(task + extra))
    assert (ours.returncode, theirs.returncode) == (0, 0), ours.stderr + theirs.stderr
    assert ours.stdout == theirs.stdout


@pytest.mark.skipif(not os.path.isdir(REAL_PAGES), reason="no folder of shared data")
def test_real_pages_score_as_with_the_official_program():
    task = ["--gold_path=" + os.path.join(REAL_PAGES, "pages.jsonl.gz"),
            "--predictions_path=" + os.path.join(REAL_PAGES, "reference-predictions-384.json"),
            "--long_non_null_threshold=1", "--short_non_null_threshold=1"]
    ours, theirs = nq_eval(*task), official(*task)
    assert (ours.returncode, theirs.returncode) == (0, 0), ours.stderr + theirs.stderr
    assert ours.stdout == theirs.stdout


def test_one_line_of_json_and_the_rest_on_standard_error(task, tmp_path):
    out = tmp_path / "new" / "scores.json"
    result = nq_eval("--output_json=%s" % out, *task)
    assert result.returncode == 0
    numbers = json.loads(result.stdout)
    assert len(numbers) == 20 and result.stdout.count("\n") == 1
    assert out.read_text() == result.stdout
    first, combined, last = result.stderr.splitlines()
    assert re.fullmatch(r"scored 40 questions in \d+ s", first)
    assert last == "written: %s" % out
    assert re.fullmatch("long and short answers together: F1 [0-9.]+%, P [0-9.]+%, R [0-9.]+% at "
                        "the thresholds [-0-9.]+ and [-0-9.]+", combined)


def test_the_number_of_processes_changes_nothing(task):
    first = nq_eval("--num_threads=1", *task)
    assert first.returncode == 0
    assert nq_eval("--num_threads=3", *task).stdout == first.stdout


def test_the_cache_is_told_of_and_follows_the_gold(task, tmp_path):
    first, second = nq_eval("--cache_gold_data", *task), nq_eval("--cache_gold_data", *task)
    cache, = tmp_path.glob(".nq_gold_cache-*.json")
    assert "gold annotations cached for the next time: %s\n" % cache in first.stderr
    assert "gold annotations come from the cache %s\n" % cache in second.stderr
    assert first.stdout == second.stdout == nq_eval(*task).stdout

    write_gold(tmp_path / "gold-0.jsonl.gz", [])
    third = nq_eval("--cache_gold_data", *task)
    assert third.returncode == 1 and "predictions without a gold example" in third.stderr


def test_a_cache_that_cannot_be_written_is_done_without(task, tmp_path):
    path = GoldCache(sorted(map(str, tmp_path.glob("gold-*")))).path
    os.mkdir(path)
    result = nq_eval("--cache_gold_data", *task)
    assert result.returncode == 0 and len(json.loads(result.stdout)) == 20
    assert "gold annotations not cached: cannot write %s: " % path in result.stderr


def one_question(tmp_path, annotations, **predicted):
    return ["--gold_path=" + write_gold(tmp_path / "gold.jsonl",
                                        [{"example_id": 5, "annotations": annotations}]),
            "--predictions_path=" + write_predictions(tmp_path / "predictions.json",
                                                      [prediction(5, **predicted)])]


def test_pretty_print_where_no_threshold_reaches_a_target(tmp_path):
    task = one_question(tmp_path, [annotation()] * 5, long_answer=span((1, 3)))
    result = nq_eval("--pretty_print", *task)
    assert result.returncode == 0
    assert result.stdout.count("(actual p=0.00%, score threshold=n/a)\n") == 6
    assert result.stdout.count("Optimal threshold: 0.0\n") == 2


def test_a_question_that_nobody_annotated(tmp_path):
    gold = write_gold(tmp_path / "gold.jsonl", [
        {"example_id": 5, "annotations": []}, {"example_id": 6, "annotations": [annotation()] * 2}])
    predictions = write_predictions(tmp_path / "predictions.json", [
        prediction(5, long_answer=span((1, 3))), prediction(6)])
    result = nq_eval("--gold_path=" + gold, "--predictions_path=" + predictions)
    assert result.returncode == 0
    assert set(json.loads(result.stdout).values()) == {0}
    assert "not annotated, counted as without an answer: 1\n" in result.stderr


def test_gold_without_bytes(tmp_path):
    marked = {"long_answer": {"start_token": 1, "end_token": 3, "candidate_index": 0},
              "short_answers": [], "yes_no_answer": "NONE"}
    result = nq_eval(*one_question(tmp_path, [marked] * 2, long_answer=span((1, 3), (10, 30)),
                                   long_score=2.5))
    numbers = json.loads(result.stdout)
    assert (numbers["long-best-threshold-f1"], numbers["long-best-threshold"]) == (1.0, 2.5)


def error_of(*args):
    result = nq_eval(*args)
    assert result.returncode == 1 and result.stdout == ""
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
    return result.stderr[len("error: "):-1]


def test_errors_are_one_line(task, tmp_path):
    gold, predictions = task
    assert error_of(gold).startswith("--predictions_path is needed")
    assert error_of(predictions).startswith("--gold_path is needed")
    assert error_of("--gold_path=%s/none-*" % tmp_path, predictions).startswith(
        "no gold file matches '%s/none-*'" % tmp_path)
    assert error_of(gold, "--predictions_path=%s/none" % tmp_path) == (
        "cannot read %s/none: No such file or directory" % tmp_path)
    assert error_of(gold, predictions, "--output_json=%s" % tmp_path) == (
        "--output_json=%s is a folder: give the name of a file" % tmp_path)
    assert error_of("--gold_path=%s/predictions.json" % tmp_path, predictions) == (
        "%s/predictions.json, line 1: the field example_id is missing: is this an NQ shard?"
        % tmp_path)


def test_outputs_that_are_inputs(task, tmp_path):
    gold, predictions = task
    gold_file = sorted(glob.glob(gold.partition("=")[2]))[0]
    predictions_file = predictions.partition("=")[2]
    report = tmp_path / "report"
    report.mkdir()
    inside = str(report / "report.json")
    shutil.copy(predictions_file, inside)
    before = {path: open(path, "rb").read() for path in (gold_file, predictions_file, inside)}
    for path, flags in (
            (predictions_file, [predictions]), (gold_file, [predictions]),
            (inside, [predictions, "--compare=" + inside])):
        assert error_of(gold, "--output_json=" + path, *flags) == (
            "%s is input and output at once: choose another output" % path)
    assert error_of(gold, "--predictions_path=" + inside, "--report=%s" % report) == (
        "%s is input and output at once: choose another output" % inside)
    assert {path: open(path, "rb").read() for path in before} == before


def test_ids_that_differ(tmp_path):
    gold = write_gold(tmp_path / "gold.jsonl", [
        {"example_id": i, "annotations": [annotation()]} for i in range(7)])
    predictions = write_predictions(tmp_path / "p.json", [prediction(6), prediction(9)])
    out = tmp_path / "scores.json"
    assert error_of("--gold_path=" + gold, "--predictions_path=" + predictions,
                    "--output_json=%s" % out) == (
        "6 of 7 gold examples without a prediction (0, 1, 2, 3, 4 and 1 more); "
        "1 of 2 predictions without a gold example (9): "
        "score predictions with exactly the examples they were made from")
    assert not out.exists()


TOKENS_ONLY = {"long_answer": {"start_token": 1, "end_token": 3}, "short_answers": [],
               "yes_no_answer": "NONE"}


@pytest.mark.parametrize("annotations, predicted, message", [
    # Bytes against the simplified format, which has none.
    ([TOKENS_ONLY] * 2, dict(long_answer=span((-1, -1), (10, 30))),
     "the gold spans have token offsets only, and 1 predicted spans have none (in example 5 "
     "first), so these can never match: predict start_token and end_token"),
    # A file that mixes both; yes and no have no span.
    ([annotation(span((-1, -1), (10, 30)), yes_no_answer="YES")] * 2,
     dict(long_answer=span((-1, -1), (10, 30)), short_answers=[span((1, 2)), span((4, 5))]),
     "the gold spans have byte offsets only, and 2 predicted spans have none (in example 5 "
     "first), so these can never match: predict start_byte and end_byte"),
    ([annotation()], dict(long_answer={"start_token": 1, "end_byte": 30}),
     "{predictions}, prediction 1: example 5: long answer has one of start_byte and end_byte "
     "without the other"),
    ([annotation()], dict(long_score=float("nan")),
     "{predictions}, prediction 1: example 5: long_answer_score is nan, not a finite number"),
    ([annotation()], dict(short_score=float("inf")),
     "{predictions}, prediction 1: example 5: short_answers_score is inf, not a finite number"),
    ([annotation()], dict(yes_no_answer="YES", short_answers=[span((1, 2))]),
     "{predictions}, prediction 1: example 5: yes_no_answer is 'YES', then there can be no span in "
     "short_answers"),
    ([], {}, "{gold}: none of the 1 examples is annotated: a test split cannot be scored"),
    (None, {}, "{gold}, line 1: example 5: annotations is not a list"),
    ([{}], {}, "{gold}, line 1: example 5, annotation 1: the field long_answer is missing"),
])
def test_gold_and_predictions_that_cannot_be_scored(tmp_path, annotations, predicted, message):
    task = one_question(tmp_path, annotations, **predicted)
    assert error_of(*task) == message.format(gold=tmp_path / "gold.jsonl",
                                             predictions=tmp_path / "predictions.json")


def test_null_spans_and_gold_without_a_span_have_no_offsets_to_compare(tmp_path):
    assert nq_eval(*one_question(tmp_path, [TOKENS_ONLY] * 2)).returncode == 0
    assert nq_eval(*one_question(tmp_path, [annotation()],
                                 long_answer=span((1, 2)))).returncode == 0


def test_help_and_wrong_flags_without_tensorflow():
    # -X importtime lists what is imported.
    result = run("-X", "importtime", PROGRAM, "--help")
    assert result.returncode == 0 and "--cache_gold_data" in result.stdout.replace("[no]", "")
    assert "tensorflow" not in result.stderr and "orjson" not in result.stderr
    result = nq_eval("--gold=x")
    assert result.returncode == 1 and "Unknown command line flag 'gold'" in result.stderr
