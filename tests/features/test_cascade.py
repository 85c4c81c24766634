"""A stage of a cascade keeps so many candidates above its threshold."""
import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.candidate_scores import PageScores
from bert_nq.features.cascade import Stage, survivors


def page(candidates, probabilities):
    return PageScores(7, np.array(candidates, np.int64), np.array(probabilities, np.float64))


def kept(scores, *stage):
    found = survivors(scores, Stage(*stage))
    assert found.example_id == scores.example_id
    return dict(zip(found.candidates.tolist(), found.probabilities.tolist()))


def test_the_source_s_two_stages():
    # 12 candidates of a page with 20; the second reader has other probabilities of the survivors.
    first = page(range(0, 24, 2), [.9, .1, .3, .5, .2, .21, .6, .7, .8, .95, .4, .25])
    passed = survivors(first, Stage(10, 0.2))
    assert passed.candidates.tolist() == [0, 4, 6, 10, 12, 14, 16, 18, 20, 22]  # not .1, not .2
    second = passed._replace(probabilities=np.array([.5, .1, .35, .2, .6, .7, .3, .4, .8, .36]))
    assert kept(second, 4, 0.35) == {0: .5, 12: .6, 14: .7, 20: .8}


def test_fewer_than_wanted_are_above_the_threshold():
    assert kept(page([1, 3, 4], [.5, .2, .35]), 2, 0.35) == {1: .5}


def test_a_probability_of_0_is_not_above_0():
    assert kept(page([1, 3], [0.0, 1e-300]), 10) == {3: 1e-300}


def test_of_equal_ones_the_first_of_the_page_are_taken():
    assert kept(page([1, 3, 4, 9], [.5, .5, .5, .6]), 2) == {1: .5, 9: .6}


def test_pages_without_candidates_or_survivors():
    assert kept(page([], []), 10, 0.2) == {}
    assert kept(page([2, 3], [.2, .1]), 10, 0.2) == {}


@pytest.mark.parametrize("stage, message", [
    (Stage(0), "--keep must be at least 1, it is 0"),
    (Stage(4, 1.0), "--keep_threshold=1.0 is not a number from 0 to below 1"),
    (Stage(4, float("nan")), "--keep_threshold=nan"),
    (Stage(4, -0.1), "--keep_threshold=-0.1")])
def test_impossible_stages_are_refused(stage, message):
    with pytest.raises(UserError, match=message):
        stage.check()
