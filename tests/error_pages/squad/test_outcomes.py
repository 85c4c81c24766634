"""The verdicts on questions of SQuAD, and that they add up to the official scores."""
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.error_pages.squad import outcomes, pages
from bert_nq.scoring.squad import gold, measures, predictions
from bert_nq.scoring.squad import system as systems
from bert_nq.scoring.squad.gold import Question
from tests.support import squad_error_samples as samples

_TEXTS = st.sampled_from(["", "the", "red", "a red fox", "fox", "Red!", "blue"])


def question(key, answers, is_impossible=None):
    return Question(key, "q", tuple(answers), is_impossible, "gold.json, question 1")


def judged(questions, texts, na_probs=None, threshold=1.0, version=None):
    system = systems.score("p.json", questions, texts, na_probs, threshold, version)
    return system, outcomes.judge(system)


def sample():
    questions = {key: question(key, [text for text, _ in answers], not answers)
                 for key, answers in samples.ANSWERS.items()}
    return judged(questions, samples.PREDICTIONS, samples.NULL_ODDS)


def test_verdicts_of_the_samples():
    system, found = sample()
    assert {q.question.question_id: q.verdict for q in found} == samples.VERDICTS
    assert {q.question.question_id: q.row.f1 for q in found} == pytest.approx(samples.F1)
    assert outcomes.counts(found, system.version) == {
        "right": 2, "partly": 1, "wrong": 1, "missed": 1, "false_alarm": 1, "null": 1}
    assert [q.question.question_id for q in found if q.is_silenced()] == ["a4"]
    assert outcomes.verdict(found[3].bare_row) == "right"


@given(st.lists(st.tuples(st.lists(_TEXTS, max_size=3), _TEXTS, st.integers(0, 3)), min_size=1,
                max_size=12))
def test_counts_give_the_official_scores_of_2(cases):
    questions = {str(i): question(str(i), answers, not answers)
                 for i, (answers, _, _) in enumerate(cases)}
    system, found = judged(questions, {str(i): text for i, (_, text, _) in enumerate(cases)},
                           {str(i): odds for i, (_, _, odds) in enumerate(cases)}, 1.0,
                           measures.V2)
    counts, numbers = outcomes.counts(found, measures.V2), system.numbers()
    assert sum(counts.values()) == numbers["total"] == len(cases)
    assert 100.0 * (counts["right"] + counts["null"]) / len(cases) == numbers["exact"]
    with_answer = sum(counts[name] for name in ("right", "partly", "wrong", "missed"))
    assert with_answer == numbers.get("HasAns_total", 0)
    if with_answer:
        assert 100.0 * counts["right"] / with_answer == numbers["HasAns_exact"]
    if with_answer < len(cases):
        assert (100.0 * counts["null"] / (counts["null"] + counts["false_alarm"])
                == numbers["NoAns_exact"])


@given(st.lists(st.tuples(st.lists(_TEXTS, min_size=1, max_size=3), _TEXTS), min_size=1,
                max_size=12))
def test_counts_give_the_official_scores_of_1(cases):
    questions = {str(i): question(str(i), answers) for i, (answers, _) in enumerate(cases)}
    system, found = judged(questions, {str(i): text for i, (_, text) in enumerate(cases)},
                           version=measures.V1)
    counts = outcomes.counts(found, measures.V1)
    assert list(counts) == ["right", "partly", "wrong", "missed"]
    assert sum(counts.values()) == len(cases)
    assert 100.0 * counts["right"] / len(cases) == system.numbers()["exact_match"]


@pytest.mark.parametrize("name, threshold", [("na", 1.0), ("na-0.4", 0.4)])
def test_counts_give_what_the_official_script_says_of_5740_questions(shared_data, name, threshold):
    folder = os.path.join(shared_data, "parity", "squad", "scores-v2")
    gold_questions = gold.read_questions([os.path.join(shared_data, "squad", "dev-v2.0.json.gz")])
    _, found = judged(gold_questions, *(read(os.path.join(folder, path)) for read, path in (
        (predictions.read_predictions, "predictions.json.gz"),
        (predictions.read_na_probs, "na_probs.json.gz"))), threshold=threshold)
    counts = outcomes.counts(found, measures.V2)
    with open(os.path.join(folder, "expected-%s.json" % name), encoding="utf8") as f:
        expected = json.load(f)
    assert 100.0 * (counts["right"] + counts["null"]) / len(found) == expected["exact"]
    assert 100.0 * counts["right"] / expected["HasAns_total"] == expected["HasAns_exact"]
    assert 100.0 * counts["null"] / expected["NoAns_total"] == expected["NoAns_exact"]


def test_an_article_is_no_answer():
    """Nothing is left of it, so that it is right where there is none, as the official script has
    it."""
    _, found = judged({"1": question("1", (), True), "2": question("2", ["red"], False)},
                      {"1": "the", "2": "the"})
    assert [q.verdict for q in found] == ["null", "wrong"]


@pytest.mark.parametrize("only, max_pages, expected", [
    ("all", 0, list(samples.QUESTIONS)), ("all", 2, ["a1", "a2"]),
    ("wrong", 0, ["a2", "a3", "a4", "a5"]), ("wrong", 1, ["a2"]),
    ("partly", 0, ["a2"]), ("null", 0, ["a6"])])
def test_the_choice_of_questions(only, max_pages, expected):
    assert [q.question.question_id for q in pages.choose(sample()[1], only, max_pages)] == expected
