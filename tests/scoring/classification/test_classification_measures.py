"""Scores of labels by hand.

    gold       a a a b b c
    predicted  a a b b - d

a: precision 2/2, recall 2/3; b: 1/2, 1/2; c: none predicted; d: none annotated.
"""
import collections

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.scoring.classification import measure, measures, report

GOLD = dict(zip("123456", "aaabbc"))
PREDICTED = {"1": "a", "2": "a", "3": "b", "4": "b", "6": "d", "other": "a"}


def scored():
    return measures.score("predictions.json", GOLD, PREDICTED)


def test_the_scores():
    f1_a, f1_b = 2 * 2 / (3 + 2), 2 * 1 / (2 + 2)
    assert scored().numbers() == {
        "accuracy": 3 / 6, "micro_f1": pytest.approx(2 * 3 / (6 + 5)),
        "macro_f1": pytest.approx((f1_a + f1_b + 0 + 0) / 4), "total": 6}


def test_the_scores_of_labels():
    assert scored().of_labels() == [
        {"label": "a", "texts": 3, "predicted": 2, "precision": 1.0,
         "recall": pytest.approx(2 / 3), "f1": pytest.approx(0.8)},
        {"label": "b", "texts": 2, "predicted": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5},
        {"label": "c", "texts": 1, "predicted": 0, "precision": 0.0, "recall": 0.0, "f1": 0.0},
        {"label": "d", "texts": 0, "predicted": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0}]


def test_confused_labels():
    assert scored().confusion().tolist() == [[2, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0] * 4]
    assert report.make(scored(), resamples=10).content["confusions"] == [
        {"label": "a", "predicted": "b", "texts": 1, "ids": ["3"]},
        {"label": "c", "predicted": "d", "texts": 1, "ids": ["6"]}]


def test_predictions_of_other_texts():
    with pytest.raises(UserError, match="no prediction for any of the annotated texts"):
        measures.score("predictions.json", GOLD, {"x": "a"})


def test_the_measure_of_training():
    entries = {key: {"label": label} for key, label in PREDICTED.items()}
    assert measure.score(GOLD, entries) == scored().numbers()
    assert measure.MEASURE.line(scored().numbers()) == "accuracy 0.500, macro F1 0.325"


def plain_macro_f1(gold, predicted):
    """The definition, label by label."""
    right = collections.Counter(g for g, p in zip(gold, predicted) if g == p)
    of_gold, of_predicted = collections.Counter(gold), collections.Counter(predicted)
    f1s = [2 * right[c] / (of_gold[c] + of_predicted[c]) for c in set(gold) | set(predicted)]
    return sum(f1s) / len(f1s)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1))
def test_scores_are_those_of_the_definitions(pairs):
    gold, predicted = zip(*pairs)
    numbers = measures.score("x", dict(enumerate(gold)), dict(enumerate(predicted))).numbers()
    accuracy = sum(g == p for g, p in pairs) / len(pairs)
    assert numbers["accuracy"] == numbers["micro_f1"] == pytest.approx(accuracy)
    assert numbers["macro_f1"] == pytest.approx(plain_macro_f1(gold, predicted))


def test_a_sample_counts_texts_as_often_as_it_has_them():
    counts = np.array([[2, 0, 0, 1, 0, 1]])  # a a b c, predicted a a b d
    values = {name: f(counts)[0] for name, f in scored().statistics().items()}
    assert values == {"accuracy": 0.75, "micro_f1": 0.75, "macro_f1": pytest.approx(2 / 4)}


def test_two_systems():
    other = measures.score("others.json", GOLD, dict(PREDICTED, **{"3": "a", "4": "c"}))
    made = report.make(scored(), other, resamples=50)
    comparison = made.content["comparison"]
    assert (comparison["won"], comparison["lost"]) == (1, 1)
    assert comparison["accuracy"]["difference"] == 0.0
    assert made.changes == [
        {"id": "3", "won_by": "there", "label": "a", "here": "b", "there": "a"},
        {"id": "4", "won_by": "here", "label": "b", "here": "b", "there": "c"}]
    text = report.as_markdown(made)
    assert "## Against others.json" in text
    assert "| macro F1 | 0.3250 |" in text
