"""Which variables are trained, and how fast, by where their names say they lie."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_nq.base.errors import UserError
from bert_nq.training import depth

NAMES = ["bert/embeddings/word_embeddings", "bert/embeddings/LayerNorm/gamma",
         "bert/encoder/layer_0/attention/self/query/kernel",
         "bert/encoder/layer_1/intermediate/dense/bias",
         "bert/encoder/layer_2/output/LayerNorm/beta",
         "bert/encoder/layer_10/output/dense/kernel",
         "bert/encoder/layer_11/output/dense/kernel",
         "bert/pooler/dense/kernel", "cls/nq/output_weights", "answer_type_output_bias"]


def test_each_layer_below_the_top_has_the_decay_once_more():
    assert depth.rate_factors(NAMES, 0.5) == {
        "bert/embeddings/word_embeddings": 0.5 ** 12, "bert/embeddings/LayerNorm/gamma": 0.5 ** 12,
        "bert/encoder/layer_0/attention/self/query/kernel": 0.5 ** 11,
        "bert/encoder/layer_1/intermediate/dense/bias": 0.5 ** 10,
        "bert/encoder/layer_2/output/LayerNorm/beta": 0.5 ** 9,
        "bert/encoder/layer_10/output/dense/kernel": 0.5,
        "bert/encoder/layer_11/output/dense/kernel": 1.0,
        "bert/pooler/dense/kernel": 1.0, "cls/nq/output_weights": 1.0,
        "answer_type_output_bias": 1.0}


def test_without_decay_all_learn_alike():
    assert set(depth.rate_factors(NAMES, 1.0).values()) == {1.0}


@pytest.mark.parametrize("embeddings, layers, first_trained", [
    (False, 0, 0), (True, 0, 2), (True, 1, 3), (True, 11, 6), (True, 12, 7)])
def test_the_lowest_are_frozen(embeddings, layers, first_trained):
    assert depth.trained(NAMES, embeddings, layers) == NAMES[first_trained:]


def test_layers_are_frozen_without_the_embeddings():
    assert depth.trained(NAMES, False, 12) == NAMES[:2] + NAMES[7:]


@pytest.mark.parametrize("layers", [-1, 13])
def test_more_layers_than_there_are(layers):
    with pytest.raises(UserError, match="^--freeze_layers=%d: the model has 12 layers$" % layers):
        depth.trained(NAMES, False, layers)


@given(st.integers(1, 30), st.floats(0.01, 1.0))
def test_the_factors_rise_from_the_embeddings_to_the_heads(num_layers, decay):
    names = (["bert/embeddings/word_embeddings"]
             + ["bert/encoder/layer_%d/output/dense/kernel" % i for i in range(num_layers)]
             + ["cls/nq/output_weights"])
    factors = depth.rate_factors(names, decay)
    below = [factors[name] for name in names]
    assert below[-1] == below[-2] == 1.0
    for lower, upper in zip(below[:-2], below[1:-1]):
        assert lower == pytest.approx(upper * decay)
