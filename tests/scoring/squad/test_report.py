"""Reports: curves, groups, comparison, files."""
import json
import os

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.scoring.squad import comparison, curves, groups, report, report_files, report_text
from bert_nq.scoring.squad import system as systems
from bert_nq.scoring.squad.curves import Curve
from bert_nq.scoring.squad.gold import Question


def gold(*answers, question="Who is *it*?"):
    return {"q%d" % i: Question("q%d" % i, question, tuple(texts), not texts, "gold.json")
            for i, texts in enumerate(answers)}


FOUR = gold(["red"], [], ["blue sky"], ["green", "the green"])


def scored(texts, na_probs=None, threshold=1.0, name="system.json", version=None):
    return systems.score(name, FOUR, dict(zip(FOUR, texts)),
                         na_probs and dict(zip(FOUR, na_probs)), threshold, version)


SYSTEM = scored(["red", "red", "sky", ""], [0.1, 0.4, 0.4, 0.9])
OTHER = scored(["", "", "blue sky", "green"], [0.9, 0.9, 0.2, 0.1], name="other.json")


def test_curves_have_a_point_for_each_different_probability():
    exact, f1, oracle = curves.curves(SYSTEM)
    # After q0: 1 of 1 right, of 3 with an answer. After q1 and q2, which tie: 1 of 3. After q3: 1
    # of 4.
    assert exact == Curve("exact", [None, 0.1, 0.4, 0.9], [1.0, 1.0, 1 / 3, 1 / 4],
                          [0.0, 1 / 3, 1 / 3, 1 / 3], 100.0 * (1 / 3))
    # "sky" for "blue sky" has precision 1 and recall 1/2.
    sky = 2 * 0.5 / 1.5
    assert f1.precisions == [1.0, 1.0, (1 + sky) / 3, (1 + sky) / 4]
    assert f1.average_precision == 100.0 * (
        1 / 3 + (1 + sky) / 3 * ((1 + sky) / 3 - 1 / 3) + (1 + sky) / 4 * 0)
    assert oracle.recalls == [0.0, 1 / 3, 2 / 3, 1.0]
    assert list(curves.average_precisions([exact, f1, oracle])) == [
        "pr_exact_ap", "pr_f1_ap", "pr_oracle_ap"]


def test_no_curves_without_probabilities():
    assert curves.curves(scored(["red", "", "", ""])) == []


@pytest.mark.parametrize("answer, expected", [
    ("one", "1"), ("one two", "2"), ("a b c d", "4-5"), ("w " * 10, "6-10"), ("w " * 20, "11-20"),
    ("w " * 21, "21 and more"), ("", "1")])
def test_lengths_of_answers(answer, expected):
    assert groups.answer_length(Question("q", "", (answer, "x y"), None, "")) == expected


def test_groups():
    tables = groups.as_json(groups.tables(SYSTEM.questions, SYSTEM.settled()))
    assert tables["answerability"] == [
        {"name": "has an answer", "questions": 3, "answered": 2, "exact": 100.0 / 3,
         "f1": 100.0 * (1 + 2 * 0.5 / 1.5 + 0) / 3},
        {"name": "no answer", "questions": 1, "answered": 1, "exact": 0.0, "f1": 0.0}]
    assert [(g["name"], g["questions"]) for g in tables["words of the answer"]] == [
        ("1", 2), ("2", 1), ("no answer", 1)]
    assert [(g["name"], g["questions"]) for g in tables["question word"]] == [("who", 4)]


def test_no_table_of_answerability_where_all_have_an_answer():
    questions = gold(["red"], ["blue"])
    system = systems.score("s", questions, {"q0": "red"})
    assert list(groups.tables(system.questions, system.settled())) == [
        "words of the answer", "question word"]


