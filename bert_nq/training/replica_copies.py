"""Reading and changing the copy of a variable that this replica has.

Under a tf.distribute strategy a variable is one copy on each device, and `variable.handle`, within
a replica, is that device's. What is done to it is done to no other copy; a training step does the
same to all. Elsewhere a variable has one copy.
"""
from bert_nq.modeling.runtime import tf


def read(variable: tf.Variable) -> tf.Tensor:
    """The value, read after the control dependencies in force."""
    return tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype.base_dtype)


def assign(variable: tf.Variable, value: tf.Tensor) -> tf.Operation:
    """Sets the value."""
    return tf.raw_ops.AssignVariableOp(resource=variable.handle, value=value)


def add(variable: tf.Variable, value: tf.Tensor) -> tf.Operation:
    """Adds to the value."""
    return tf.raw_ops.AssignAddVariableOp(resource=variable.handle, value=value)


def subtract(variable: tf.Variable, value: tf.Tensor) -> tf.Operation:
    """Takes off the value."""
    return tf.raw_ops.AssignSubVariableOp(resource=variable.handle, value=value)
