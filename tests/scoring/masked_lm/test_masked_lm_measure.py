"""Loss, perplexity and accuracy of hidden pieces, with their arithmetic."""
import math

import pytest

from bert_nq.scoring.masked_lm import measure
from bert_nq.scoring.masked_lm.measure import Text


def test_all_hidden_pieces_count_alike():
    # Losses of 3 pieces of 1.0 and of one of 3.0: 6 / 4; 2 + 0 of 4 are right.
    scores = measure.score([Text(3, 2, 1.0), Text(1, 0, 3.0)])
    assert scores == {"loss": 1.5, "perplexity": pytest.approx(math.exp(1.5)),
                      "masked_accuracy": 0.5, "log_likelihood": -1.5, "masked": 4}


def test_a_hopeless_model_has_a_perplexity():
    assert measure.score([Text(1, 0, 1e6)])["perplexity"] == math.exp(700)


def test_more_is_better():
    better, worse = (measure.score([Text(4, right, loss)]) for right, loss in ((3, 1.0), (1, 2.0)))
    for choice in measure.MEASURE.choices:
        for key in measure.MEASURE.keys(choice):
            assert better[key] > worse[key]
    assert measure.MEASURE.line(better) == "loss 1.000, masked accuracy 0.750, perplexity 2.718"


def test_entries_by_the_examples_ids():
    entries = {1: {"masked": 2, "right": 1, "loss": 0.5}, 2: {"masked": 9, "right": 9, "loss": 0.0}}
    assert measure.score_entries({1: True}, entries)["loss"] == 0.5
