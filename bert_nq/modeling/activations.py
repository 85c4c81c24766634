"""The non-linearities that `hidden_act` of a BertConfig can name."""
import math
from typing import Callable

from bert_nq.errors import UserError
from bert_nq.modeling.runtime import tf


def gelu_tanh(x: tf.Tensor) -> tf.Tensor:
    """Gaussian error linear unit, tanh approximation (Hendrycks and Gimpel 2016, section 2)."""
    # In just these operations, TensorFlow 2 fuses it with the product before it.
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * tf.pow(x, 3.0))
    return 0.5 * x * (1.0 + tf.tanh(inner))


def gelu_erf(x: tf.Tensor) -> tf.Tensor:
    """Gaussian error linear unit, x times the normal distribution function at x."""
    return 0.5 * x * (1.0 + tf.erf(x / math.sqrt(2)))


def _sigmoid_gelu(x: tf.Tensor) -> tf.Tensor:
    """`gelu_tanh` for training, in fewer passes over memory there and back.

    (1 + tanh(u)) / 2 is sigmoid(2u), so that it is x s with s = sigmoid(x (a + b x^2)), and its
    derivative s + x s (1 - s) (a + 3 b x^2).
    """
    a = 2 * math.sqrt(2 / math.pi)
    b = a * 0.044715

    @tf.custom_gradient
    def gelu(x):
        square = x * x
        s = tf.sigmoid(x * (b * square + a))
        y = x * s

        def gradient(dy):
            return dy * (s + (y - y * s) * (3 * b * square + a))

        return y, gradient

    return gelu(x)


_BY_NAME = {
    "gelu": gelu_tanh,  # As bert-tensorflow: see BertConfig.hidden_act.
    "gelu_tanh": gelu_tanh,
    "gelu_new": gelu_tanh,
    "gelu_erf": gelu_erf,
    "relu": tf.nn.relu,
    "tanh": tf.tanh,
    "linear": tf.identity,
}
_IN_TRAINING = {gelu_tanh: _sigmoid_gelu}


def activation(name: str, is_training: bool) -> Callable[[tf.Tensor], tf.Tensor]:
    """The function that a config's `hidden_act` names.

    Args:
      name: one of config.ACTIVATIONS.
      is_training: whether gradients will be taken; the values are the same within rounding.

    Raises:
      UserError: there is none of that name.
    """
    if name.lower() not in _BY_NAME:
        raise UserError("unknown hidden_act %r; it can be %s" % (name, ", ".join(_BY_NAME)))
    function = _BY_NAME[name.lower()]
    return _IN_TRAINING.get(function, function) if is_training else function
