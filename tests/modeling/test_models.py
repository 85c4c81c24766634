"""Models: an encoder and a head, registered or not, as a value."""
import pickle

import numpy as np

from bert_nq.modeling import heads, models
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.heads import joint
from bert_nq.modeling.models import Model
from bert_nq.modeling.runtime import tf
from tests.support import tiny_nq
from tests.support.encoding import INPUTS


def build(encoded, features, pass_):
    """A head of this module: one logit per sequence, its pooled vector's first number."""
    return encoded.pooled[:, 0] + tf.cast(features["colours"][:, 0], tf.float32)


HEAD = heads.Head(build=build, loss=None, outputs=None, variables=(), inputs=("colours",))


def test_a_model_is_a_value():
    model = pickle.loads(pickle.dumps(tiny_nq.MODEL))
    assert model == tiny_nq.MODEL
    assert heads.find(model.head) is joint.HEAD
    assert models.inputs(model) == INPUTS


def test_a_head_by_the_path_of_its_module():
    model = Model(tiny_nq.CONFIG, __name__)
    assert heads.find(model.head) is HEAD
    assert models.inputs(model) == INPUTS + ("colours",)
    assert HEAD.chance(384) == {} and HEAD.labels == ()
    with tf.Graph().as_default(), tf.variable_scope("", reuse=tf.AUTO_REUSE):
        ids = tf.ones([2, 3], tf.int32)
        one, two = (models.build_logits(
            model, dict(dict.fromkeys(INPUTS, ids), colours=colours), Pass())
                    for colours in (ids, 2 * ids))
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            one, two = session.run([one, two])
    np.testing.assert_allclose(two - one, [1, 1], atol=1e-6)
