"""The measures on cases worked out by hand; test_parity.py compares with the official code."""
import pytest

from bert_nq.base.errors import UserError
from bert_nq.scoring.f_measure import Row
from bert_nq.scoring.nq.labels import Answers, AnswerSpan, Prediction
from bert_nq.scoring.nq.measures import (
    long_row,
    metrics,
    metrics_ignoring_scores,
    same_spans,
    score_answers,
    short_row,
)
from bert_nq.scoring.nq.tables import format_tables


def tokens(start, end):
    return AnswerSpan(-1, -1, start, end)


def long_answer(start, end):
    return Answers(long_answer=tokens(start, end))


def short_answers(*pairs):
    return Answers(short_answers=tuple(tokens(*p) for p in pairs))


YES = Answers(yes_no_answer="yes")
NO = Answers(yes_no_answer="no")
NULL = Answers()


def predicted(answers, example_id=1):
    return Prediction(example_id, answers, long_score=4.0, short_score=3.0)


def test_one_annotator_who_says_yes_is_enough():
    gold = [short_answers((1, 3)), short_answers((1, 3)), YES]
    assert short_row(gold, predicted(YES)) == Row(True, True, True, 3.0)
    assert short_row(gold, predicted(NO)) == Row(True, True, False, 3.0)


def test_tokens_that_agree_outweigh_bytes_that_differ():
    assert AnswerSpan(10, 20, 1, 3).matches(AnswerSpan(11, 20, 1, 3))
    assert AnswerSpan(10, 20, 1, 3).matches(AnswerSpan(10, 20, 1, 4))
    assert not AnswerSpan(10, 20, 1, 3).matches(AnswerSpan(11, 20, 1, 4))


def test_bytes_alone_never_match_tokens_alone():
    assert not AnswerSpan(1, 3, -1, -1).matches(AnswerSpan(-1, -1, 1, 3))
    assert AnswerSpan(1, 3, -1, -1).matches(AnswerSpan(1, 3, 5, 6))


def test_null_spans_match_nothing():
    assert not AnswerSpan().matches(AnswerSpan())


def test_repeated_spans_count_once_and_order_does_not_matter():
    assert same_spans([tokens(1, 3)], [tokens(1, 3), tokens(1, 3)])
    assert same_spans([tokens(1, 3), tokens(5, 6)], [tokens(5, 6), tokens(1, 3)])
    assert not same_spans([tokens(1, 3), tokens(5, 6)], [tokens(1, 3)])
    assert not same_spans([], [tokens(1, 3)])


def test_a_long_answer_needs_two_annotators():
    nulls = [NULL] * 3
    assert long_row(nulls + [long_answer(0, 10), NULL], predicted(long_answer(0, 10))) == (
        Row(False, True, False, 4.0))
    assert long_row(nulls + [long_answer(0, 10), long_answer(0, 9)],
                    predicted(long_answer(0, 10))) == Row(True, True, True, 4.0)


def test_the_thresholds_are_arguments():
    gold = [long_answer(0, 10), NULL, YES]
    assert long_row(gold, predicted(long_answer(0, 10)), 1) == Row(True, True, True, 4.0)
    assert short_row(gold, predicted(YES), 1) == Row(True, True, True, 3.0)
    assert short_row(gold, predicted(YES), 2) == Row(False, True, False, 3.0)


def test_a_null_prediction_is_never_right():
    assert long_row([NULL] * 5, predicted(NULL)) == Row(False, False, False, 4.0)
    assert long_row([long_answer(0, 9)] * 5, predicted(NULL)) == Row(True, False, False, 4.0)
    assert short_row([NULL] * 5, predicted(NULL)) == Row(False, False, False, 3.0)
    assert short_row([YES] * 2 + [NULL] * 3, predicted(NULL)) == Row(True, False, False, 3.0)


def test_a_set_of_short_answers_has_to_be_whole():
    gold = [short_answers((1, 3), (5, 6))] * 2
    assert short_row(gold, predicted(short_answers((1, 3)))) == Row(True, True, False, 3.0)
    assert short_row(gold, predicted(short_answers((1, 3), (5, 6)))) == Row(True, True, True, 3.0)


def test_spans_never_match_an_annotator_who_said_yes():
    assert short_row([YES, YES], predicted(short_answers((1, 3)))) == Row(True, True, False, 3.0)


def test_no_annotation_at_all_is_no_answer():
    for threshold in (0, 2):
        row = long_row([], predicted(long_answer(0, 10)), threshold)
        assert row == Row(False, True, False, 4.0) and row.has_gold is False
        row = short_row([], predicted(YES), threshold)
        assert row == Row(False, True, False, 3.0) and row.has_gold is False


