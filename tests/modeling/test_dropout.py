"""Dropout's masks: how many they drop, and what they depend on."""
import numpy as np
import pytest

from bert_nq.modeling.dropout import Dropout
from bert_nq.modeling.runtime import tf


def masks(seeds, shape, rate=0.25, bytewise=True, layer=0, calls=1):
    """The masks of `calls` calls of a layer at each of `seeds`: [seeds][calls] of `shape`."""
    with tf.Graph().as_default(), tf.Session() as session:
        seed = tf.placeholder(tf.int64, [])
        dropout = Dropout(seed, bytewise).of_layer(layer)
        keeps = [dropout.keep(shape, rate) for _ in range(calls)]
        return [session.run(keeps, {seed: value}) for value in seeds]


@pytest.mark.parametrize("bytewise", [True, False])
@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.003])
def test_dropout_drops_the_share_it_says(rate, bytewise):
    # Of two million elements; five standard deviations of a binomial are 5 sqrt(p (1 - p) / n), to
    # which thresholds add, in 64 masks, at most 5 / 256 / sqrt(12 * 64) = 0.0007.
    n = 64 * 33000
    dropped = 1 - np.mean(masks(range(64), [33000], rate, bytewise))
    assert abs(dropped - rate) < 5 * np.sqrt(rate * (1 - rate) / n) + (0.0036 if bytewise else 0)


def test_each_element_is_dropped_by_itself():
    # Neighbours, heads and rows agree as often as independent ones do: (3/4)^2 + (1/4)^2 = 0.625.
    keep, = masks([2], [40, 50, 60])[0]
    for axis in range(3):
        agree = np.mean(np.take(keep, range(1, keep.shape[axis]), axis)
                        == np.take(keep, range(keep.shape[axis] - 1), axis))
        assert abs(agree - 0.625) < 0.01


@pytest.mark.parametrize("shape", [[1], [7], [8], [9], [3, 5, 7]])
def test_mask_has_any_shape(shape):
    assert masks([3], shape)[0][0].shape == tuple(shape)


@pytest.mark.parametrize("bytewise", [True, False])
def test_masks_follow_from_seed_layer_and_call_alone(bytewise):
    def drawn(**options):
        return [tuple(mask) for of_seed in masks([10, 11, 10 + (7 << 32)], [500],
                                                 bytewise=bytewise, calls=2, **options)
                for mask in of_seed]

    assert drawn() == drawn(), "another session"
    assert len(set(drawn() + drawn(layer=1))) == 12


def test_dropout_scales_what_it_keeps_and_its_gradient():
    with tf.Graph().as_default():
        x = tf.constant(np.arange(1, 101, dtype=np.float32))
        seed = tf.constant(1, tf.int64)
        y = Dropout(seed)(x, 0.2)
        slope, = tf.gradients(y, x)
        assert Dropout(seed)(x, 0) is x
        with tf.Session() as session:
            y, slope = session.run([y, slope])
    assert 0 < np.sum(y == 0) < 50
    np.testing.assert_allclose(slope, np.where(y == 0, 0, 1.25))
    np.testing.assert_allclose(y, slope * np.arange(1, 101), rtol=1e-6)
