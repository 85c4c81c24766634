"""A training step: the gradients of a global batch, clipped, and the update they make."""
from typing import Dict, NamedTuple

from bert_nq.modeling.runtime import tf
from bert_nq.training import gradients, loss_scale, optimizer, replica_copies
from bert_nq.training.gradients import Features, LossFn


class Step(NamedTuple):
    """One step and its scalars, the same on every device."""
    loss: tf.Tensor  # scalar, mean over the global batch: over all passes and devices
    train_op: tf.Operation  # updates the variables and counts the global step
    # Scalars of the global batch: means of those that loss_fn gave, "gradient_norm" (before
    # clipping), "learning_rate" and, with loss scaling, "loss_scale".
    scalars: Dict[str, tf.Tensor]


def training_step(loss_fn: LossFn, features: Features, settings: optimizer.OptimizerSettings,
                  num_passes: int = 1, loss_scaling: bool = False, use_tpu: bool = False) -> Step:
    """Builds a step on the trainable variables.

    A step with a loss or gradient that is not finite leaves variables and slots as they are, but
    counts. Under a tf.distribute strategy this is to be called in replica context; the gradients
    of all replicas are summed in one collective, and each replica makes the same update of its own
    copy of the variables, so that copies stay equal bit by bit.

    Args:
      loss_fn: called with the features of one pass (of B / num_passes rows) and the pass's number,
        an int or an int32 scalar, builds the model and returns the mean loss of these rows and a
        dict of further means, all float32 scalars. It is called more than once where there are
        several passes, and must then find the variables that it made the first time
        (tf.AUTO_REUSE).
      features: of this device, each [B, ...].
      settings: of the optimizer.
      num_passes: passes that the batch is divided into; the step needs the memory of one.
      loss_scaling: whether to scale the loss, see loss_scale.py; for float16.
      use_tpu: whether the graph is for a TPU, outside of tf.distribute.

    Raises:
      UserError: B is not a multiple of num_passes, or the settings do not fit the model.
    """
    global_step = tf.train.get_or_create_global_step()
    step = replica_copies.read(global_step)
    rate = optimizer.learning_rate(settings, step)
    scale = loss_scale.make() if loss_scaling else None
    summed = gradients.over_devices(gradients.of_batch(
        loss_fn, features, lambda: optimizer.trained_variables(settings), num_passes,
        scale.value if scale else None), use_tpu)
    parameters = optimizer.make_parameters(summed.variables, settings)
    scalars = summed.means()
    loss = scalars.pop("loss")
    divisor = summed.count * scale.value if scale else summed.count
    norm = tf.global_norm(summed.values) / divisor

    def update():
        # One factor makes means of the sums and clips them.
        factor = _clipping(norm, settings.max_gradient_norm) / divisor
        return _done(optimizer.update([value * factor for value in summed.values], parameters,
                                      rate, step, settings))

    finite = tf.is_finite(norm) & tf.is_finite(loss)  # The norm is if all gradients are.
    last = [tf.cond(finite, update, lambda: tf.constant(False)), rate]
    scalars.update(gradient_norm=norm, learning_rate=rate)
    if scale:
        scalars["loss_scale"] = scale.value
        last.append(loss_scale.adapt(scale, finite))
    with tf.control_dependencies(last):
        train_op = replica_copies.add(global_step, tf.constant(1, step.dtype))
    return Step(loss, train_op, scalars)


def _clipping(norm: tf.Tensor, max_norm: float) -> tf.Tensor:
    """Factor for gradients of a global norm so that it becomes at most max_norm.

    A max_norm of 0 leaves them as they are.
    """
    if not max_norm:
        return tf.ones_like(norm)
    return max_norm / tf.maximum(norm, max_norm)


def _done(op: tf.Operation) -> tf.Tensor:
    """True, once the op is done."""
    with tf.control_dependencies([op]):
        return tf.constant(True)
