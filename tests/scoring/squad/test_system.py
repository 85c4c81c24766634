"""A system's predictions with what goes beside them."""
import pytest

from bert_nq.base.errors import UserError
from bert_nq.base.ids import hashed_id
from bert_nq.scoring.squad import measure, system
from bert_nq.scoring.squad.gold import Question


def questions(**answers):
    return {key: Question(key, "Who?", tuple(texts), not texts, "gold.json") for key, texts
            in answers.items()}


THREE = questions(a=["red"], b=[], c=["blue"])


def test_numbers_of_version_2_with_probabilities():
    scored = system.score("s", THREE, {"a": "red", "b": "red", "c": "blue"},
                          {"c": 0.1, "a": 0.4, "b": 0.6}, 0.5)
    assert (scored.na_probs, scored.order) == ([0.4, 0.6, 0.1], [2, 0, 1])
    assert scored.numbers() == {
        "exact": 100.0, "f1": 100.0, "total": 3, "HasAns_exact": 100.0, "HasAns_f1": 100.0,
        "HasAns_total": 2, "NoAns_exact": 100.0, "NoAns_f1": 100.0, "NoAns_total": 1,
        "best_exact": 100.0, "best_exact_thresh": 0.4, "best_f1": 100.0, "best_f1_thresh": 0.4}
    assert [row.is_answered for row in scored.settled()] == [True, False, True]


def test_ids_of_other_questions_count_for_nothing():
    scored = system.score("s", THREE, {"a": "red", "b": "", "c": "x", "z": "red"},
                          {"z": -9, "a": 0.4, "b": 0.6, "c": 0.1})
    assert scored.order == [0, 1, 2]
    assert scored.numbers()["total"] == 3


def test_a_question_without_a_prediction_needs_no_probability():
    scored = system.score("s", THREE, {"a": "red"}, {"a": 0.4})
    assert (scored.na_probs, scored.order) == ([0.4, 0.0, 0.0], [0, 1, 2])
    assert scored.texts == ["red", "", ""]
    # Right are a, and b, which has no answer.
    assert scored.numbers()["best_exact"] == scored.numbers()["exact"] == 100.0 * 2 / 3


def test_a_prediction_without_a_probability_is_told():
    with pytest.raises(UserError) as caught:
        system.score("s", THREE, {"a": "red", "b": "", "c": "x"}, {"a": 0.4})
    assert str(caught.value) == (
        "2 of 3 questions have a prediction but no probability, the first is b")


def test_scores_while_training():
    gold = {hashed_id(key): question for key, question in THREE.items()}
    entries = {hashed_id(key): {"example_id": hashed_id(key), "id": key, "text": text,
                                "null_odds": odds}
               for key, text, odds in (("a", "red", 5.0), ("b", "red", 9.0), ("c", "", 7.0))}
    scores = measure.score(gold, entries)
    # Odds above 1 do not make answers disappear.
    assert (scores["exact"], scores["best_exact"], scores["best_exact_thresh"]) == (
        100.0 / 3, 100.0 * 2 / 3, 5.0)
    assert measure.MEASURE.line(scores) == "EM 33.333, F1 33.333"
    for keys in measure.MEASURE.choices.values():
        assert set(keys) <= set(scores)


def test_scores_of_version_1_while_training_have_the_same_names():
    gold = {5: Question("a", "Who?", ("red house",), None, "gold.json")}
    # Precision 1, recall 1/2.
    f1 = 100.0 * (2 * 1 * 0.5 / 1.5)
    assert measure.score(gold, {5: {"example_id": 5, "id": "a", "text": "red"}}) == {
        "exact_match": 0.0, "exact": 0.0, "f1": f1, "best_exact": 0.0, "best_f1": f1}
