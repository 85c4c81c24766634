"""The joint loss against numpy."""
import numpy as np
import pytest

from bert_nq.estimator.model import Logits
from bert_nq.modeling.runtime import tf
from bert_nq.training.losses import joint_loss


def cross_entropy(logits, labels):
    """Mean of -log softmax(logits)[label], in float64."""
    logits = np.asarray(logits, np.float64)
    log_probabilities = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    return -np.mean(log_probabilities[np.arange(len(labels)), labels])


def losses_of(start, end, answer_type, starts, ends, types):
    """The loss and the scalars."""
    with tf.Graph().as_default(), tf.Session() as session:
        logits = Logits(*(tf.constant(x, tf.float32) for x in (start, end, answer_type)))
        features = {"start_positions": tf.constant(starts), "end_positions": tf.constant(ends),
                    "answer_types": tf.constant(types)}
        return session.run(joint_loss(logits, features))


def loss_of(*logits_and_labels):
    return losses_of(*logits_and_labels)[0]


def test_without_knowledge_it_is_the_mean_of_the_logarithms_of_the_choices():
    # 8 positions twice and 5 types: (log 8 + log 8 + log 5) / 3.
    zeros = np.zeros([2, 8])
    loss = loss_of(zeros, zeros, np.zeros([2, 5]), [0, 7], [3, 7], [0, 4])
    np.testing.assert_allclose(loss, (2 * np.log(8) + np.log(5)) / 3, rtol=1e-6)


def test_it_equals_numpy_on_random_logits():
    random = np.random.RandomState(1)
    start, end, types = (5 * random.randn(6, n) for n in (20, 20, 5))
    labels = random.randint(0, 20, 6), random.randint(0, 20, 6), random.randint(0, 5, 6)
    expected = (cross_entropy(start, labels[0]) + cross_entropy(end, labels[1])
                + cross_entropy(types, labels[2])) / 3
    np.testing.assert_allclose(loss_of(start, end, types, *labels), expected, rtol=1e-5)


def test_padding_has_its_share_of_the_softmax():
    # As in the reference: of 3 pieces and 5 paddings with logits 0, the answer gets log 8.
    loss = loss_of(np.zeros([1, 8]), np.zeros([1, 8]), [[0, 0, 0, 99, 0]], [1], [2], [3])
    np.testing.assert_allclose(loss, 2 * np.log(8) / 3, rtol=1e-6)


def test_its_parts_and_the_shares_of_right_answers_are_told():
    # Starts: 1 of 4 right, ends: 2, types: 3 (the first of equal logits counts as the answer).
    start, end = 3 * np.eye(4, 6), 3 * np.eye(4, 6)
    types = [[1, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0], [0, 2, 2, 0, 0]]
    labels = [0, 0, 0, 0], [0, 1, 5, 5], [0, 4, 0, 2]
    loss, scalars = losses_of(start, end, types, *labels)
    parts = [cross_entropy(x, y) for x, y in zip((start, end, types), labels)]
    assert scalars == pytest.approx({
        "start_loss": parts[0], "end_loss": parts[1], "type_loss": parts[2],
        "start_accuracy": 0.25, "end_accuracy": 0.5, "type_accuracy": 0.75}, rel=1e-5)
    np.testing.assert_allclose(loss, np.mean(parts), rtol=1e-6)
