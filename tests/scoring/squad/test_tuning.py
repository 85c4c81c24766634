"""The null threshold: its search, its cross-validation and its file."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.scoring.squad import measures, tuning, tuning_report
from bert_nq.scoring.squad.gold import Question
from bert_nq.scoring.squad.measures import Row
from bert_nq.scoring.squad.tuned import Tuned

RIGHT, WRONG, NONE = Row(True, True, 1, 1), Row(True, True, 0, 0), Row(False, True, 0, 0)
HALF = Row(True, True, 0, 0.5)


def test_the_best_threshold_by_hand():
    rows, odds = [RIGHT, NONE, RIGHT, NONE], np.array([-2.0, 1.0, 0.5, 3.0])
    # Up to 0.5 both answers are right and both of the others are silent.
    assert tuning.search(rows, odds, "f1") == 0.5
    assert [row.exact for row in tuning.decide(rows, odds, 0.5)] == [1, 1, 1, 1]
    assert [row.exact for row in tuning.decide(rows, odds, 0.4)] == [1, 1, 0, 1]


def test_equal_odds_are_answered_together():
    # Up to 1: gained 1 and lost 1; no better than up to -1.
    rows, odds = [RIGHT, RIGHT, NONE], np.array([-1.0, 1.0, 1.0])
    assert tuning.search(rows, odds, "f1") == -1.0


def test_where_no_answer_is_worth_it_nothing_is_answered():
    odds = np.array([4.0, 2.5])
    assert tuning.search([WRONG, NONE], odds, "f1") == 1.5
    assert [row.is_answered for row in tuning.decide([WRONG, NONE], odds, 1.5)] == [False, False]


def test_the_metric_decides():
    rows, odds = [HALF, HALF, HALF, NONE], np.array([0.0, 1.0, 2.0, 3.0])
    assert tuning.search(rows, odds, "f1") == 2.0
    assert tuning.search(rows, odds, "exact") == -1.0


@given(st.lists(st.tuples(st.sampled_from([RIGHT, WRONG, NONE, HALF, Row(False, False, 1, 1),
                                           Row(False, True, 1, 1)]),
                          st.sampled_from([-1.5, 0.0, 0.25, 2.0, 7.0])), min_size=1, max_size=9))
def test_no_other_threshold_is_better(pairs):
    rows, odds = [row for row, _ in pairs], np.array([odd for _, odd in pairs])

    def score(threshold):
        return sum(row.f1 for row in tuning.decide(rows, odds, threshold))

    best = score(tuning.search(rows, odds, "f1"))
    assert best == max(score(threshold) for threshold in [-9.0] + odds.tolist())


def questions(n):
    return {"q%d" % i: Question("q%d" % i, "Who?", ("red",) if i % 2 else (), not i % 2, "gold")
            for i in range(n)}


def table(n):
    # Those that have an answer have the lower odds, but for the first.
    return tuning.make_table(questions(n), {"q%d" % i: "red" for i in range(n)},
                             {"q%d" % i: -9.0 if i == 0 else (-1.0 if i % 2 else 1.0) + i / 1000
                              for i in range(n)})


def test_held_out_scores_are_those_of_thresholds_of_other_folds():
    fit = tuning.tune(table(40), "f1", 4, seed=1)
    # Of 40 questions only the first is answered wrong.
    assert (fit.fitted["exact"], fit.fitted["total"], len(fit.of_folds)) == (97.5, 40, 4)
    assert fit.held_out["exact"] <= fit.fitted["exact"]
    assert -1 < fit.threshold < 1
    assert fit == tuning.tune(table(40), "f1", 4, seed=1)
    with pytest.raises(UserError, match="40 questions cannot be parted into 41 folds"):
        tuning.tune(table(40), "f1", 41, seed=1)


def test_what_is_printed():
    fit = tuning.tune(table(40), "f1", 4, seed=1)
    rows = measures.score_answers(questions(40), {"q%d" % i: "red" for i in range(40)}, "2.0")
    before = measures.metrics_v2(rows)
    lines = tuning_report.format_scores(before, fit).splitlines()
    assert lines[0].split() == ["EM", "F1", "EM,", "has", "answer", "F1,", "has", "answer", "no",
                                "answer"]
    assert lines[1].split()[-5:] == ["50.00", "50.00", "100.00", "100.00", "0.00"]
    assert lines[2].split()[-5:] == ["97.50", "97.50", "100.00", "100.00", "95.00"]
    text = tuning_report.format_threshold(fit, "f1", before)
    assert text.startswith("null threshold %.6g, of the folds " % fit.threshold)
    assert "F1 +47.50 points over the predictions as they are" in text
    assert tuning_report.summary(fit, "f1")["fitted"]["f1"] == 97.5


def test_questions_that_cannot_be_fitted_to():
    two = questions(2)
    with pytest.raises(UserError, match="1 of 2 questions have no null odds, the first is q1"):
        tuning.make_table(two, {"q0": "", "q1": ""}, {"q0": 0})
    with pytest.raises(UserError, match="2 of 2 questions have no prediction, the first is q0"):
        tuning.make_table(two, {}, {})
    with pytest.raises(UserError, match="all 1 questions have an answer"):
        tuning.make_table({"q1": two["q1"]}, {"q1": ""}, {"q1": 0})


def test_the_file_and_what_it_does_to_entries(tmp_path):
    path = str(tmp_path / "thresholds.json")
    Tuned(-1.25, {"metric": "f1"}).save(path)
    tuned = Tuned.load(path)
    assert tuned == Tuned(-1.25, {"metric": "f1"}) and tuned.describe() == {"null": -1.25}
    entry = {"example_id": 5, "id": "q", "text": "", "best_text": "red", "null_odds": -1.25}
    assert tuned.apply(entry) == dict(entry, text="red")
    assert tuned.apply(dict(entry, null_odds=-1.0, text="red"))["text"] == ""
    without = {"example_id": 5, "id": "q", "text": "blue", "null_odds": -3.0}
    assert tuned.apply(without)["text"] == "blue"
    with pytest.raises(UserError, match="question q has no null odds: give --version_2_with_neg"):
        tuned.apply({"example_id": 5, "id": "q", "text": "blue"})
    tuned.check_predictor({"decoder": "run_squad"})
    with pytest.raises(UserError, match="thresholded before"):
        tuned.check_predictor({"thresholds": {"null": 0.0}})


@pytest.mark.parametrize("text, message", [
    ('{"format": 1, "thresholds": {"null": NaN}}', "the null threshold is nan, not a finite"),
    ('{"format": 1, "thresholds": {"null": "x"}}', "the null threshold is 'x', not a finite"),
    ('{"format": 2, "thresholds": {"null": 1}}', "is of format 2, this program reads format 1"),
    ('{"format": 1, "thresholds": {"long": 1, "short": 1}}', "has no null threshold"),
    ("[]", "has no null threshold"), ("{", "is not JSON")])
def test_files_that_cannot_be_used(tmp_path, text, message):
    path = tmp_path / "thresholds.json"
    path.write_text(text)
    with pytest.raises(UserError, match=message):
        Tuned.load(str(path))
