"""The non-linearities that `hidden_act` of a BertConfig can name."""
import math
from typing import Callable

from bert_nq.errors import UserError
from bert_nq.modeling.runtime import tf


def gelu_tanh(x: tf.Tensor) -> tf.Tensor:
    """Gaussian error linear unit, tanh approximation (Hendrycks and Gimpel 2016, section 2)."""
    # Written like this, in a scope of its own, TensorFlow 2 fuses it with the product before it.
    with tf.name_scope("Gelu"):
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * tf.pow(x, 3.0))
        return 0.5 * x * (1.0 + tf.tanh(inner))


def gelu_erf(x: tf.Tensor) -> tf.Tensor:
    """Gaussian error linear unit, x times the normal distribution function at x."""
    with tf.name_scope("Gelu"):
        return 0.5 * x * (1.0 + tf.erf(x / math.sqrt(2)))


_BY_NAME = {
    "gelu": gelu_tanh,  # As bert-tensorflow: see BertConfig.hidden_act.
    "gelu_tanh": gelu_tanh,
    "gelu_new": gelu_tanh,
    "gelu_erf": gelu_erf,
    "relu": tf.nn.relu,
    "tanh": tf.tanh,
    "linear": tf.identity,
}


def activation(name: str) -> Callable[[tf.Tensor], tf.Tensor]:
    """The function that a config's `hidden_act` names.

    Raises:
      UserError: there is none of that name.
    """
    if name.lower() not in _BY_NAME:
        raise UserError("unknown hidden_act %r; it can be %s" % (name, ", ".join(_BY_NAME)))
    return _BY_NAME[name.lower()]
