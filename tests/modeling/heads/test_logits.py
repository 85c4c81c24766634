"""Span and class logits, by hand."""
import numpy as np

from bert_nq.modeling.heads import logits as heads
from bert_nq.modeling.runtime import tf


def run(logits, **values):
    with tf.Session() as session:
        for variable in tf.global_variables():
            variable.load(np.array(values[variable.op.name.split("/")[-1]], np.float32), session)
        return [x.tolist() for x in session.run(list(logits))]


def test_span_logits_by_hand():
    # Two sequences of three wordpieces, H = 2.
    sequences = np.array([[[1, 0], [0, 1], [2, 3]], [[0, 0], [1, 1], [-1, 4]]], np.float32)
    with tf.Graph().as_default(), tf.variable_scope("", reuse=tf.AUTO_REUSE):
        logits = heads.span_logits(tf.constant(sequences), "cls/nq/weights", "cls/nq/bias")
        assert [v.op.name for v in tf.trainable_variables()] == ["cls/nq/weights", "cls/nq/bias"]
        assert [x.shape.as_list() for x in logits] == [[2, 3], [2, 3]]
        start, end = run(logits, weights=[[1, 10], [-1, 2]], bias=[0.5, 7])
    # start = x0 + 10 x1 + 0.5, end = -x0 + 2 x1 + 7
    assert start == [[1.5, 10.5, 32.5], [0.5, 11.5, 39.5]]
    assert end == [[6, 9, 11], [7, 8, 16]]


def test_span_logits_of_sizes_unknown_to_the_graph():
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [None, None, 4])
        start, end = heads.span_logits(x, "w", "b")
        assert start.shape.as_list() == end.shape.as_list() == [None, None]
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            assert session.run(start, {x: np.zeros([3, 5, 4])}).shape == (3, 5)


def test_class_logits_by_hand():
    pooled = np.array([[1, 2], [3, 4]], np.float32)
    with tf.Graph().as_default():
        logits = heads.class_logits(tf.constant(pooled), 3, "type_weights", "type_bias")
        assert [(v.op.name, v.shape.as_list()) for v in tf.trainable_variables()] == [
            ("type_weights", [3, 2]), ("type_bias", [3])]
        result, = run([logits], type_weights=[[1, 0], [0, 1], [1, -1]], type_bias=[0, 10, 100])
    assert result == [[1, 12, 99], [3, 14, 99]]


def test_heads_start_from_a_truncated_normal_of_two_hundredths_and_zero():
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        heads.class_logits(tf.zeros([1, 300]), 100, "weights", "bias")
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            weights, bias = session.run(tf.trainable_variables())
    assert not bias.any()
    # Cut off at two standard deviations, a normal keeps 0.88 of its own.
    assert abs(weights).max() <= 0.04
    assert abs(weights.std() - 0.02 * 0.88) < 0.0005
