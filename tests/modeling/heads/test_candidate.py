"""The candidate head: its loss by hand, and outputs that are those of their definition."""
import numpy as np
import pytest

from bert_nq.modeling.encoders import Encoded, Pass
from bert_nq.modeling.heads import candidate, candidate_outputs, span
from bert_nq.modeling.heads.candidate import Logits
from bert_nq.modeling.heads.candidate_outputs import CandidateOptions, CandidateOutputs
from bert_nq.modeling.runtime import tf
from bert_nq.training.alarms import StuckAlarm


def test_the_graph_is_its_definition():
    random = np.random.RandomState(3)
    start, end = random.normal(scale=5, size=[2, 7, 12]).astype(np.float32)
    classes = random.normal(scale=3, size=[7, 5]).astype(np.float32)
    mask = (np.arange(12) < random.randint(3, 13, size=[7, 1])).astype(int)
    for options in (CandidateOptions(), CandidateOptions(spans=False)):
        with tf.Graph().as_default(), tf.Session() as session:
            found = CandidateOutputs(**session.run(candidate.outputs(
                Logits(*map(tf.constant, (start, end, classes))),
                {"input_mask": tf.constant(mask)}, options)))
        wanted = candidate_outputs.from_logits(start, end, classes, mask, options)
        for name, ours, theirs in zip(CandidateOutputs._fields, found, wanted):
            assert ours.dtype == np.float32
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5, err_msg=name)
        assert found.start_log_probs.shape == (7, 12 if options.spans else 0)
        found.check_finite()


def loss_of(starts, ends, classes):
    """(loss, scalars, gradient of the loss by start logits) of two rows of three pieces."""
    logits = (np.array([[0.0, 2.0, 1.0], [0.0, 0.0, 0.0]]), np.array([[0.0, 0.0, 0.0],
                                                                      [1.0, 0.0, 0.0]]),
              np.array([[0.0] * 5, [0.0, 3.0, 0.0, 0.0, 0.0]]))
    with tf.Graph().as_default(), tf.Session() as session:
        made = Logits(*map(tf.constant, logits))
        loss, scalars = candidate.loss(made, {
            "start_positions": tf.constant(starts), "end_positions": tf.constant(ends),
            "candidate_classes": tf.constant(classes)})
        return session.run((loss, scalars, tf.gradients(loss, made.start)[0]))


def test_the_loss_is_the_sum_of_means_over_the_rows_that_count():
    loss, scalars, gradient = loss_of([1, -1], [2, -1], [2, 0])
    # -log softmax of 2 among (0, 2, 1); log 3; the mean of log 5 and -log softmax of 0 among
    # (0, 3, 0, 0, 0).
    start = np.log(np.exp([0, 2, 1]).sum()) - 2
    classes = (np.log(5) + np.log(4 + np.exp(3))) / 2
    assert loss == pytest.approx(start + np.log(3) + classes)
    assert scalars == pytest.approx({
        "start_loss": start, "end_loss": np.log(3), "class_loss": classes,
        "start_accuracy": 1.0, "end_accuracy": 0.0, "class_accuracy": 0.0})
    assert not gradient[1].any()


def test_a_batch_without_spans_or_without_any_label_has_a_loss():
    loss, scalars, gradient = loss_of([-1, -1], [-1, -1], [0, 1])
    assert loss == pytest.approx((np.log(5) + np.log(4 + np.exp(3)) - 3) / 2)
    assert (scalars["start_loss"], scalars["end_loss"], scalars["start_accuracy"]) == (0, 0, 0)
    assert np.isfinite(gradient).all() and not gradient.any()
    loss, scalars, _ = loss_of([-1, -1], [-1, -1], [-1, -1])
    assert loss == 0 and set(scalars.values()) == {0.0}


def test_the_alarm_knows_a_training_that_is_stuck_at_the_length():
    # The failed run of the source: ln(360) of start and end, 0.867 of the class; steps without a
    # span say nothing.
    alarm = StuckAlarm(lambda scalars: candidate.chance(360), after_step=10, window=10)
    stuck = {"start_loss": 5.886, "end_loss": 5.886, "class_loss": 0.867}
    for step in range(1, 15):
        alarm.check(step, stuck if step % 2 else dict(stuck, start_loss=0.0, end_loss=0.0))
    with pytest.raises(Exception, match=r"5\.886 = ln\(360\) is that of a model"):
        for step in range(15, 30):
            alarm.check(step, stuck)


def test_the_span_head_is_that_of_squad_and_the_pooled_vector_is_dropped_out():
    assert candidate.HEAD.variables[:2] == span.HEAD.variables
    assert candidate.HEAD.pools
    logits = []
    with tf.Graph().as_default(), tf.Session() as session:
        encoded = Encoded(tf.ones([1, 3, 64]), tf.ones([1, 64]))
        for pass_ in (Pass(), Pass(True, tf.constant(1, tf.int64), head_dropout=0.5),
                      Pass(True, tf.constant(1, tf.int64), head_dropout=0.0)):
            with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
                logits.append(candidate.build(encoded, {}, pass_))
        session.run(tf.global_variables_initializer())
        plain, dropped, without = session.run(logits)
    np.testing.assert_array_equal(plain.candidate_class, without.candidate_class)
    assert not np.allclose(plain.candidate_class, dropped.candidate_class)
    np.testing.assert_array_equal(plain.start, dropped.start)


def test_a_student_learns_start_end_and_class():
    logits = Logits(tf.zeros([2, 3]), tf.zeros([2, 3]), tf.zeros([2, 5]))
    found = candidate.distributions(logits, {"input_mask": tf.ones([2, 3], tf.int32)})
    assert {name: choice.logits.shape.as_list() for name, choice in found.items()} == {
        "start": [2, 3], "end": [2, 3], "class": [2, 5]}
