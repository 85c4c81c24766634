"""Loss scaling, which keeps small gradients from vanishing in float16 (Micikevicius et al. 2018).

The loss is multiplied by a scale before its gradients are taken and they are divided by it after.
The scale is as large as it can be: it doubles after 2,000 steps whose gradients were finite, and is
halved when they are not.
"""
from typing import NamedTuple

from bert_nq.modeling.runtime import tf
from bert_nq.training import replica_copies

FIRST_SCALE = 2.0 ** 15
STEPS_TO_DOUBLE = 2000


class LossScale(NamedTuple):
    """The two variables, which checkpoints hold, and the scale's value."""
    value: tf.Tensor  # float32 scalar, of this step
    scale: tf.Variable
    good_steps: tf.Variable  # int32 scalar, steps since it last changed


def make() -> LossScale:
    """Makes the variables loss_scale and loss_scale_good_steps.

    To be called in the root variable scope.
    """
    scale = tf.get_variable("loss_scale", [], initializer=tf.constant_initializer(FIRST_SCALE),
                            trainable=False)
    good_steps = tf.get_variable("loss_scale_good_steps", [], tf.int32, tf.zeros_initializer(),
                                 trainable=False)
    return LossScale(replica_copies.read(scale), scale, good_steps)


def adapt(loss_scale: LossScale, finite: tf.Tensor) -> tf.Operation:
    """Sets the next step's scale.

    Args:
      loss_scale: of `make`.
      finite: bool scalar, whether this step's gradients were. It must follow from the scale's
        value, or the scale may be changed before it is read.
    """
    with tf.control_dependencies([loss_scale.value]):
        good_steps = 1 + replica_copies.read(loss_scale.good_steps)
    doubles = good_steps >= STEPS_TO_DOUBLE
    grown = tf.where(doubles, 2.0 * loss_scale.value, loss_scale.value)
    # Below 1 small gradients would be worse off than without scaling.
    scale = tf.where(finite, grown, tf.maximum(loss_scale.value / 2.0, 1.0))
    starts_again = tf.logical_or(doubles, tf.logical_not(finite))
    good_steps = tf.where(starts_again, tf.zeros_like(good_steps), good_steps)
    return tf.group(replica_copies.assign(loss_scale.scale, scale),
                    replica_copies.assign(loss_scale.good_steps, good_steps))