TIED = [Row(True, True, True, 1.0), Row(True, True, False, 1.0), Row(False, True, False, 0.5)]


SHORT = [Row(True, False, False, 9.0), Row(True, True, True, 5.0), Row(False, True, False, 1.0)]


def test_the_official_numbers_in_their_order():
    assert list(metrics(TIED, SHORT).items()) == [
        ("long-best-threshold-f1", 0.5),
        ("long-best-threshold-precision", 0.5),
        ("long-best-threshold-recall", 0.5),
        ("long-best-threshold", 1.0),
        ("long-recall-at-precision>=0.5", 0.5),
        ("long-precision-at-precision>=0.5", 0.5),
        ("long-recall-at-precision>=0.75", 0),
        ("long-precision-at-precision>=0.75", 0),
        ("long-recall-at-precision>=0.9", 0),
        ("long-precision-at-precision>=0.9", 0),
        ("short-best-threshold-f1", 2 / 3),
        ("short-best-threshold-precision", 1.0),
        ("short-best-threshold-recall", 0.5),
        ("short-best-threshold", 5.0),
        ("short-recall-at-precision>=0.5", 0.5),
        ("short-precision-at-precision>=0.5", 1.0),
        ("short-recall-at-precision>=0.75", 0.5),
        ("short-precision-at-precision>=0.75", 1.0),
        ("short-recall-at-precision>=0.9", 0.5),
        ("short-precision-at-precision>=0.9", 1.0)]


def test_the_numbers_that_ignore_scores():
    # Long: 1 right of 3 predicted, of 2 in gold. Short: 1 of 2, of 2.
    assert list(metrics_ignoring_scores(TIED, SHORT).items()) == [
        ("long-answer-n", 3),
        ("long-answer-f1", 0.4),
        ("long-answer-precision", 1 / 3),
        ("long-answer-recall", 0.5),
        ("short-answer-n", 3),
        ("short-answer-f1", 0.5),
        ("short-answer-precision", 0.5),
        ("short-answer-recall", 0.5)]


def test_the_tables():
    # A target that no threshold reaches makes the official program fail.
    assert format_tables(TIED, SHORT).split("\n") == [
        "********************",
        "LONG ANSWER R@P TABLE:",
        "Optimal threshold: 1.0",
        " F1     /  P      /  R",
        " 50.00% /  50.00% /  50.00%",
        "R@P=0.5: 50.00% (actual p=50.00%, score threshold=1.0)",
        "R@P=0.75: 0.00% (actual p=0.00%, score threshold=n/a)",
        "R@P=0.9: 0.00% (actual p=0.00%, score threshold=n/a)",
        "********************",
        "SHORT ANSWER R@P TABLE:",
        "Optimal threshold: 5.0",
        " F1     /  P      /  R",
        " 66.67% / 100.00% /  50.00%",
        "R@P=0.5: 50.00% (actual p=100.00%, score threshold=5.0)",
        "R@P=0.75: 50.00% (actual p=100.00%, score threshold=5.0)",
        "R@P=0.9: 50.00% (actual p=100.00%, score threshold=5.0)",
        "********************",
        "METRICS IGNORING SCORES (n=3):",
        "              F1     /  P      /  R",
        "Long answer   40.00% /  33.33% /  50.00%",
        "Short answer  50.00% /  50.00% /  50.00%"]


def test_whole_numbers_as_scores():
    rows = [Row(True, True, True, 12345678)]
    assert metrics(rows, rows)["long-best-threshold"] == 12345678
    assert "Optimal threshold: 1.2346e+07\n" in format_tables(rows, rows)


def test_rows_of_both_kinds():
    gold = {7: [long_answer(0, 10)] * 2, 8: [NULL] * 2}
    predictions = {8: predicted(NULL, 8), 7: predicted(long_answer(0, 10), 7)}
    assert score_answers(gold, predictions) == (
        [Row(True, True, True, 4.0), Row(False, False, False, 4.0)],
        [Row(False, False, False, 3.0), Row(False, False, False, 3.0)])
    assert score_answers(gold, predictions, 3, 0) == (
        [Row(False, True, False, 4.0), Row(False, False, False, 4.0)],
        [Row(True, False, False, 3.0), Row(True, False, False, 3.0)])


def test_ids_that_differ_are_named_and_counted():
    gold = {i: [NULL] for i in range(10)}
    predictions = {i: predicted(NULL, i) for i in (-5, 7, 8, 9)}
    with pytest.raises(UserError) as caught:
        score_answers(gold, predictions)
    assert str(caught.value) == (
        "7 of 10 gold examples without a prediction (0, 1, 2, 3, 4 and 2 more); "
        "1 of 4 predictions without a gold example (-5): "
        "score predictions with exactly the examples they were made from")