def test_changes_are_seen_at_each_systems_threshold():
    found = comparison.changes(SYSTEM, OTHER)
    assert [(c.question_id, c.won, c.gold, c.answer, c.other_answer) for c in found] == [
        ("q0", True, ["red"], "red", ""), ("q1", False, [], "red", ""),
        ("q2", False, ["blue sky"], "sky", "blue sky"),
        ("q3", False, ["green", "the green"], "", "green")]
    # At 0.3, q1 and q2 are not answered.
    assert [(c.question_id, c.won, c.answer) for c in comparison.changes(
        SYSTEM._replace(threshold=0.3), OTHER)] == [
            ("q0", True, "red"), ("q2", False, ""), ("q3", False, "")]


def test_a_report_has_all_numbers(tmp_path):
    made = report.make(SYSTEM, OTHER, resamples=50)
    content = json.loads(json.dumps(made.content))
    assert content["metrics"] == SYSTEM.numbers()
    assert list(content["intervals"]) == [
        "exact", "f1", "HasAns_exact", "HasAns_f1", "NoAns_exact", "NoAns_f1", "best_exact",
        "best_f1"]
    for name, (low, high) in content["intervals"].items():
        assert 0 <= low <= content["metrics"][name] <= high <= 100
    assert content["comparison"]["exact"]["difference"] == -50.0
    assert (content["comparison"]["won"], content["comparison"]["lost"]) == (1, 3)

    text = report_text.report_markdown(made, ["groups"])
    assert text.startswith("# Scores of system.json\n\n4 questions, scored as SQuAD 2.0.\n")
    assert "![Exact match and F1 of groups of questions](groups.png)" in text
    assert "precision_recall.png" not in text
    assert "| q0 | Who is \\*it\\*? | red | red | none |" in text
    assert "at the best thresholds 0.1, 0.1" in report_text.main_table(made)
    assert report_text.some_changes(made, 1) == (
        "won: Who is *it*? (annotated red; here red, there none)\n"
        "lost: Who is *it*? (annotated none; here red, there none)")

    contents = []
    for name in ("a", "b"):
        paths = report_files.write(str(tmp_path / name), report.make(SYSTEM, OTHER, resamples=50),
                                   SYSTEM, OTHER)
        contents.append([open(path, "rb").read() for path in paths])
    assert contents[0] == contents[1]
    assert [os.path.basename(path) for path in paths] == [
        "report.md", "report.json", "won_and_lost.json"] + [
            name + suffix for name in ("precision_recall", "thresholds", "na_probs", "groups")
            for suffix in (".png", ".svg")]


def test_the_best_score_of_all_questions_is_that_of_one_sample_with_each_once():
    best = report._best(SYSTEM, "f1")(np.ones((1, 4), int))
    assert best.tolist() == [SYSTEM.numbers()["best_f1"]]


def test_a_report_of_version_1(tmp_path):
    questions = {key: q._replace(is_impossible=None) for key, q in gold(["red"], ["blue"]).items()}
    system = systems.score("s", questions, {"q0": "red", "q1": "red"})
    made = report.make(system, system, resamples=20)
    assert list(made.content["intervals"]) == ["exact", "f1"]
    assert made.content["curves"] == {} and made.content["comparison"]["f1"]["p_value"] == 1.0
    assert "| all questions | 2 | 50.00 |" in report_text.report_markdown(made, [])
    assert len(report_files.write(str(tmp_path), made, system, system)) == 5


def test_questions_without_any_answer_can_be_reported(tmp_path):
    questions = gold([], [])
    system = systems.score("s", questions, {"q0": "", "q1": "red"}, {"q0": 7.5, "q1": -3})
    paths = report_files.write(str(tmp_path), report.make(system, resamples=20), system)
    assert [os.path.basename(path) for path in paths if path.endswith(".png")] == [
        "thresholds.png", "na_probs.png", "groups.png"]


def test_systems_scored_by_different_versions_are_not_compared():
    with pytest.raises(UserError, match="is scored by version 2.0, other.json by 1.1"):
        report.make(SYSTEM, OTHER._replace(version="1.1"))
