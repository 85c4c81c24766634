"""Candidates and windows without answer are drawn by p ** temperature, and gold ones never."""
import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.datasets.nq.candidate_scores import PageScores
from bert_nq.features.candidate_draws import DrawOptions, log_chances, negative, rows

# The value that chi-square with so many degrees of freedom exceeds in one of 1,000 cases.
CHI_SQUARE = {1: 10.83, 2: 13.82, 3: 16.27, 4: 18.47, 5: 20.52}
NUM_DRAWS = 2000


def page(probabilities, example_id=7, candidates=None):
    n = len(probabilities)
    return PageScores(example_id, np.arange(n) if candidates is None else np.array(candidates),
                      np.array(probabilities, np.float64))


def check_frequencies(drawn, chances):
    """Each value is drawn as often as its chance says, and what has none never."""
    counts = np.bincount(drawn, minlength=len(chances))
    chances = np.array(chances)
    assert not counts[chances == 0].any()
    expected = chances[chances > 0] * len(drawn)
    assert ((counts[chances > 0] - expected) ** 2 / expected).sum() < CHI_SQUARE[len(expected) - 1]


@pytest.mark.parametrize("probabilities, temperature, uniform_share, chances", [
    ([0.1, 0.2, 0.3, 0.4], 1.0, 0.0, [0.1, 0.2, 0.3, 0.4]),
    ([0.1, 0.2, 0.3, 0.4], 0.0, 0.0, [0.25] * 4),
    ([0.1, 0.2, 0.3, 0.4], 2.0, 0.0, [1 / 30, 4 / 30, 9 / 30, 16 / 30]),
    ([0.1, 0.2, 0.3, 0.4], 1.0, 1.0, [0.25] * 4),
    ([0.1, 0.2, 0.3, 0.4], 1.0, 0.5, [0.175, 0.225, 0.275, 0.325]),
    ([0.1, 0.4, 0.3, 0.4], 1e6, 0.0, [0, 0.5, 0, 0.5]),
    ([0.1, 0.4, 0.3, 0.4], 1e308, 0.0, [0, 0.5, 0, 0.5]),
    ([0.0, 0.0, 0.0], 1.0, 0.0, [1 / 3] * 3),
    ([1e-300, 3e-300, 0.0], 1.0, 0.0, [0.25, 0.75, 0]),
    ([1.0, 0.0], 1.0, 0.1, [0.95, 0.05]),
])
def test_chances_and_the_frequencies_of_draws(probabilities, temperature, uniform_share, chances):
    options = DrawOptions(temperature, uniform_share).check()
    found = np.exp(log_chances(np.array(probabilities), options))
    np.testing.assert_allclose(found, chances, atol=1e-7)
    check_frequencies([negative(page(probabilities), [], options, 3, epoch)
                       for epoch in range(NUM_DRAWS)], chances)
    check_frequencies([negative(page(probabilities, example_id), [], options, 3, 0)
                       for example_id in range(NUM_DRAWS)], chances)
    check_frequencies(np.concatenate([
        rows(np.array(probabilities), 1, options, 3, i) for i in range(NUM_DRAWS)]), chances)


@pytest.mark.parametrize("temperature, uniform_share", [
    (0.0, 0.0), (1.0, 0.0), (1e6, 0.0), (1.0, 1.0)])
@pytest.mark.parametrize("gold", [0, 2, 4])
def test_gold_is_never_drawn_wherever_it_stands_and_however_high_it_scores(temperature,
                                                                           uniform_share, gold):
    probabilities = np.array([0.0, 1e-300, 0.01, 0.1, 0.3])
    probabilities[gold] = 1.0
    options = DrawOptions(temperature, uniform_share)
    drawn = [negative(page(probabilities), [gold], options, 1, epoch) for epoch in range(1000)]
    assert gold not in drawn
    assert None not in drawn


def test_the_leftover_of_rounding_does_not_fall_on_what_has_no_chance(monkeypatch):
    """The original's sampler gives it to the last candidate."""
    monkeypatch.setattr("bert_nq.features.draws.candidate", lambda *args: 1.0)
    scores = page([0.1] * 10 + [0.0, 0.9])
    assert negative(scores, [11], DrawOptions(1e6), 0, 0) == 9


def test_there_is_none_where_all_are_gold_or_there_are_none():
    assert negative(page([]), [], DrawOptions(), 0, 0) is None
    assert negative(page([0.5]), [0], DrawOptions(), 0, 0) is None
    assert negative(page([0.5, 0.5]), {0, 1}, DrawOptions(), 0, 0) is None
    assert rows(np.zeros([0]), 0, DrawOptions(), 0, 7).tolist() == []


def test_the_index_is_that_of_the_pages_list():
    scores = page([0.0, 0.2, 0.3], candidates=[3, 40, 41])
    drawn = {negative(scores, [41], DrawOptions(), 0, epoch) for epoch in range(50)}
    assert drawn == {40}


def test_a_draw_follows_from_seed_epoch_and_page_alone():
    scores = page([0.25] * 4, -(2 ** 63))
    options = DrawOptions()
    first = [negative(scores, [], options, 5, epoch) for epoch in range(20)]
    assert [negative(scores, [], options, 5, epoch) for epoch in reversed(range(20))] == first[::-1]
    assert [negative(scores, [], options, 6, epoch) for epoch in range(20)] != first
    assert [negative(page([0.25] * 4), [], options, 5, epoch) for epoch in range(20)] != first
    assert len(set(first)) == 4


def test_several_rows_are_different_and_drawn_one_after_the_other():
    """With p of 0.5, 0.3, 0.2 the pair {0, 1} has 0.5 * 0.3 / 0.5 + 0.3 * 0.5 / 0.7 = 0.5143."""
    pairs = {(0, 1): 0, (0, 2): 1, (1, 2): 2}
    drawn = [pairs[tuple(rows(np.array([0.5, 0.3, 0.2]), 2, DrawOptions(), 1, i))]
             for i in range(NUM_DRAWS)]
    check_frequencies(drawn, [0.3 + 0.15 / 0.7, 0.2 + 0.1 / 0.8, 0.06 / 0.7 + 0.06 / 0.8])
    assert rows(np.array([0.5, 0.3, 0.0]), 3, DrawOptions(), 1, 7).tolist() == [0, 1, 2]


@pytest.mark.parametrize("options, message", [
    (DrawOptions(-0.5), "--negative_temperature=-0.5 is not a number of 0 or more"),
    (DrawOptions(float("inf")), "--negative_temperature=inf"),
    (DrawOptions(1.0, 1.5), "--uniform_share=1.5 is not a number from 0 to 1"),
    (DrawOptions(1.0, float("nan")), "--uniform_share=nan")])
def test_impossible_options_are_refused(options, message):
    with pytest.raises(UserError, match=message):
        options.check()
