"""BERT's AdamW with linear warm-up and decay.

Adam without bias correction, weight decay apart from the gradient (Loshchilov and Hutter 2019) and
not on biases and LayerNorm, gradients clipped to a global norm of 1. Slots are named adam_m and
adam_v, as in Google's checkpoints.
"""
import re
from typing import NamedTuple, Sequence

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


def create_train_op(loss: tf.Tensor, settings: OptimizerSettings,
                    use_tpu: bool = False) -> tf.Operation:
    """One step on `loss`: clipped gradients, AdamW, and the global step counted up."""
    step = tf.train.get_or_create_global_step()
    optimizer = AdamWeightDecayOptimizer(learning_rate(settings, step), settings)
    if use_tpu:
        optimizer = tf.tpu.CrossShardOptimizer(optimizer)
    variables = tf.trainable_variables()
    gradients, _ = tf.clip_by_global_norm(tf.gradients(loss, variables),
                                          settings.max_gradient_norm)
    return optimizer.apply_gradients(zip(gradients, variables), global_step=step)


class AdamWeightDecayOptimizer(tf.train.Optimizer):
    """AdamW through TensorFlow's fused Adam kernel.

    The kernel's step is learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t); with both powers given
    as 0 that is Adam without bias correction. Gradients of embeddings are made dense first, since
    every row's moments decay in every step.
    """

    def __init__(self, rate: tf.Tensor, settings: OptimizerSettings):
        super().__init__(use_locking=False, name="AdamWeightDecayOptimizer")
        self._rate = rate
        self._settings = settings

    def _create_slots(self, var_list):
        for variable in var_list:
            self._zeros_slot(variable, "m", "adam_m")
            self._zeros_slot(variable, "v", "adam_v")

    def _apply_dense(self, grad, var):
        with tf.control_dependencies(self._decay(var, grad)):
            return tf.raw_ops.ApplyAdam(
                var=var, m=self.get_slot(var, "m"), v=self.get_slot(var, "v"), grad=grad,
                **self._scalars(var)).op

    def _resource_apply_dense(self, grad, handle):
        with tf.control_dependencies(self._decay(handle, grad)):
            return tf.raw_ops.ResourceApplyAdam(
                var=handle.handle, m=self.get_slot(handle, "m").handle,
                v=self.get_slot(handle, "v").handle, grad=grad, **self._scalars(handle))

    def _apply_sparse_duplicate_indices(self, grad, var):
        return self._apply_dense(tf.convert_to_tensor(grad), var)

    def _resource_apply_sparse_duplicate_indices(self, grad, handle, indices):
        dense = tf.unsorted_segment_sum(grad, indices, handle.shape[0])
        return self._resource_apply_dense(dense, handle)

    def _scalars(self, var):
        dtype = var.dtype.base_dtype
        values = {"beta1_power": 0.0, "beta2_power": 0.0, "lr": self._rate,
                  "beta1": self._settings.beta_1, "beta2": self._settings.beta_2,
                  "epsilon": self._settings.epsilon}
        return {name: tf.cast(value, dtype) for name, value in values.items()}

    def _decay(self, var, grad):
        """The ops to run before the step: the one that takes rate * weight_decay * var off var.

        It waits for the gradient, which, being clipped by the global norm, is there when all passes
        through the model are done with the variable.
        """
        name = var.op.name
        decay = self._settings.weight_decay_rate
        if not decay or any(re.search(part, name) for part in self._settings.no_weight_decay):
            return []
        with tf.control_dependencies([grad]):
            return [var.assign_sub(tf.cast(self._rate * decay, var.dtype.base_dtype) * var)]
