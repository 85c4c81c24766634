"""One TensorFlow checkpoint, open for reading, by the names that its weights have here.

Exports for TensorFlow Hub hold all variables of a model under "module/": the rest of such a name is
the one in Google's checkpoints, and the one used here.
"""
import re
from typing import Dict, List, Tuple

import numpy as np

from bert_nq.base.errors import UserError

_HUB = "module/"


class CheckpointReader:
    """Names, shapes, types and values of a checkpoint's variables.

    Args:
      prefix: the checkpoint, see checkpoints.find_checkpoint.

    Raises:
      UserError: it is damaged.
    """

    def __init__(self, prefix: str):
        from bert_nq.modeling.runtime import tf
        try:
            self._reader = tf.train.load_checkpoint(prefix)
        except Exception as e:  # A damaged file raises other errors in every TensorFlow release.
            raise cannot_read(prefix, e) from e
        self._prefix = prefix
        stored = sorted(self._reader.get_variable_to_shape_map())
        outer = _HUB if stored and all(name.startswith(_HUB) for name in stored) else ""
        self._stored = {name[len(outer):]: name for name in stored}

    @property
    def names(self) -> List[str]:
        """The variables' names, sorted."""
        return list(self._stored)

    def stored_name(self, name: str) -> str:
        """A variable's name in the file."""
        return self._stored[name]

    def shapes(self) -> Dict[str, Tuple[int, ...]]:
        """{name: shape}."""
        shapes = self._reader.get_variable_to_shape_map()
        return {name: tuple(shapes[stored]) for name, stored in self._stored.items()}

    def types(self) -> Dict[str, str]:
        """{name: type}, such as "float32"."""
        types = self._reader.get_variable_to_dtype_map()
        return {name: types[stored].as_numpy_dtype.__name__
                for name, stored in self._stored.items()}

    def value(self, name: str) -> np.ndarray:
        """A variable's value.

        Raises:
          UserError: the file is damaged there.
        """
        try:
            return self._reader.get_tensor(self._stored[name])
        except Exception as e:  # As above.
            raise cannot_read(self._prefix, e) from e


def cannot_read(prefix: str, error: Exception) -> UserError:
    """The error of a checkpoint that TensorFlow cannot read."""
    return UserError("cannot read the checkpoint %s: %s" % (prefix, message(error)))


def message(error: Exception) -> str:
    """What TensorFlow says, or the operating system, in a line that names no file of a moment."""
    from bert_nq.modeling.runtime import reason
    return getattr(error, "strerror", None) or re.sub(r"^\S+\.tempstate\d+; ", "", reason(error))
