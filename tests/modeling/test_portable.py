"""The graph that other runtimes are given says what the session's own says, of every encoder."""
import numpy as np
import pytest

from bert_nq.modeling import encoders, layers, models
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.runtime import tf
from tests.support import tiny_encoders, tiny_nq

BATCH = {
    "input_ids": [[2, 7, 3, 8, 9, 10, 3, 0], [2, 9, 9, 3, 5, 3, 0, 0]],
    "input_mask": [[1, 1, 1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1, 0, 0]],
    "segment_ids": [[0, 0, 0, 1, 1, 1, 1, 0], [0, 0, 0, 0, 1, 1, 0, 0]],
}


@pytest.mark.parametrize("name", list(encoders.ENCODERS))
@pytest.mark.parametrize("head", ["joint", "beam"])
def test_logits_are_those_of_the_usual_graph(name, head):
    config = tiny_nq.CONFIG if name == "bert" else tiny_encoders.config(name)
    model = models.Model(config, head)
    with tf.Graph().as_default(), tf.Session() as session:
        features = {name: tf.constant(values, tf.int32) for name, values in BATCH.items()}
        found = []
        for is_portable in (False, True):
            with tf.variable_scope("", reuse=is_portable):
                logits = models.build_logits(model, features, Pass(is_portable=is_portable))
            found.append([field for field in logits if not callable(field)])
        session.run(tf.global_variables_initializer())
        random = np.random.RandomState(0)
        for variable in tf.global_variables():
            variable.load(random.standard_normal(variable.shape.as_list()), session)
        usual, portable = session.run(found)
    for a, b in zip(usual, portable):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


def test_the_portable_layer_norm_by_hand():
    with tf.Graph().as_default(), tf.Session() as session:
        # Means 2 and 0, variances 1 and 4.
        y = session.run(layers.portable_layer_norm(
            tf.constant([[1., 3., 1., 3.], [2., -2., 2., -2.]]), tf.constant([1., 1., 2., 2.]),
            tf.constant([0., 0., 0., 10.])))
    np.testing.assert_allclose(y, [[-1, 1, -2, 12], [1, -1, 2, 8]], atol=1e-6)
