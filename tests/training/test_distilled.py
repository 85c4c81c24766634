"""Objectives: a teacher's choices beside the labels."""
import math

import numpy as np
import pytest

from bert_nq.base.errors import UserError
from bert_nq.modeling import heads
from bert_nq.modeling.heads import Distribution, Head, joint
from bert_nq.modeling.models import Model
from bert_nq.modeling.runtime import tf
from bert_nq.training.objectives import distilled, supervised
from bert_nq.training.settings import DistillationSettings
from tests.support import tiny_nq

# A model to which all options of a choice are equally likely, and one that gives odds of 3 to 1.
EVEN, ODDS = [[0.0, 0.0]], [[math.log(3.0), 0.0]]
# Of the odds from the even: 3/4 ln(3/4 / 1/2) + 1/4 ln(1/4 / 1/2).
KL = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)


def value(tensor):
    with tf.Session() as session:
        return session.run(tensor)


def divergence(student, teacher, temperature=1.0, mask_padding=False, is_real=None):
    """Of one choice with these logits."""
    return distilled.divergence(
        {"start": Distribution(tf.constant(student, tf.float32),
                               None if is_real is None else tf.constant(is_real))},
        {"start": tf.constant(teacher, tf.float32)}, temperature, mask_padding)


def numpy_softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_the_divergence_is_that_of_the_teacher_from_the_student():
    assert value(divergence(EVEN, ODDS)) == pytest.approx(KL)
    assert value(divergence(ODDS, ODDS)) == 0.0
    # The other way round it is another number.
    assert value(divergence(ODDS, EVEN)) == pytest.approx(0.5 * math.log(2 / 3) + 0.5 * math.log(2))


def test_it_is_a_mean_over_windows_and_a_sum_over_positions():
    assert value(divergence(EVEN * 2, ODDS + EVEN)) == pytest.approx(KL / 2)
    # Options that have no weight add nothing.
    assert value(divergence([[0.0, 0.0, -1e30]], [[math.log(3.0), 0.0, -1e30]])
                 ) == pytest.approx(KL)


def test_what_a_head_forbids_is_forbidden_in_float16_too():
    # Beam heads have -1e30 for it, and float16 ends at -65504.
    student, teacher = [[0.0, 0.0, -1e30]], [[math.log(3.0), 0.0, -65504.0]]
    for mask in (False, True):
        assert value(divergence(student, teacher, 2.0, mask, [[True, True, True]])
                     ) == pytest.approx(value(divergence(EVEN, ODDS, 2.0)))


def test_a_temperature_makes_odds_smaller_and_the_term_larger():
    # At T = 2 the logit ln 9 gives odds of 3 to 1.
    assert value(divergence(EVEN, [[math.log(9.0), 0.0]], 2.0)) == pytest.approx(4 * KL)


def test_choices_count_alike():
    choices = {"start": Distribution(tf.constant(EVEN)), "type": Distribution(tf.constant(EVEN))}
    teacher = {"start": tf.constant(ODDS), "type": tf.constant(EVEN)}
    assert value(distilled.divergence(choices, teacher, 1.0, False)) == pytest.approx(KL / 2)


def test_padding_is_a_choice_unless_it_is_left_out():
    student, teacher = [[0.0, 0.0, 0.0]], [[math.log(3.0), 0.0, 5.0]]
    is_real = [[True, True, False]]
    p = numpy_softmax(np.array(teacher))
    with_padding = (p * np.log(p / (1 / 3))).sum()
    assert value(divergence(student, teacher, is_real=is_real)) == pytest.approx(with_padding)
    assert value(divergence(student, teacher, 1.0, True, is_real)) == pytest.approx(KL)
    # At the lowest temperatures as well, where logits become large.
    assert np.isfinite(value(divergence(student, teacher, 0.01, True, is_real)))


@pytest.mark.parametrize("temperature", [1.0, 2.0, 5.0])
def test_the_gradient_is_the_difference_of_the_probabilities(temperature):
    random = np.random.RandomState(0)
    student, teacher = random.standard_normal([2, 3, 7]).astype(np.float32)
    place = tf.constant(student)
    loss = distilled.divergence({"start": Distribution(place)}, {"start": tf.constant(teacher)},
                                temperature, False)
    gradient, of_teacher = value(tf.gradients(loss, [place])), tf.gradients(
        loss, [tf.constant(teacher)])
    # d KL / d s = (softmax(s / T) - softmax(t / T)) / T, times T^2, over 3 windows.
    expected = temperature / 3 * (numpy_softmax(student / temperature)
                                  - numpy_softmax(teacher / temperature))
    np.testing.assert_allclose(gradient[0], expected, rtol=1e-5, atol=1e-7)
    assert of_teacher == [None]


