"""The program eval/squad_eval.py, run as people run it."""
import json
import os

import pytest

from tests.support import programs
from tests.support.squad_scoring_samples import (
    FIRST,
    SECOND,
    THIRD,
    plain_scores,
    plain_scores_v1,
    question,
    squad,
    write_json,
)

PROGRAM = os.path.join(programs.ROOT, "eval", "squad_eval.py")

V1 = [question(FIRST, ["red house", "house"]), question(SECOND, ["the \u00c9lys\u00e9e"]),
      question(THIRD, ["blue"])]
V2 = [question(FIRST, ["red house", "house"], False), question(SECOND, [], True),
      question(THIRD, ["blue"], False)]
TEXTS = {FIRST: "a red car", SECOND: "\u00e9lys\u00e9e!", THIRD: "blue"}
PROBS = {THIRD: 0.25, FIRST: 0.5, SECOND: 0.75}


def squad_eval(*args):
    return programs.run(PROGRAM, *args)


def inputs(folder, questions, texts=TEXTS, probs=None, suffix=""):
    """The program's flags for these questions and predictions."""
    flags = ["--gold_path=" + write_json(folder / ("dev.json" + suffix), squad(*questions)),
             "--predictions_path=" + write_json(folder / ("predictions.json" + suffix), texts)]
    if probs is not None:
        flags.append("--na_prob_path=" + write_json(folder / ("null_odds.json" + suffix), probs))
    return flags


def test_version_1_prints_one_line(tmp_path):
    result = squad_eval(*inputs(tmp_path, V1))
    assert (result.returncode, result.stderr) == (
        0, "scored 3 questions as SQuAD 1.1 in 0 s\n")
    assert result.stdout == json.dumps(plain_scores_v1(V1, TEXTS)) + "\n"


@pytest.mark.parametrize("probs, extra, threshold", [
    (None, [], 1.0), (PROBS, [], 1.0), (PROBS, ["--na_prob_thresh=0.4"], 0.4)])
def test_version_2_prints_as_its_script_does(tmp_path, probs, extra, threshold):
    result = squad_eval(*inputs(tmp_path, V2, probs=probs, suffix=".gz"), *extra)
    assert result.returncode == 0, result.stderr
    assert result.stdout == json.dumps(plain_scores(V2, TEXTS, probs, threshold), indent=2) + "\n"


def test_a_version_can_be_forced(tmp_path):
    result = squad_eval(*inputs(tmp_path, V1), "--version=2.0")
    assert json.loads(result.stdout) == plain_scores(V1, TEXTS)


def test_gold_in_several_files_and_numbers_in_a_file(tmp_path):
    for number, record in enumerate(V2):
        write_json(tmp_path / ("dev-%d.json" % number), squad(record))
    texts = write_json(tmp_path / "predictions.json", TEXTS)
    out = tmp_path / "new" / "scores.json"
    result = squad_eval("--gold_path=%s" % (tmp_path / "dev-*.json"),
                        "--predictions_path=" + texts, "--output_json=%s" % out)
    assert result.returncode == 0, result.stderr
    assert json.loads(out.read_text()) == json.loads(result.stdout) == plain_scores(V2, TEXTS)
    assert result.stderr.endswith("written: %s\n" % out)


def test_lines_of_mrqa_and_rows_are_scored_as_version_1(tmp_path):
    texts = write_json(tmp_path / "predictions.json", TEXTS)
    mrqa = tmp_path / "mrqa.jsonl"
    mrqa.write_text("".join(json.dumps(line) + "\n" for line in (
        {"header": {"dataset": "X"}},
        {"context": "A red house, blue.", "qas": [
            {"qid": FIRST, "question": "What?", "answers": ["red house"], "detected_answers": [
                {"text": "red house", "char_spans": [[2, 10]]}]},
            {"qid": THIRD, "question": "What?", "answers": ["Azure", "The Blue"],
             "detected_answers": [{"text": "blue", "char_spans": [[13, 16]]}]}]})))
    rows = tmp_path / "rows.csv"
    rows.write_text("id,title,context,question,answers\n" + "".join(
        '%s,,"A red house, blue.",What?,"{\'text\': [\'%s\'], \'answer_start\': [%d]}"\n' % row
        for row in ((FIRST, "red house", 2), (THIRD, "blue", 13))))
    for path in (mrqa, rows):
        result = squad_eval("--gold_path=%s" % path, "--predictions_path=" + texts)
        assert result.returncode == 0, result.stderr
        # "red car" for "red house": precision 1/2, recall 1/2.
        assert json.loads(result.stdout) == {"exact_match": 50.0, "f1": 75.0}
    # An alias of MRQA is right although the context has another word.
    write_json(tmp_path / "predictions.json", {FIRST: "red house", THIRD: "azure"})
    result = squad_eval("--gold_path=%s" % mrqa, "--predictions_path=" + texts)
    assert json.loads(result.stdout) == {"exact_match": 100.0, "f1": 100.0}


