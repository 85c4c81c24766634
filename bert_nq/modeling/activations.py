"""The non-linearities that a config's `hidden_act` can name."""
import math
from typing import Callable, Tuple

from bert_nq.base.errors import UserError
from bert_nq.modeling.runtime import tf

# gelu_tanh(x) = x (1 + tanh(_A x + _B x^3)) / 2
_A = math.sqrt(2 / math.pi)
_B = _A * 0.044715


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


def _gelu_tanh_and_slope(x: tf.Tensor) -> Tuple[tf.Tensor, tf.Tensor]:
    """gelu_tanh and its derivative."""
    square = tf.square(x)
    # (1 + tanh(z)) / 2; its derivative is 2 share (1 - share) times that of z.
    share = 0.5 * tf.tanh(x * (_B * square + _A)) + 0.5
    y = x * share
    return y, share + (y - y * share) * ((6 * _B) * square + 2 * _A)


def _gelu_erf_and_slope(x: tf.Tensor) -> Tuple[tf.Tensor, tf.Tensor]:
    """gelu_erf and its derivative."""
    share = 0.5 * tf.erf(x * math.sqrt(0.5)) + 0.5
    density = tf.exp(-0.5 * tf.square(x)) * (1 / math.sqrt(2 * math.pi))
    return x * share, share + x * density


def _in_training(and_slope: Callable) -> Callable[[tf.Tensor], tf.Tensor]:
    """An activation that keeps its slope, one matrix, for the backward pass.

    TensorFlow would keep the results of four of the steps to a GELU, and pass over them many times.
    """
    @tf.custom_gradient
    def activated(x):
        # In float16 the square of x may be infinite.
        y, slope = and_slope(tf.cast(x, tf.float32) if x.dtype == tf.float16 else x)
        slope = tf.cast(slope, x.dtype)
        return tf.cast(y, x.dtype), lambda d_y: d_y * slope

    return activated


_BY_NAME = {
    "gelu": gelu_tanh,  # As bert-tensorflow: see the comment at hidden_act in bert_config.py.
    "gelu_tanh": gelu_tanh,
    "gelu_new": gelu_tanh,
    "gelu_erf": gelu_erf,
    "relu": tf.nn.relu,
    "tanh": tf.tanh,
    "linear": tf.identity,
}

_FOR_TRAINING = {gelu_tanh: _in_training(_gelu_tanh_and_slope),
                 gelu_erf: _in_training(_gelu_erf_and_slope)}


def activation(name: str, is_training: bool = False) -> Callable[[tf.Tensor], tf.Tensor]:
    """The function that a config's `hidden_act` names.

    Args:
      name: of any case.
      is_training: whether its gradient will be taken.

    Raises:
      UserError: there is none of that name.
    """
    if name.lower() not in _BY_NAME:
        raise UserError("unknown hidden_act %r; it can be %s" % (name, ", ".join(_BY_NAME)))
    function = _BY_NAME[name.lower()]
    return _FOR_TRAINING.get(function, function) if is_training else function
