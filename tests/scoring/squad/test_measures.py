"""The official numbers, by hand, against a plain implementation and against the script's own."""
import gzip
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.scoring.squad import gold, measures, predictions
from bert_nq.scoring.squad.gold import Question
from bert_nq.scoring.squad.measures import Row
from tests.support.squad_scoring_samples import plain_scores, plain_scores_v1, question

TEXTS = st.one_of(
    st.sampled_from(["", " ", "the", "The.", "red", "a red house", "Red house", "house, red!",
                     "red red", "\u2013", "the\u2013red", "no", "u.s."]),
    st.lists(st.sampled_from(["the", "red", "house", "a", "x", "-", "\u00c9a"]), max_size=5).map(
        " ".join),
    st.text(max_size=6))


def parsed(records):
    return {r["id"]: gold._question(r, "gold.json", number)
            for number, r in enumerate(records, 1)}


def question_of(*answers, is_impossible=None):
    return Question("q", "Who?", answers, is_impossible, "gold.json, question 1 (q)")


def test_numbers_of_version_2_by_hand():
    questions = {"a": question_of("red house"), "b": question_of("car", "the"),
                 "c": question_of(is_impossible=True), "d": question_of(is_impossible=True)}
    rows = measures.score_answers(
        questions, {"a": "The red car", "b": "car", "c": "", "d": "the"}, measures.V2)
    # d's answer normalises to nothing, so it is right, though the script takes it for an answer.
    assert rows == [Row(True, True, 0, 0.5), Row(True, True, 1, 1), Row(False, False, 1, 1),
                    Row(False, True, 1, 1)]
    assert list(measures.metrics_v2(rows).items()) == [
        ("exact", 75.0), ("f1", 87.5), ("total", 4), ("HasAns_exact", 50.0), ("HasAns_f1", 75.0),
        ("HasAns_total", 2), ("NoAns_exact", 100.0), ("NoAns_f1", 100.0), ("NoAns_total", 2)]
    # Above 0.5 nothing is answered: that of a is lost.
    assert measures.metrics_v2(rows, [0.6, 0.5, 0.0, 0.9], 0.5) == {
        "exact": 75.0, "f1": 75.0, "total": 4, "HasAns_exact": 50.0, "HasAns_f1": 50.0,
        "HasAns_total": 2, "NoAns_exact": 100.0, "NoAns_f1": 100.0, "NoAns_total": 2}
    # Two are right if nothing is answered; up to 0.5 c stays right and b is gained: 3 of 4.
    # Then a adds its 0.5, and d takes 1.
    assert list(measures.best_thresholds(rows, [0.6, 0.5, 0.0, 0.9]).items()) == [
        ("best_exact", 75.0), ("best_exact_thresh", 0.5),
        ("best_f1", 87.5), ("best_f1_thresh", 0.6)]


def test_numbers_of_one_kind_of_question_alone():
    has = [Row(True, True, 1, 1)]
    assert set(measures.metrics_v2(has)) == {"exact", "f1", "total", "HasAns_exact", "HasAns_f1",
                                             "HasAns_total"}
    assert set(measures.metrics_v2([Row(False, True, 0, 0)])) == {
        "exact", "f1", "total", "NoAns_exact", "NoAns_f1", "NoAns_total"}


def test_nothing_answered_is_the_best_where_all_answers_are_wrong():
    rows = [Row(True, True, 0, 0), Row(False, True, 0, 0)]
    assert measures.best_thresholds(rows, [0.1, 0.2]) == {
        "best_exact": 50.0, "best_exact_thresh": 0.0, "best_f1": 50.0, "best_f1_thresh": 0.0}


def test_equal_probabilities_are_gone_through_in_the_order_of_their_file():
    # After b alone 2 of 2 are right, though a has the same probability.
    rows = [Row(False, True, 0, 0), Row(True, True, 1, 1)]
    assert measures.best_thresholds(rows, [3, 3], [1, 0])["best_exact"] == 100.0
    assert measures.best_thresholds(rows, [3, 3], [0, 1])["best_exact"] == 50.0
    # The threshold is the number as it was in the file.
    assert type(measures.best_thresholds(rows, [3, 3], [1, 0])["best_exact_thresh"]) is int


def test_version_1_counts_what_is_not_predicted_as_wrong():
    questions = {key: question_of("red house") for key in "abc"}
    rows = measures.score_answers(questions, {"a": "red house", "c": "red"}, measures.V1)
    assert list(measures.metrics_v1(rows).items()) == [
        ("exact_match", 100.0 / 3), ("f1", 100.0 * (1 + 2 / 3) / 3)]


def test_version_2_counts_what_is_not_predicted_as_answered_with_nothing():
    questions = {"a": question_of("red"), "b": question_of(is_impossible=True),
                 "c": question_of("red")}
    rows = measures.score_answers(questions, {"a": "red"}, measures.V2)
    assert [row.exact for row in rows] == [1, 1, 0]