def test_gradients_hardly_depend_on_the_temperature_where_logits_are_small():
    random = np.random.RandomState(0)
    student, teacher = 0.1 * random.standard_normal([2, 4, 10])
    norms = []
    for temperature in (1.0, 2.0, 8.0):
        place = tf.constant(student, tf.float32)
        loss = distilled.divergence(
            {"start": Distribution(place)}, {"start": tf.constant(teacher, tf.float32)},
            temperature, False)
        norms.append(np.linalg.norm(value(tf.gradients(loss, [place]))[0]))
    assert norms == pytest.approx([norms[0]] * 3, rel=0.05)


MODEL = tiny_nq.MODEL
FEATURES = {"segment_ids": [[0, 1, 1, 0]], "input_mask": [[1, 1, 1, 0]], "start_positions": [1],
            "end_positions": [2], "answer_types": [3]}


def features():
    return {name: tf.constant(values, tf.int32) for name, values in FEATURES.items()}


def logits_of(features):
    del features
    return joint.Logits(tf.constant([[0.0, 2.0, 1.0, 0.0]]), tf.constant([[1.0, 0.0, 1.0, 0.0]]),
                        tf.constant([[0.0, 1.0, 0.0, 2.0, 0.0]]))


def teacher_of(logits, fingerprint="0123"):
    return distilled.Teacher(lambda features: {
        name: choice.logits for name, choice in joint.distributions(logits, features).items()},
        fingerprint)


def loss_of(objective):
    loss, scalars = objective.loss(logits_of, features())
    return value((loss, scalars))


def test_the_loss_is_of_labels_and_teacher_by_their_weights():
    hard, told = loss_of(supervised.make(MODEL))
    even = teacher_of(joint.Logits(tf.zeros([1, 4]), tf.zeros([1, 4]), tf.zeros([1, 5])))
    soft, _ = loss_of(distilled.make(MODEL, DistillationSettings(alpha_ce=1.0, alpha_hard=0.0),
                                     even))
    assert soft > 0
    loss, scalars = loss_of(distilled.make(MODEL, DistillationSettings(
        alpha_ce=0.25, alpha_hard=2.0), even))
    assert loss == pytest.approx(0.25 * soft + 2.0 * hard)
    assert scalars == dict(told, distillation_loss=pytest.approx(soft))
    same = teacher_of(logits_of(None))
    assert loss_of(distilled.make(MODEL, DistillationSettings(), same))[0] == pytest.approx(
        0.5 * hard)


def test_without_the_teachers_weight_it_is_plain_fine_tuning():
    settings = DistillationSettings(alpha_ce=0.0, alpha_hard=1.0)
    other = teacher_of(joint.Logits(tf.ones([1, 4]), tf.zeros([1, 4]), tf.zeros([1, 5])))
    assert loss_of(distilled.make(MODEL, settings, other))[0] == loss_of(supervised.make(MODEL))[0]


def test_a_run_that_goes_on_needs_the_same_teacher_and_settings():
    objective = distilled.make(MODEL, DistillationSettings(), teacher_of(None, "89ab"))
    assert objective.settings == {
        "teacher_dir": "89ab", "distill_temperature": 2.0, "alpha_ce": 0.5, "alpha_hard": 0.5,
        "distill_mask_padding": False}


HEAD = Head(build=None, loss=None, outputs=None, variables=())


def test_a_head_that_does_not_say_what_its_choices_are_cannot_be_taught():
    assert heads.find(__name__) is HEAD
    with pytest.raises(UserError, match="--head=tests.training.test_distilled does not say"):
        distilled.make(Model(tiny_nq.CONFIG, __name__), DistillationSettings(), None)


def test_both_weights_cannot_be_zero():
    with pytest.raises(UserError, match="the loss would be 0"):
        DistillationSettings(alpha_ce=0.0, alpha_hard=0.0).check()
