"""Which questions one system has right and another not."""
import pytest

from bert_nq.scoring.f_measure import Row
from bert_nq.scoring.nq import comparison
from bert_nq.scoring.nq.comparison import Change, Pair, is_right, shown_answer
from bert_nq.scoring.nq.facts import Facts
from bert_nq.scoring.nq.labels import Answers, AnswerSpan, Prediction

TOWN, RIVER = AnswerSpan(10, 20, 3, 8), AnswerSpan(30, 40, 9, 10)
NULL = Row(False, False, False, 0.0)
RIGHT, WRONG, MISSED = (Row(True, *row, score=0.0) for row in (
    (True, True), (True, False), (False, False)))
FALSE_ALARM = Row(False, True, False, 0.0)


@pytest.mark.parametrize("row, expected", [
    (RIGHT, True), (WRONG, False), (MISSED, False), (FALSE_ALARM, False), (NULL, True)])
def test_who_is_right(row, expected):
    assert is_right(row) == expected


@pytest.mark.parametrize("answers, kind, text", [
    (Answers(), "long", ""), (Answers(), "short", ""),
    (Answers(TOWN, yes_no_answer="yes"), "long", "A town . (tokens 3-7)"),
    (Answers(TOWN, yes_no_answer="yes"), "short", "yes"),
    (Answers(TOWN, (TOWN, RIVER)), "short", "A town . (tokens 3-7), token 9"),
    (Answers(AnswerSpan(10, 20)), "long", "bytes 10-19"),
    (Answers(AnswerSpan(10, 11)), "long", "byte 10")])
def test_answers_for_people(answers, kind, text):
    assert shown_answer(answers, kind, {(3, 8): "A town ."}) == text


def predictions(*answers):
    return {i: Prediction(i, a, 0.0, 0.0) for i, a in enumerate(answers)}


def test_changes():
    nobody, town, river = Answers(), Answers(TOWN), Answers(RIVER)
    # Both right; won; lost; won, for there is no answer; both wrong.
    gold = {0: (town,), 1: (town, nobody, river, town), 2: (town,), 3: (nobody, river), 4: (town,)}
    pair = Pair("long", gold, [RIGHT, RIGHT, MISSED, NULL, WRONG],
                [RIGHT, WRONG, RIGHT, FALSE_ALARM, MISSED],
                # What scores under the threshold is not shown, nor gold that does not count.
                predictions(town, town, river, town, river),
                predictions(town, river, town, river, nobody))
    assert comparison.spans(pair) == {1: [(3, 8), (9, 10)], 2: [(3, 8), (9, 10)],
                                      3: [(3, 8), (9, 10)]}
    facts = {i: Facts("who %d" % i, "Tovin", 9, "paragraph", {(3, 8): "A town"}) for i in gold}
    found = comparison.changes(pair, facts)
    a_town, a_river = "A town (tokens 3-7)", "token 9"
    assert found == [
        Change(1, "long", True, "who 1", "Tovin", [a_town, a_river], a_town, a_river),
        Change(2, "long", False, "who 2", "Tovin", [a_town], "", a_town),
        Change(3, "long", True, "who 3", "Tovin", [], "", a_river)]
    assert comparison.as_json(found)[1] == {
        "example_id": 2, "kind": "long", "won": False, "question": "who 2", "title": "Tovin",
        "gold": [a_town], "answer": "", "other_answer": a_town}