def test_in_version_1_texts_of_which_nothing_is_left_are_equal_without_common_words():
    rows = measures.score_answers({"a": question_of("The")}, {"a": "a"}, measures.V1)
    assert measures.metrics_v1(rows) == {"exact_match": 100.0, "f1": 0.0}


@pytest.mark.parametrize("questions, expected", [
    ([question_of("x"), question_of("y")], "1.1"),
    ([question_of("x"), question_of("y", is_impossible=False)], "2.0"),
    ([question_of("x"), question_of()], "2.0")])
def test_the_version_is_seen_from_the_questions(questions, expected):
    assert measures.version_of(questions) == expected


def test_predictions_for_other_questions_are_refused():
    with pytest.raises(UserError) as caught:
        measures.score_answers({"a": question_of("x")}, {"b": "x", "c": "x"}, measures.V1)
    assert str(caught.value) == (
        "there is no prediction for any of the 1 questions: the first is for 'b', the first "
        "question is 'a': are they of another data set?")


def test_a_question_of_version_1_without_an_answer_is_refused():
    with pytest.raises(UserError, match=r"^gold.json, question 1 \(q\) has no answer, but each"):
        measures.score_answers({"a": question_of()}, {"a": ""}, measures.V1)


@st.composite
def tasks(draw):
    """(questions, predictions, probabilities) with many ties."""
    answers = draw(st.lists(st.lists(TEXTS, max_size=3), min_size=1, max_size=8))
    keys = ["q%d" % i for i in range(len(answers))]
    questions = [question(key, texts, not texts) for key, texts in zip(keys, answers)]
    texts = {key: draw(st.one_of(TEXTS, st.sampled_from(answers[i] or [""])))
             for i, key in enumerate(keys)}
    probability = st.one_of(st.sampled_from([0, 0.0, 0.5, 1, -2.5]),
                            st.floats(allow_nan=False, allow_infinity=False))
    na_probs = {key: draw(probability) for key in draw(st.permutations(keys))}
    return questions, texts, na_probs


@given(tasks(), st.sampled_from([1.0, 0.5, -1.0, 0.0]))
def test_the_numbers_are_those_of_a_plain_implementation(task, threshold):
    questions, texts, na_probs = task
    parsed_gold = parsed(questions)
    rows = measures.score_answers(parsed_gold, texts, measures.V2)
    assert list(measures.metrics_v2(rows, None, threshold).items()) == list(
        plain_scores(questions, texts, None, threshold).items())
    place = {key: i for i, key in enumerate(parsed_gold)}
    probs = [na_probs[key] for key in parsed_gold]
    numbers = measures.metrics_v2(rows, probs, threshold)
    numbers.update(measures.best_thresholds(rows, probs, [place[key] for key in na_probs]))
    assert list(numbers.items()) == list(
        plain_scores(questions, texts, na_probs, threshold).items())
    answered = [q for q in questions if q["answers"]]
    if answered:
        rows = measures.score_answers(parsed(answered), texts, measures.V1)
        assert measures.metrics_v1(rows) == plain_scores_v1(answered, texts)


@pytest.mark.parametrize("name, threshold, with_probabilities", [
    ("plain", 1.0, False), ("na", 1.0, True), ("na-0.4", 0.4, True)])
def test_what_the_official_script_says_of_5740_questions(shared_data, name, threshold,
                                                         with_probabilities):
    folder = os.path.join(shared_data, "parity", "squad", "scores-v2")
    questions = gold.read_questions([os.path.join(shared_data, "squad", "dev-v2.0.json.gz")])
    na_probs = predictions.read_na_probs(os.path.join(folder, "na_probs.json.gz"))
    rows = measures.score_answers(
        questions, predictions.read_predictions(os.path.join(folder, "predictions.json.gz")),
        measures.version_of(questions.values()))
    probs = [na_probs[key] for key in questions] if with_probabilities else None
    numbers = measures.metrics_v2(rows, probs, threshold)
    if with_probabilities:
        place = {key: i for i, key in enumerate(questions)}
        numbers.update(measures.best_thresholds(rows, probs, [place[key] for key in na_probs]))
    with open(os.path.join(folder, "expected-%s.json" % name), encoding="utf8") as f:
        assert list(numbers.items()) == list(json.load(f).items())


def test_real_questions_of_version_1(shared_data):
    path = os.path.join(shared_data, "squad", "dev-v1.1.json.gz")
    with gzip.open(path) as f:
        records = [record for article in json.loads(f.read().decode("utf8"))["data"]
                   for paragraph in article["paragraphs"] for record in paragraph["qas"]]
    questions = gold.read_questions([path])
    assert measures.version_of(questions.values()) == "1.1"
    # The answer of another annotator, or of another question.
    texts = {r["id"]: (r if i % 3 else records[i - 1])["answers"][-1]["text"]
             for i, r in enumerate(records)}
    assert measures.metrics_v1(measures.score_answers(questions, texts, measures.V1)) == (
        plain_scores_v1(records, texts))
