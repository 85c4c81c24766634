"""AdamW and its learning rate, as BERT is trained: a function from gradients to an update.

Adam without bias correction, weight decay apart from the gradient (Loshchilov and Hutter 2019) and
not on biases and LayerNorm. Slots are named adam_m and adam_v, as in Google's checkpoints.

There is no tf.train.Optimizer here: under a tf.distribute strategy that class sums gradients after
BERT has clipped them. These functions are called within each replica, with gradients that are the
same in all, and change its own copy of each variable, which is what `variable.handle` means there.
"""
import re
from typing import List, NamedTuple, Sequence

from bert_nq.modeling.runtime import tf


class OptimizerSettings(NamedTuple):
    """The defaults are the reference's."""
    learning_rate: float
    num_train_steps: int
    num_warmup_steps: int
    weight_decay_rate: float = 0.01
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-6
    max_gradient_norm: float = 1.0
    no_weight_decay: Sequence[str] = ("LayerNorm", "layer_norm", "bias")  # parts of names


class Slots(NamedTuple):
    """The moments of each variable's gradients, in the order of the variables."""
    first: List[tf.Variable]
    second: List[tf.Variable]


def learning_rate(settings: OptimizerSettings, step: tf.Tensor) -> tf.Tensor:
    """Scalar: up linearly over the warm-up steps, then what is left of a line down to 0.

    The decay counts from step 0, so that the rate jumps at the end of the warm-up from
    learning_rate to learning_rate * (1 - warmup / steps), as in the reference.
    """
    step = tf.cast(step, tf.float32)
    steps, warmup = float(settings.num_train_steps), float(settings.num_warmup_steps)
    rate = settings.learning_rate * (1.0 - tf.minimum(step, steps) / steps)
    if warmup:
        rate = tf.where(step < warmup, settings.learning_rate * step / warmup, rate)
    return rate


def variable_name(variable: tf.Variable) -> str:
    """The name in checkpoints. `variable.op.name` is that of one replica's copy."""
    return variable.name.split(":")[0]


def make_slots(variables: Sequence[tf.Variable]) -> Slots:
    """Makes the variables NAME/adam_m and NAME/adam_v, which start from zero.

    To be called in the root variable scope, and outside of tf.cond and tf.while_loop.
    """
    def slots(suffix):
        return [tf.get_variable(variable_name(v) + suffix, v.shape, v.dtype.base_dtype,
                                tf.zeros_initializer(), trainable=False) for v in variables]

    return Slots(slots("/adam_m"), slots("/adam_v"))


def update(gradients: Sequence[tf.Tensor], variables: Sequence[tf.Variable], slots: Slots,
           rate: tf.Tensor, settings: OptimizerSettings) -> tf.Operation:
    """One step of AdamW on this replica's copies of the variables and of their slots.

    Args:
      gradients: dense, of the variables' shapes. All that reads the variables in this step must be
        done when they are there.
      variables: resource variables.
      slots: of `make_slots(variables)`.
      rate: scalar, the learning rate.
      settings: of the optimizer.
    """
    return tf.group(*[_adamw(*each, rate=rate, settings=settings)
                      for each in zip(gradients, variables, slots.first, slots.second)])


def _adamw(gradient, variable, first, second, rate, settings):
    """The op that updates one variable by TensorFlow's fused Adam kernel.

    The kernel's step is rate * sqrt(1 - beta_2^t) / (1 - beta_1^t); with both powers given as 0
    that is Adam without bias correction.
    """
    with tf.control_dependencies(_decay(variable, gradient, rate, settings)):
        return tf.raw_ops.ResourceApplyAdam(
            var=variable.handle, m=first.handle, v=second.handle, grad=gradient,
            beta1_power=0.0, beta2_power=0.0, lr=rate, beta1=settings.beta_1,
            beta2=settings.beta_2, epsilon=settings.epsilon)


def _decay(variable, gradient, rate, settings):
    """The ops to run before Adam's: the one that takes rate * weight_decay * variable off it."""
    if not settings.weight_decay_rate or not _decays(variable_name(variable), settings):
        return []
    with tf.control_dependencies([gradient]):
        value = tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype.base_dtype)
        return [tf.raw_ops.AssignSubVariableOp(resource=variable.handle,
                                               value=rate * settings.weight_decay_rate * value)]


def _decays(name: str, settings: OptimizerSettings) -> bool:
    return not any(re.search(part, name) for part in settings.no_weight_decay)
