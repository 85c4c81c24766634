"""The span head: its loss against numpy, and outputs that are those of their definition."""
import numpy as np
import pytest

from bert_nq.modeling.heads import position_outputs, span
from bert_nq.modeling.heads.position_outputs import PositionOptions, PositionOutputs
from bert_nq.modeling.heads.span import Logits
from bert_nq.modeling.runtime import tf


@pytest.mark.parametrize("options", [PositionOptions(), PositionOptions(5), PositionOptions(
    3, sees_padding=True), PositionOptions(100)])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("cls_is_last", [False, True])
def test_the_graph_is_its_definition(options, cls_is_last, ties):
    random = np.random.RandomState(3)
    for width in (8, 32):
        mask = (np.arange(width) < random.randint(3, width + 1, size=[7, 1])).astype(int)
        cls = mask.sum(axis=1) - 1
        if ties:
            start, end = random.randint(-1, 3, size=[2, 7, width]).astype(np.float32)
        else:
            start, end = random.normal(scale=5, size=[2, 7, width]).astype(np.float32)
        with tf.Graph().as_default(), tf.Session() as session:
            found = PositionOutputs(**session.run(span.outputs(
                Logits(tf.constant(start), tf.constant(end)),
                {"input_mask": tf.constant(mask),
                 "cls_positions": tf.constant(cls if cls_is_last else 0 * cls, tf.int32)},
                options)))
        expected = position_outputs.from_logits(start, end, mask, options,
                                                cls if cls_is_last else None)
        for name, ours, theirs in zip(PositionOutputs._fields, found, expected):
            assert ours.dtype == (np.int32 if "positions" in name else np.float32)
            np.testing.assert_array_equal(ours, theirs.astype(ours.dtype), err_msg=name)


def test_loss_is_the_mean_of_both_cross_entropies():
    start, end = np.array([[0.0, 2.0, 1.0]]), np.array([[0.0, 0.0, 0.0]])
    with tf.Graph().as_default(), tf.Session() as session:
        loss, scalars = session.run(span.loss(
            Logits(tf.constant(start), tf.constant(end)),
            {"start_positions": tf.constant([1]), "end_positions": tf.constant([2])}))
    # -log softmax of 2 among (0, 2, 1), and log 3.
    first = np.log(np.exp([0, 2, 1]).sum()) - 2
    assert loss == pytest.approx((first + np.log(3)) / 2)
    assert scalars == pytest.approx({"start_loss": first, "end_loss": np.log(3),
                                     "start_accuracy": 1.0, "end_accuracy": 0.0})
    assert span.chance(3) == pytest.approx({"start_loss": np.log(3), "end_loss": np.log(3)})
