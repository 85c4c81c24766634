"""LAMB, for large batches: Adam's step, scaled for each variable to its norm.

You et al. 2020 (https://arxiv.org/abs/1904.00962), algorithm 2, with its bias correction of both
moments and with the identity for phi. Google's ALBERT leaves the correction out; TensorFlow Addons
and NVIDIA's BERT have it.
"""
from bert_nq.modeling.runtime import tf
from bert_nq.training import replica_copies

SLOTS = ("lamb_m", "lamb_v")


def apply(variable: tf.Variable, gradient: tf.Tensor, first: tf.Variable, second: tf.Variable,
          rate: tf.Tensor, step: tf.Tensor, weight_decay: float, excluded: bool, beta_1: float,
          beta_2: float, epsilon: float) -> tf.Operation:
    """The op that updates one variable and its moments, see optimizer.update.

    A step that was skipped counts for the bias correction although it is not in the moments.
    """
    with tf.control_dependencies([gradient]):  # The passes through the model are done then.
        value = replica_copies.read(variable)
    first_moment = beta_1 * replica_copies.read(first) + (1 - beta_1) * gradient
    second_moment = beta_2 * replica_copies.read(second) + (1 - beta_2) * tf.square(gradient)
    count = tf.cast(step + 1, gradient.dtype)
    change = ((first_moment / (1 - tf.pow(beta_1, count)))
              / (tf.sqrt(second_moment / (1 - tf.pow(beta_2, count))) + epsilon))
    if not excluded:
        change += weight_decay * value
        rate *= _trust_ratio(value, change)
    return tf.group(replica_copies.assign(first, first_moment),
                    replica_copies.assign(second, second_moment),
                    replica_copies.subtract(variable, rate * change))


def _trust_ratio(value: tf.Tensor, change: tf.Tensor) -> tf.Tensor:
    """|value| / |change|; 1 where one of them is 0, as for a variable that starts from zeros."""
    value_norm, change_norm = tf.norm(value), tf.norm(change)
    both = tf.logical_and(value_norm > 0, change_norm > 0)
    return tf.where(both, value_norm / tf.where(both, change_norm, 1.0), 1.0)
