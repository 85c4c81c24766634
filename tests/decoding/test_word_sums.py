"""Readers of different tokenizations are added up by document tokens."""
import numpy as np
import pytest

from bert_nq.decoding.word_sums import Reading, add, at_places

# The candidate "<P> Tovin was founded", 4 tokens; place 4 is its end.
#   a    [CLS] who [SEP] <P> to ##vin was found ##ed [SEP]
#   b    [CLS] who [SEP] ▁tovin ▁was ▁fo un ded [SEP]           has no markup
#   c    [CLS] who [SEP] <P> to ##vin [SEP]                     is cut behind "Tovin"
A = [-1, -1, -1, 0, 1, 1, 2, 3, 3, 4]
B = [-1, -1, -1, 1, 2, 3, 3, 3, 4]
C = [-1, -1, -1, 0, 1, 1, -1]


def test_a_place_has_the_value_of_its_first_wordpiece():
    assert at_places(np.arange(10) / 10, np.array(A), 5).tolist() == [0.3, 0.4, 0.6, 0.7, 0.9]
    assert at_places(np.arange(9) / 10, np.array(B), 5).tolist() == [0.0, 0.3, 0.4, 0.5, 0.8]
    assert at_places(np.arange(7) / 10, np.array(C), 5).tolist() == [0.3, 0.4, 0.0, 0.0, 0.0]


def test_a_candidate_without_wordpieces_has_nothing():
    assert at_places(np.array([0.4, 0.6]), np.array([-1, -1]), 3).tolist() == [0.0, 0.0, 0.0]
    assert at_places(np.zeros([0]), np.zeros([0], np.int64), 0).tolist() == []


def test_the_weighted_mean_of_two_tokenizations():
    a = Reading(at_places(np.eye(10)[4] * 0.8, np.array(A), 5),  # starts at "to"
                at_places(np.eye(10)[6] * 0.6, np.array(A), 5),  # ends before "was"
                np.array([0.2, 0.1, 0.7, 0.0, 0.0]))
    b = Reading(at_places(np.eye(9)[3] * 0.4, np.array(B), 5),  # "▁tovin"
                at_places(np.eye(9)[8] * 0.5, np.array(B), 5),  # the end
                np.array([0.6, 0.2, 0.2, 0.0, 0.0]))
    both = add([a, b], [3.0, 1.0])
    np.testing.assert_allclose(both.starts, [0, 0.75 * 0.8 + 0.25 * 0.4, 0, 0, 0])
    np.testing.assert_allclose(both.ends, [0, 0, 0.75 * 0.6, 0, 0.25 * 0.5])
    np.testing.assert_allclose(both.classes, [0.3, 0.125, 0.575, 0, 0])


def test_pieces_that_go_on_with_a_word_count_nothing():
    values = np.eye(10)[5]  # all of the probability at "##vin"
    assert at_places(values, np.array(A), 5).tolist() == [0.0] * 5


def test_only_the_ratios_of_weights_count_and_one_reader_is_itself():
    a = Reading(np.array([0.5, 0.1]), np.array([0.2, 0.3]), np.array([0.9, 0.1]))
    b = Reading(np.array([0.1, 0.1]), np.array([0.4, 0.3]), np.array([0.3, 0.7]))
    for some, others in zip(add([a, b], [0.3, 0.2]), add([a, b], [30, 20])):
        np.testing.assert_allclose(some, others)
    for some, others in zip(add([a], [0.3]), a):
        np.testing.assert_allclose(some, others)


@pytest.mark.parametrize("num_readings, weights", [(0, []), (2, [1.0])])
def test_each_reading_has_a_weight(num_readings, weights):
    reading = Reading(np.zeros(2), np.zeros(2), np.zeros(5))
    with pytest.raises(ValueError, match="weights for"):
        add([reading] * num_readings, weights)
