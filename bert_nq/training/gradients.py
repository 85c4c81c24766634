"""Gradients of a global batch: summed over the passes that a device makes and over the devices.

Everything is summed, counts included, and divided at the end: a `Gradients` of one pass, of all
passes and of all devices are the same kind of thing.
"""
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple, Union

from bert_nq.base.errors import UserError
from bert_nq.modeling.runtime import tf

Features = Dict[str, tf.Tensor]
# From a pass's features and its number to its mean loss and further means, all scalars.
LossFn = Callable[[Features, Union[int, tf.Tensor]], Tuple[tf.Tensor, Dict[str, tf.Tensor]]]

_COUNT, _LOSS = "count", "loss"


class Gradients(NamedTuple):
    """Sums over passes (and devices)."""
    variables: List[tf.Variable]  # those that the loss depends on
    values: List[tf.Tensor]  # dense, times the loss scale
    totals: Dict[str, tf.Tensor]  # sums of scalars: "loss" and what came with it, and their "count"

    def means(self) -> Dict[str, tf.Tensor]:
        """The scalars' means."""
        return {name: total / self.totals[_COUNT] for name, total in self.totals.items()
                if name != _COUNT}

    @property
    def count(self) -> tf.Tensor:
        """The number of passes that were summed."""
        return self.totals[_COUNT]


def of_batch(loss_fn: LossFn, features: Features, choose: Callable[[], List[tf.Variable]],
             num_passes: int = 1, loss_scale: Optional[tf.Tensor] = None) -> Gradients:
    """Gradients of the loss of this device's batch, made in `num_passes` passes one after another.

    Args:
      loss_fn: see steps.training_step.
      features: each [B, ...].
      choose: called when loss_fn has made its variables; gives those to take gradients in. The ones
        that the loss does not depend on are left out.
      num_passes: divides B; a pass's memory is that of B / num_passes rows.
      loss_scale: scalar that the loss is multiplied by.

    Raises:
      UserError: B is not a multiple of num_passes.
    """
    if num_passes == 1:
        return _of_pass(loss_fn, features, 0, choose, loss_scale)
    parts = {name: _in_parts(value, num_passes) for name, value in features.items()}

    def of_pass(index, choose):
        part = {name: value[index] for name, value in parts.items()}
        return _of_pass(loss_fn, part, index, choose, loss_scale)

    # The first pass makes the variables, which cannot be done within a loop.
    first = of_pass(0, choose)
    names = sorted(first.totals)

    def add_pass(index, values, totals):
        new = of_pass(index, lambda: first.variables)
        return (index + 1, [a + b for a, b in zip(values, new.values)],
                [a + new.totals[name] for a, name in zip(totals, names)])

    # Without this the loop's first pass would begin as soon as the counter is there.
    with tf.control_dependencies(first.values):
        start = tf.constant(1)
    _, values, totals = tf.while_loop(
        lambda index, values, totals: index < num_passes, add_pass,
        (start, first.values, [first.totals[name] for name in names]),
        parallel_iterations=1, back_prop=False)
    return Gradients(first.variables, list(values), dict(zip(names, totals)))


def _in_parts(value: tf.Tensor, num_passes: int) -> tf.Tensor:
    """[B, ...] as [num_passes, B / num_passes, ...]."""
    sizes = value.shape.as_list()
    if sizes[0] is not None and sizes[0] % num_passes:
        raise UserError("a batch of %d on each device cannot be divided into %d passes of equal "
                        "size" % (sizes[0], num_passes))
    rows = -1 if sizes[0] is None else sizes[0] // num_passes
    rest = [size if size is not None else tf.shape(value)[i] for i, size in enumerate(sizes)][1:]
    return tf.reshape(value, [num_passes, rows] + rest)


def _of_pass(loss_fn, features, index, choose, loss_scale) -> Gradients:
    """Gradients of one pass in those of the chosen variables that it depends on."""
    loss, scalars = loss_fn(features, index)
    chosen = choose()
    values = tf.gradients(loss, chosen, grad_ys=loss_scale)
    pairs = [(v, _dense(value, v)) for v, value in zip(chosen, values) if value is not None]
    totals = dict(scalars, **{_LOSS: loss, _COUNT: tf.constant(1.0)})
    return Gradients([v for v, _ in pairs], [value for _, value in pairs], totals)


def _dense(value: Union[tf.Tensor, tf.IndexedSlices], variable: tf.Variable) -> tf.Tensor:
    """An embedding's gradient with a row for each of the variable's: all its moments decay."""
    if isinstance(value, tf.IndexedSlices):
        return tf.unsorted_segment_sum(value.values, value.indices, variable.shape[0])
    return value


def over_devices(gradients: Gradients, use_tpu: bool) -> Gradients:
    """The sum over all replicas of a strategy, or over all cores of a TPU; the same on each."""
    names = sorted(gradients.totals)
    totals = tf.stack([gradients.totals[name] for name in names])
    values, totals = _all_reduce(gradients.values, totals, use_tpu)
    return Gradients(gradients.variables, values, dict(zip(names, tf.unstack(totals))))


def _all_reduce(values, totals, use_tpu):
    if use_tpu:
        return [tf.tpu.cross_replica_sum(value) for value in values], tf.tpu.cross_replica_sum(
            totals)
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return values, totals
    # Not ReplicaContext.all_reduce: to have a gradient itself, it searches the graph above for
    # variables, and raises at those of other replicas.
    summed = tf.distribute.get_replica_context().merge_call(_sum, args=(values + [totals],))
    return summed[:-1], summed[-1]


def _sum(strategy, per_replica):
    """For each of a list of values that replicas have: their sum, on every replica."""
    return strategy.extended.batch_reduce_to(tf.distribute.ReduceOp.SUM,
                                             [(value, value) for value in per_replica])
