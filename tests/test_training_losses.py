"""The joint loss against numpy."""
import numpy as np

from bert_nq.estimator.model import Logits
from bert_nq.modeling.runtime import tf
from bert_nq.training.losses import joint_loss


def cross_entropy(logits, labels):
    """Mean of -log softmax(logits)[label], in float64."""
    logits = np.asarray(logits, np.float64)
    log_probabilities = logits - np.log(np.sum(np.exp(logits), axis=1, keepdims=True))
    return -np.mean(log_probabilities[np.arange(len(labels)), labels])


def loss_of(start, end, answer_type, starts, ends, types):
    with tf.Graph().as_default(), tf.Session() as session:
        logits = Logits(*(tf.constant(x, tf.float32) for x in (start, end, answer_type)))
        features = {"start_positions": tf.constant(starts), "end_positions": tf.constant(ends),
                    "answer_types": tf.constant(types)}
        return session.run(joint_loss(logits, features))


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
