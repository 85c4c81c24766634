"""Variables turned into constants."""
import numpy as np

from bert_nq.modeling import freezing
from bert_nq.modeling.runtime import tf
from tests.modeling.encoders.test_bert import TINY, assigned, batch, sizes
from tests.support import numpy_bert
from tests.support.encoding import encode


def test_frozen_graph_gives_the_same_without_variables():
    weights = numpy_bert.random_weights(4, **sizes(TINY))
    inputs = batch(TINY, [9, 3], 9)
    with tf.Graph().as_default():
        holders = [tf.placeholder(tf.int32, [None, None]) for _ in inputs]
        outputs = encode(TINY, holders)
        session = assigned(weights)
        expected = session.run(outputs, dict(zip(holders, inputs)))
    with freezing.frozen_session(session, outputs, tf.ConfigProto()) as session:
        kinds = {op.type for op in session.graph.get_operations()}
        results = session.run([tensor.name for tensor in outputs],
                              {holder.name: x for holder, x in zip(holders, inputs)})
    assert "VarHandleOp" not in kinds and "Const" in kinds
    for ours, theirs in zip(results, expected):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_more_than_a_graph_holds_is_not_frozen(monkeypatch):
    with tf.Graph().as_default(), tf.Session() as session:
        variable = tf.get_variable("x", [3, 5])  # 60 bytes
        session.run(variable.initializer)
        y = tf.identity(variable)
        monkeypatch.setattr(freezing, "MOST_BYTES", 59)
        assert freezing.frozen(session, [y]) is None
        assert freezing.frozen_session(session, [y], tf.ConfigProto()) is session
        monkeypatch.setattr(freezing, "MOST_BYTES", 60)
        assert freezing.frozen(session, [y]) is not None
