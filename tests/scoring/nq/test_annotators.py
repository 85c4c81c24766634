"""Gold with too few annotators for the official rule, and what is said of it."""
import pytest

from bert_nq.scoring.nq.annotators import Shortage, shortage
from bert_nq.scoring.nq.labels import Answers, AnswerSpan

NULL = Answers()
LONG = Answers(long_answer=AnswerSpan(-1, -1, 0, 9))
BOTH = LONG._replace(short_answers=(AnswerSpan(-1, -1, 1, 3),))
YES = LONG._replace(yes_no_answer="yes")


def found(*questions, **thresholds):
    return shortage(dict(enumerate(questions)), **thresholds)


@pytest.mark.parametrize("questions", [
    [[BOTH] * 5, [NULL] * 5], [[BOTH, YES, NULL]], [[BOTH] * 2, [BOTH], [LONG] * 2],
    # No short answer is a matter of the questions, not of the annotators.
    [[LONG] * 5], [[LONG] * 2],
    # Where a question has NQ's five, the rule is meant.
    [[BOTH] * 2 + [NULL] * 3, [BOTH], [BOTH]], [[BOTH] + [LONG] * 4, [NULL] * 5]])
def test_nothing_is_said_of_gold_that_can_be_scored(questions):
    assert found(*questions).remarks == ()


@pytest.mark.parametrize("questions", [
    [[BOTH]], [[BOTH], [NULL], []], [[BOTH, NULL]], [[YES]],
    # Five annotators of whom never two found an answer.
    [[BOTH] + [NULL] * 4, [NULL] * 5]])
def test_no_question_has_two_annotators_with_an_answer(questions):
    assert found(*questions) == Shortage(("long", "short"), (
        "no question has 2 annotators with a long or 2 with a short answer, so that every F1 is 0: "
        "where each question has one annotator, give --long_non_null_threshold=1 "
        "--short_non_null_threshold=1",))
    assert found(*questions, long_non_null_threshold=1, short_non_null_threshold=1) == (
        Shortage((), ()))


def test_one_kind_of_answer_may_lack_annotators():
    assert found([BOTH, LONG], [YES, LONG]) == Shortage(("short",), (
        "no question has 2 annotators with a short answer, so that its F1 is 0: where each "
        "question has one annotator, give --short_non_null_threshold=1",))
    assert found([BOTH], short_non_null_threshold=1).kinds == ("long",)
    assert found([BOTH] * 3, short_non_null_threshold=4) == Shortage(("short",), (
        "no question has 4 annotators with a short answer, so that its F1 is 0: where each "
        "question has one annotator, give --short_non_null_threshold=1",))


def test_without_any_answer_no_threshold_helps():
    assert found([NULL] * 5, [NULL]) == Shortage(
        ("long", "short"), ("no annotator marked an answer, so that every F1 is 0",))


def test_a_few_questions_with_more_annotators_do_not_hide_the_others():
    assert found([BOTH] * 4, [BOTH], [LONG]) == Shortage((), (
        "2 of 3 questions have fewer than 2 annotators, so that they count as without a long "
        "answer: where most have one, give --long_non_null_threshold=1",
        "2 of 3 questions have fewer than 2 annotators, so that they count as without a short "
        "answer: where most have one, give --short_non_null_threshold=1"))
