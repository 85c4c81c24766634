"""The head that guesses masked pieces, against numpy, and the encoders that can have it."""
import dataclasses

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.masking_policy.graphs import masked_lm
from bert_nq.modeling.runtime import tf
from tests.support import tiny_encoders, tiny_nq

CONFIG = dataclasses.replace(tiny_nq.CONFIG, vocab_size=11, hidden_size=6, hidden_act="gelu_tanh")


def test_it_is_that_of_numpy_with_the_embeddings_of_the_encoder():
    random = np.random.RandomState(0)
    sequence = random.standard_normal([2, 5, 6]).astype(np.float32)
    positions, labels = np.array([[1, 3], [4, 0]]), np.array([[7, 2], [10, 0]])
    weights = np.array([[1, 1], [1, 0]], np.float32)  # The second block has one masked piece.
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope("bert/embeddings"):
            tf.get_variable("word_embeddings", [11, 6])
        logits = masked_lm.logits(tf.constant(sequence), tf.constant(positions, tf.int32), CONFIG)
        loss = masked_lm.loss(logits, tf.constant(labels, tf.int32), tf.constant(weights))
        values = {v.name[:-2]: random.standard_normal(v.shape.as_list()).astype(np.float32)
                  for v in tf.trainable_variables()}
        for v in tf.trainable_variables():
            v.load(values[v.name[:-2]], session)
        logits, loss = session.run([logits, loss])
    scope = "cls/predictions/"
    assert set(values) == {"bert/embeddings/word_embeddings", scope + "output_bias"} | {
        scope + "transform/" + name for name in (
            "dense/kernel", "dense/bias", "LayerNorm/gamma", "LayerNorm/beta")}
    x = np.stack([sequence[0, 1], sequence[0, 3], sequence[1, 4], sequence[1, 0]])
    x = x @ values[scope + "transform/dense/kernel"] + values[scope + "transform/dense/bias"]
    x = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))
    x = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    x = (x * values[scope + "transform/LayerNorm/gamma"]
         + values[scope + "transform/LayerNorm/beta"])
    expected = x @ values["bert/embeddings/word_embeddings"].T + values[scope + "output_bias"]
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4)
    log_p = expected - np.log(np.exp(expected).sum(1, keepdims=True))
    assert loss == pytest.approx(-(log_p[0, 7] + log_p[1, 2] + log_p[2, 10]) / 3, rel=1e-4)


def test_an_encoder_without_such_embeddings_is_told():
    with tf.Graph().as_default():
        with pytest.raises(UserError, match="encoder xlnet has no masked language model"):
            masked_lm.logits(tf.zeros([1, 2, 32]), tf.zeros([1, 1], tf.int32),
                             tiny_encoders.config("xlnet"))
