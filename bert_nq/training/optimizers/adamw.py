"""AdamW as BERT is trained: no bias correction, weight decay apart from the gradient.

Adam is Kingma and Ba 2015, the decay Loshchilov and Hutter 2019. Slots are named adam_m and adam_v,
as in Google's checkpoints.
"""
from typing import Any, Tuple

from bert_nq.modeling.runtime import tf
from bert_nq.training import replica_copies

SLOTS = ("adam_m", "adam_v")


def apply(variable: tf.Variable, gradient: tf.Tensor, first: tf.Variable, second: tf.Variable,
          rate: tf.Tensor, step: tf.Tensor, weight_decay: float, excluded: bool, beta_1: float,
          beta_2: float, epsilon: float) -> tf.Operation:
    """The op that updates one variable and its moments, see optimizer.update."""
    del step  # The correction would need it.
    return decayed_adam(variable, gradient, first, second, rate, 0.0 if excluded else weight_decay,
                        (beta_1, beta_2), (0.0, 0.0), epsilon)


def decayed_adam(variable: tf.Variable, gradient: tf.Tensor, first: tf.Variable,
                 second: tf.Variable, rate: tf.Tensor, weight_decay: float,
                 betas: Tuple[float, float], powers: Tuple[Any, Any], epsilon: Any
                 ) -> tf.Operation:
    """The op that makes a variable smaller by its decay, and then Adam's step.

    Adam is TensorFlow's fused kernel, whose step is rate * sqrt(1 - beta_2^t) / (1 - beta_1^t);
    with both powers given as 0 that is Adam without bias correction.

    Args:
      variable, gradient, first, second, rate, weight_decay, epsilon: see optimizer.update.
      betas: (beta_1, beta_2).
      powers: these to the power of t at step t, which is 1 at first.
    """
    decayed = []
    if weight_decay:
        # Read when the gradient is there: then the passes through the model are done.
        with tf.control_dependencies([gradient]):
            value = replica_copies.read(variable)
        decayed = [replica_copies.subtract(variable, rate * weight_decay * value)]
    with tf.control_dependencies(decayed):
        return tf.raw_ops.ResourceApplyAdam(
            var=variable.handle, m=first.handle, v=second.handle, grad=gradient,
            beta1_power=powers[0], beta2_power=powers[1], lr=rate, beta1=betas[0], beta2=betas[1],
            epsilon=epsilon)
