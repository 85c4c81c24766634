"""Scores by groups of questions."""
import pytest

from bert_nq.scoring.f_measure import Row
from bert_nq.scoring.nq import groups
from bert_nq.scoring.nq.facts import Facts
from bert_nq.scoring.nq.groups import Count, Group, ScoredQuestion, answer_type
from bert_nq.scoring.nq.labels import Answers, AnswerSpan

LONG, SPAN = AnswerSpan(10, 90, 1, 9), (AnswerSpan(20, 30, 2, 3),)
NOBODY, LONG_ALONE = Answers(), Answers(LONG)
SHORT, YES = Answers(LONG, SPAN), Answers(LONG, (), "yes")


@pytest.mark.parametrize("annotations, has_long, has_short, expected", [
    ([NOBODY] * 5, False, False, "none"),
    ([SHORT] + [NOBODY] * 4, False, False, "none"),  # one vote is not enough
    ([LONG_ALONE] * 2 + [SHORT] + [NOBODY] * 2, True, False, "long only"),
    ([SHORT] * 2 + [NOBODY] * 3, True, True, "short"),
    ([SHORT, YES], True, True, "short"),
    ([YES, YES, SHORT], True, True, "yes/no")])
def test_answer_types(annotations, has_long, has_short, expected):
    assert answer_type(annotations, has_long, has_short) == expected


@pytest.mark.parametrize("tokens, expected", [
    (1, (0, "0-1")), (2, (2, "2-3")), (3, (2, "2-3")), (4, (4, "4-7")), (1023, (512, "512-1,023")),
    (1024, (1024, "1,024-2,047")), (0, (0, "0-1"))])
def test_length_classes(tokens, expected):
    assert groups.length_class(tokens) == expected


def outcome(kind, question, num_tokens, answers, long, short=(0, 0, 0)):
    rows = [Row(*map(bool, row), score=0.0) for row in (long, short)]
    return ScoredQuestion(rows[0], rows[1], answers, Facts(question, "", num_tokens, kind, {}))


def test_tables():
    found = groups.tables([
        outcome("list", "who", 5000, "short", (1, 1, 1), (1, 1, 0)),
        outcome("paragraph", "what", 90, "long only", (1, 1, 0)),
        outcome("paragraph", "who", 100, "long only", (1, 0, 0)),
        outcome("none", "x", 100, "none", (0, 1, 0)),
        outcome("other", "x", 100, "short", (1, 0, 0), (1, 1, 1))])
    nothing = Count(0, 0, 0, 0, 0, 0)
    assert found["answer type"] == [
        Group("short", 2, Count(2, 1, 1, 1.0, 0.5, 2 / 3), Count(2, 2, 1, 0.5, 0.5, 0.5)),
        Group("long only", 2, Count(2, 1, 0, 0, 0, 0), nothing),
        Group("none", 1, Count(0, 1, 0, 0, 0, 0), nothing)]
    # Of the questions that have a long answer.
    assert [(g.name, g.questions) for g in found["kind of long answer"]] == [
        ("paragraph", 2), ("list", 1), ("other", 1)]
    assert [(g.name, g.questions) for g in found["tokens of the page"]] == [
        ("64-127", 4), ("4,096-8,191", 1)]
    assert [(g.name, g.questions) for g in found["question word"]] == [
        ("who", 2), ("what", 1), ("other", 2)]
    for title in ("answer type", "tokens of the page", "question word"):
        assert sum(g.long.predicted for g in found[title]) == 3
    assert groups.as_json(found)["answer type"][2] == {
        "name": "none", "questions": 1,
        "long": {"gold": 0, "predicted": 1, "correct": 0, "precision": 0, "recall": 0, "f1": 0},
        "short": nothing._asdict()}