def test_missing_and_other_predictions_are_told(tmp_path):
    result = squad_eval(*inputs(tmp_path, V1, {FIRST: "house", "x": "y"}))
    assert json.loads(result.stdout) == {"exact_match": 100.0 / 3, "f1": 100.0 / 3}
    path = tmp_path / "predictions.json"
    assert result.stderr.splitlines()[:2] == [
        "%s: 2 questions have no prediction, they count as wrong: %s, %s" % (path, SECOND, THIRD),
        "%s: 1 ids are of other questions, they count for nothing: x" % path]
    # In version 2.0 nothing is the right answer to the second question.
    result = squad_eval(*inputs(tmp_path, V2, {FIRST: "house"}))
    assert json.loads(result.stdout)["exact"] == 100.0 * 2 / 3
    assert "they count as answered with nothing" in result.stderr


def test_a_report_against_another_system(tmp_path):
    others = write_json(tmp_path / "others.json", {FIRST: "house", SECOND: "", THIRD: "x"})
    probs = write_json(tmp_path / "other_odds.json", {FIRST: 0.5, SECOND: 1, THIRD: 0})
    folder = tmp_path / "report"
    result = squad_eval(*inputs(tmp_path, V2, probs=PROBS), "--report=%s" % folder,
                        "--compare=" + others, "--compare_na_prob_path=" + probs,
                        "--resamples=20")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == plain_scores(V2, TEXTS, PROBS)
    assert "Next: read %s" % (folder / "report.md") in result.stderr
    assert sorted(os.listdir(str(folder))) == sorted(
        ["report.md", "report.json", "won_and_lost.json"] + [
            name + suffix for name in ("precision_recall", "thresholds", "na_probs", "groups")
            for suffix in (".png", ".svg")])


def test_the_pictures_of_the_official_script(tmp_path):
    folder = tmp_path / "pictures"
    result = squad_eval(*inputs(tmp_path, V2, probs=PROBS), "--out_image_dir=%s" % folder)
    assert result.returncode == 0, result.stderr
    numbers = json.loads(result.stdout)
    # Right from the least probability on: "blue" exactly, "red car" with F1 1/2, no answer at all.
    # The curve of exact matches: 1 of 1 and of 2 answers, then no more.
    assert numbers == dict(plain_scores(V2, TEXTS, PROBS), pr_exact_ap=50.0,
                           pr_f1_ap=100.0 * (0.5 + 0.75 * 0.25), pr_oracle_ap=100.0)
    assert list(numbers)[-3:] == ["pr_exact_ap", "pr_f1_ap", "pr_oracle_ap"]
    assert sorted(path.name for path in folder.glob("*.png")) == [
        "na_prob_hist_hasAns.png", "na_prob_hist_noAns.png", "pr_exact.png", "pr_f1.png",
        "pr_oracle.png"]


def one_error(result, *parts):
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
    for part in parts:
        assert part in result.stderr


def test_what_is_refused(tmp_path):
    flags = inputs(tmp_path, V1)
    gold, texts = (flag.split("=")[1] for flag in flags)
    one_error(squad_eval(flags[0]), "--predictions_path is needed")
    one_error(squad_eval("--gold_path=nothing*.json", flags[1]), "no gold file matches")
    one_error(squad_eval(*flags, "--na_prob_path=" + texts), "--na_prob_path: SQuAD 1.1 has no")
    one_error(squad_eval(*flags, "--report=" + gold), "is a file: give the name of a folder")
    one_error(squad_eval(*flags, "--out_image_dir=" + str(tmp_path)), "give both")
    one_error(squad_eval(*flags, "--output_json=" + gold), "is input and output at once")
    one_error(squad_eval(*flags, "--compare_na_prob_path=" + texts), "goes with --compare")
    one_error(squad_eval(flags[0], "--predictions_path=" + gold), gold,
              "question data is [{'title': 'Here', 'paragraphs': [{'cont, not a text")
    other = write_json(tmp_path / "other.json", {"x": "y"})
    one_error(squad_eval(flags[0], "--predictions_path=" + other), other,
              "there is no prediction for any of the 3 questions")
    odds = write_json(tmp_path / "odds.json", {FIRST: float("nan")})
    one_error(squad_eval(*flags, "--version=2.0", "--na_prob_path=" + odds), odds,
              "question %s is nan, not a finite number" % FIRST)
    odds = write_json(tmp_path / "odds.json", {FIRST: 0})
    one_error(squad_eval(*flags, "--version=2.0", "--na_prob_path=" + odds),
              "2 of 3 questions have a prediction but no probability, the first is " + SECOND)
    (tmp_path / "half.json").write_text(json.dumps(squad(*V1))[:-40])
    one_error(squad_eval("--gold_path=%s" % (tmp_path / "half.json"), flags[1]), "half.json",
              "not JSON")
    twice = write_json(tmp_path / "twice.json", squad(V1[0], V1[0]))
    one_error(squad_eval("--gold_path=" + twice, flags[1]), twice, "this id was already in")
