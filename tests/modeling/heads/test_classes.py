"""The head of classes: logits, loss, names, and what transformers computes."""
import math
import os

import numpy as np
import pytest

from bert_nq.modeling import heads
from bert_nq.modeling.encoders import Encoded, Pass
from bert_nq.modeling.heads import classes
from bert_nq.modeling.runtime import tf
from tests.support import reference_encoders

FOLDER = os.path.join(os.path.dirname(__file__), *[os.pardir] * 4, "shared", "data", "parity",
                      "encoders", "bert-classifier")


def test_the_number_of_classes_is_in_the_name():
    three, two = heads.find("classes:3"), heads.find("classes:2")
    assert three.chance(128) == {"class_loss": math.log(3)}
    assert two.chance(128) == {"class_loss": math.log(2)}
    assert three.variables == ("output_weights", "output_bias")
    assert three.pools


def test_logits_and_loss():
    pooled = np.array([[1.0, 2.0], [0.0, -1.0]], np.float32)
    weights = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], np.float32)
    with tf.Graph().as_default():
        head = heads.find("classes:3")
        logits = head.build(Encoded(None, tf.constant(pooled), None), {}, Pass())
        loss, scalars = head.loss(logits, {"label_ids": tf.constant([2, 0], tf.int64)})
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            for variable, value in zip(tf.trainable_variables(), (weights, [0.0, 0.5, 0.0])):
                variable.load(value, session)
            values, found, accuracy = session.run([logits, loss, scalars["class_accuracy"]])
    expected = np.array([[1.0, 2.5, 3.0], [0.0, -0.5, -1.0]])
    np.testing.assert_allclose(values, expected, atol=1e-6)
    log_z = np.log(np.exp(expected).sum(axis=1))
    np.testing.assert_allclose(found, np.mean(log_z - [3.0, 0.0]), rtol=1e-6)
    assert accuracy == 1.0


def test_the_mean_is_of_all_pieces_and_of_no_padding():
    head = heads.find("mean_classes:2")
    assert not head.pools and not set(head.variables) & set(heads.find("classes:2").variables)
    vectors = np.array([[[1.0, 2.0], [3.0, 6.0], [50.0, 50.0]],
                        [[0.0, 3.0], [3.0, 0.0], [-6.0, 3.0]]], np.float32)
    with tf.Graph().as_default():
        logits = head.build(Encoded(tf.constant(vectors), None, None),
                            {"input_mask": tf.constant([[1, 1, 0], [1, 1, 1]])}, Pass())
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            for variable, value in zip(tf.trainable_variables(), ([[1, 0], [0, 1]], [0.5, 0])):
                variable.load(value, session)
            found = session.run(logits)
    np.testing.assert_allclose(found, [[2.5, 4.0], [-0.5, 2.0]], atol=1e-6)


def test_dropout_is_of_training_alone():
    with tf.Graph().as_default():
        pooled = tf.ones([4, 64])
        with tf.variable_scope("", reuse=tf.AUTO_REUSE):
            settings = Pass(seed=tf.constant(1, tf.int64), head_dropout=0.5)
            plain, trained = (
                classes.build(2, pooled, settings._replace(is_training=is_training))
                for is_training in (False, True))
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            plain, trained = session.run([plain, trained])
    np.testing.assert_array_equal(plain, np.tile(plain[:1], [4, 1]))
    assert len(np.unique(trained[:, 0])) == 4  # each row drops other elements


@pytest.mark.skipif(not os.path.isdir(FOLDER), reason="there are no reference values")
def test_logits_are_those_of_transformers(tmp_path):
    config, checkpoint = reference_encoders.there_and_back(FOLDER, tmp_path)
    golden = np.load(os.path.join(FOLDER, "golden.npz"))
    for options in ({}, {"is_training": True}):
        _, logits = reference_encoders.computed(config, checkpoint, golden,
                                                head="classes:5", **options)
        np.testing.assert_allclose(logits, golden["logits"], atol=1e-5, rtol=0)
