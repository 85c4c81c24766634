"""The values of variables, in and out of a session: no graph is built anew, no file is written."""
from typing import Dict, Mapping, Sequence

import numpy as np

from bert_nq.modeling import checkpoints
from bert_nq.modeling.runtime import tf


class WeightSet:
    """Some variables of the current graph, whose values are read and set together.

    Args:
      variables: of any types and shapes.
    """

    def __init__(self, variables: Sequence[tf.Variable]):
        self._variables = {checkpoints.name_of(v): v for v in variables}
        self._places = {name: tf.placeholder(v.dtype.base_dtype, v.shape)
                        for name, v in self._variables.items()}
        self._assign = tf.group(*[
            tf.raw_ops.AssignVariableOp(resource=v.handle, value=self._places[name])
            for name, v in self._variables.items()])
        self._zero = tf.group(*[
            tf.raw_ops.AssignVariableOp(resource=v.handle, value=tf.zeros(
                v.shape, v.dtype.base_dtype)) for v in self._variables.values()])

    def shapes(self) -> Dict[str, tuple]:
        """{name: shape}."""
        return {name: tuple(v.shape.as_list()) for name, v in self._variables.items()}

    def read(self, session: tf.Session) -> Dict[str, np.ndarray]:
        """{name: value}."""
        return session.run(self._variables)

    def load(self, session: tf.Session, values: Mapping[str, np.ndarray]) -> None:
        """Sets all of the variables.

        Raises:
          ValueError: one has no value, or a value of another shape.
        """
        for name, place in self._places.items():
            if name not in values or np.shape(values[name]) != tuple(place.shape.as_list()):
                raise ValueError("no value for %s of the shape %s" % (name, place.shape))
        session.run(self._assign, {place: values[name] for name, place in self._places.items()})

    def zero(self, session: tf.Session) -> None:
        """Sets all of the variables to zero."""
        session.run(self._zero)
