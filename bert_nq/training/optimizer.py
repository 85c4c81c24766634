"""The optimizer and its learning rate: a function from gradients to an update.

There is no tf.train.Optimizer here: under a tf.distribute strategy that class sums gradients after
BERT has clipped them. These functions are called within each replica, with gradients that are the
same in all, and change its own copy of each variable.
"""
import re
from typing import Dict, List, NamedTuple, Sequence

from bert_nq.base.errors import UserError
from bert_nq.modeling import checkpoints
from bert_nq.modeling.runtime import tf
from bert_nq.training import depth, optimizers
from bert_nq.training.settings import TrainingSettings, rates_of

_DEFAULTS = TrainingSettings()


class OptimizerSettings(NamedTuple):
    """The part of a TrainingSettings that the optimizer needs, and how many steps there are."""
    learning_rate: float
    num_train_steps: int
    num_warmup_steps: int
    learning_rates: str = _DEFAULTS.learning_rates
    optimizer: str = _DEFAULTS.optimizer  # a key of optimizers.OPTIMIZERS
    weight_decay_rate: float = _DEFAULTS.weight_decay_rate
    adam_beta1: float = _DEFAULTS.adam_beta1
    adam_beta2: float = _DEFAULTS.adam_beta2
    adam_epsilon: float = _DEFAULTS.adam_epsilon
    max_gradient_norm: float = _DEFAULTS.max_gradient_norm  # 0: gradients are not clipped
    layerwise_lr_decay: float = _DEFAULTS.layerwise_lr_decay  # see depth.rate_factors
    freeze_embeddings: bool = _DEFAULTS.freeze_embeddings  # and LayerNorm above them
    freeze_layers: int = _DEFAULTS.freeze_layers  # the lowest
    # Parts of the names of variables that do not decay and, in LAMB, are not scaled to their norm.
    excluded: Sequence[str] = ("LayerNorm", "layer_norm", "bias")

    @classmethod
    def of_training(cls, settings: TrainingSettings, num_steps: int) -> "OptimizerSettings":
        """The settings of a training of so many steps."""
        shared = {name: value for name, value in settings._asdict().items()
                  if name in cls._fields}
        shared.update(num_train_steps=num_steps,
                      num_warmup_steps=settings.num_warmup_steps(num_steps))
        return cls(**shared)


class Parameter(NamedTuple):
    """A variable with its slots, and how it is trained."""
    variable: tf.Variable
    first: tf.Variable  # moments of its gradients
    second: tf.Variable
    rate_factor: float  # of the learning rate
    excluded: bool


def learning_rate(settings: OptimizerSettings, step: tf.Tensor) -> tf.Tensor:
    """Scalar: up linearly over the warm-up steps, then what is left of a line down to 0.

    The decay counts from step 0, so that the rate jumps at the end of the warm-up from
    learning_rate to learning_rate * (1 - warmup / steps), as in the reference. Of several
    learning_rates each is constant over its part of the steps; the warm-up goes up to the first.
    """
    step = tf.cast(step, tf.float32)
    steps, warmup = float(settings.num_train_steps), float(settings.num_warmup_steps)
    rates = rates_of(settings.learning_rates)
    if rates:
        part = tf.cast(tf.floor(step * len(rates) / steps), tf.int32)
        rate = tf.gather(tf.constant(rates, tf.float32), tf.minimum(part, len(rates) - 1))
    else:
        rates = [settings.learning_rate]
        rate = settings.learning_rate * (1.0 - tf.minimum(step, steps) / steps)
    if warmup:
        rate = tf.where(step < warmup, rates[0] * step / warmup, rate)
    return rate


def trained_variables(settings: OptimizerSettings) -> List[tf.Variable]:
    """The graph's trainable variables without those that are frozen.

    Raises:
      UserError: more layers are to be frozen than there are.
    """
    by_name = _trainable()
    return [by_name[name] for name in depth.trained(by_name, settings.freeze_embeddings,
                                                    settings.freeze_layers)]


def _trainable() -> Dict[str, tf.Variable]:
    return {checkpoints.name_of(v): v for v in tf.trainable_variables()}


def make_parameters(variables: Sequence[tf.Variable],
                    settings: OptimizerSettings) -> List[Parameter]:
    """Makes the slots of some of the trainable variables, NAME/adam_m and the like, from zero.

    To be called in the root variable scope, and outside of tf.cond and tf.while_loop.

    Raises:
      UserError: there is no such optimizer.
    """
    if settings.optimizer not in optimizers.OPTIMIZERS:
        raise UserError("--optimizer=%s: there are %s"
                        % (settings.optimizer, ", ".join(optimizers.OPTIMIZERS)))
    factors = depth.rate_factors(_trainable(), settings.layerwise_lr_decay)

    def parameter(variable):
        name = checkpoints.name_of(variable)
        first, second = (
            tf.get_variable("%s/%s" % (name, slot), variable.shape, variable.dtype.base_dtype,
                            tf.zeros_initializer(), trainable=False)
            for slot in optimizers.find(settings.optimizer).SLOTS)
        excluded = any(re.search(part, name) for part in settings.excluded)
        return Parameter(variable, first, second, factors[name], excluded)

    return [parameter(variable) for variable in variables]


def update(gradients: Sequence[tf.Tensor], parameters: Sequence[Parameter], rate: tf.Tensor,
           step: tf.Tensor, settings: OptimizerSettings) -> tf.Operation:
    """The op that makes one step on this replica's copies of the variables and of their slots.

    Args:
      gradients: dense, of the variables' shapes. All that reads the variables in this step must be
        done when they are there.
      parameters: of `make_parameters`.
      rate: scalar, the learning rate.
      step: int scalar, how many steps there were before.
      settings: of the optimizer.
    """
    def updated(parameter, gradient):
        factor = parameter.rate_factor
        return optimizers.find(settings.optimizer).apply(
            parameter.variable, gradient, parameter.first, parameter.second,
            rate=rate if factor == 1.0 else rate * factor, step=step,
            weight_decay=settings.weight_decay_rate, excluded=parameter.excluded,
            beta_1=settings.adam_beta1, beta_2=settings.adam_beta2,
            epsilon=settings.adam_epsilon)

    return tf.group(*map(updated, parameters, gradients))
