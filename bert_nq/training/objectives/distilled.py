"""The objective of a student: labels, and the choices of a teacher (Hinton et al. 2015).

With s and t for the student's and the teacher's logits of one choice, such as the start of the
answer among the positions of a window, and T for the temperature:

    KL = sum_i softmax(t / T)_i * (log softmax(t / T)_i - log softmax(s / T)_i)
    L  = alpha_ce * T^2 * KL + alpha_hard * the loss of the head on the labels

KL is the mean over the windows, and over the choices that the head makes: of start and end alike,
and of the answer type where the head has one. T^2 keeps the gradients of the term about as large
whatever T is, for those of a softmax of logits / T are 1 / T^2 as large (section 2 of the paper).

Notation: B batch, C choices.
"""
from typing import Callable, Dict, Mapping, NamedTuple

from bert_nq.base.errors import UserError
from bert_nq.estimator.model import Features
from bert_nq.modeling import heads, models
from bert_nq.modeling.heads import Distribution, spans
from bert_nq.modeling.heads.outputs import NO_SPAN
from bert_nq.modeling.models import Model
from bert_nq.modeling.runtime import tf
from bert_nq.training.objectives import Objective
from bert_nq.training.settings import DistillationSettings


class Teacher(NamedTuple):
    """A teacher, as a function on the graph."""
    # From the features of a pass to logits [B, C] by the names of Head.distributions.
    logits: Callable[[Features], Dict[str, tf.Tensor]]
    fingerprint: str  # of its weights


def make(model: Model, settings: DistillationSettings, teacher: Teacher) -> Objective:
    """The objective of a student.

    Args:
      model: the student.
      settings: of the loss.
      teacher: has the student's head.

    Raises:
      UserError: the head does not say what its choices are.
    """
    check_head(model.head)

    def loss(build_logits, features):
        logits = build_logits(features)
        hard, scalars = models.loss(model, logits, features)
        soft = divergence(models.distributions(model, logits, features), teacher.logits(features),
                          settings.distill_temperature, settings.distill_mask_padding)
        return settings.alpha_ce * soft + settings.alpha_hard * hard, dict(
            scalars, distillation_loss=soft)

    return Objective(loss, settings.of_result(teacher.fingerprint))


def check_head(head: str) -> None:
    """Raises UserError where models with a head cannot learn from a teacher."""
    if heads.find(head).distributions is None:
        raise UserError("--head=%s does not say what a student could learn of its logits "
                        "(Head.distributions): leave the teacher out" % head)


def divergence(choices: Mapping[str, Distribution], teacher_logits: Mapping[str, tf.Tensor],
               temperature: float, mask_padding: bool) -> tf.Tensor:
    """T^2 times the mean of the KL of all choices: a scalar, without a gradient to the teacher.

    Args:
      choices: of the student, by name.
      teacher_logits: [B, C] of the same choices.
      temperature: T.
      mask_padding: whether positions of padding are no choice; else they are, as in the source.
    """
    terms = []
    for name, choice in sorted(choices.items()):
        student = choice.logits / temperature
        teacher = tf.stop_gradient(teacher_logits[name]) / temperature
        if mask_padding and choice.is_real is not None:
            student = spans.where(choice.is_real, student, NO_SPAN)
            teacher = spans.where(choice.is_real, teacher, NO_SPAN)
        terms.append(_kl(student, teacher))
    return temperature ** 2 * tf.add_n(terms) / float(len(terms))


def _kl(student: tf.Tensor, teacher: tf.Tensor) -> tf.Tensor:
    """Mean over the batch of the KL of the softmax of logits [B, C] from that of the teacher's."""
    differences = tf.nn.log_softmax(teacher) - tf.nn.log_softmax(student)
    return tf.reduce_mean(tf.reduce_sum(tf.nn.softmax(teacher) * differences, axis=1))
