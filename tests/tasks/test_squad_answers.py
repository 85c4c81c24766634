"""What a prediction's summary tells of the answers to SQuAD's questions."""
import collections

import pytest

from bert_nq.datasets.squad.example import Example
from bert_nq.decoding.squad_answers import Answer, entry_of
from bert_nq.decoding.squad_spans import SpanOptions
from bert_nq.tasks import squad_answers


def entry(is_impossible, version_2):
    example = Example(7, "q", "", "who", "red fox", (), is_impossible, "x")
    return entry_of(example, [Answer("fox", 1.0, 1.0)], lambda best: 4.0 - best.score(),
                    SpanOptions(version_2_with_negative=version_2))


@pytest.mark.parametrize("is_impossible, version_2, expected", [
    (None, False, {"answered": 1, "impossible": 0}),
    (False, False, {"answered": 1, "impossible": 0}),
    (True, False, {"answered": 1, "impossible": 1}),  # There is no other way for this model.
    (True, True, {"answered": 0, "impossible": 0})])  # The odds, 4 - 2, are above 0.
def test_impossible_questions_that_are_answered(is_impossible, version_2, expected):
    assert squad_answers.count(entry(is_impossible, version_2)) == expected


def test_the_summary_names_them_if_there_are_any():
    counts = collections.Counter(pages=5, answered=4)
    assert squad_answers.rows(counts) == [("  answered", 4), ("  without answer", 1)]
    counts["impossible"] = 2
    assert squad_answers.rows(counts)[2:] == [
        ("  impossible ones, answered: the model is for SQuAD 1.1", 2)]
