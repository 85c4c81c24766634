"""The pieces that encoders and heads are made of, on raw variables.

Variables come from `tf.get_variable` under Google's names; no Keras and no tf.layers, so that one
source runs on TensorFlow 1.15 and 2.x.

Notation: R rows (batch times sequence), H width of the input, K width of the output.
"""
from typing import Optional, Tuple

from bert_nq.modeling.runtime import tf

# As in tf.contrib.layers.layer_norm, which BERT was trained with.
LAYER_NORM_EPSILON = 1e-12


class Dropout:
    """Dropout of one model: each call draws a mask of its own, from its own seed if there is one.

    Args:
      seed: an integer that makes the masks repeatable; None draws other ones in every run.
    """

    def __init__(self, seed: Optional[int] = None):
        self._seed = seed

    def __call__(self, x: tf.Tensor, rate: float) -> tf.Tensor:
        """Sets a share `rate` of `x` to zero and scales the rest by 1 / (1 - rate)."""
        if rate == 0:
            return x
        if self._seed is not None:
            self._seed += 1
        return tf.nn.dropout(x, rate=rate, seed=self._seed)


def initializer(stddev: float):
    """Truncated normal around zero, as all of BERT's weights start."""
    return tf.truncated_normal_initializer(stddev=stddev)


def dense_variables(name: str, n_in: int, n_out: int,
                    stddev: float) -> Tuple[tf.Variable, tf.Variable]:
    """The variables NAME/kernel [n_in, n_out] and NAME/bias [n_out] of the current scope."""
    with tf.variable_scope(name):
        kernel = tf.get_variable("kernel", [n_in, n_out], initializer=initializer(stddev))
        bias = tf.get_variable("bias", [n_out], initializer=tf.zeros_initializer())
    return kernel, bias


def linear(x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """x [R, H] times kernel [H, K] plus bias [K]: [R, K]."""
    # MatMul followed by BiasAdd is what TensorFlow's graph optimizer fuses into one kernel.
    return tf.nn.bias_add(tf.matmul(x, kernel), bias)


def dense(x: tf.Tensor, n_out: int, stddev: float, name: str = "dense") -> tf.Tensor:
    """A dense layer on x [R, H] with variables NAME/kernel and NAME/bias: [R, n_out]."""
    kernel, bias = dense_variables(name, x.shape.as_list()[-1], n_out, stddev)
    return linear(x, kernel, bias)


def layer_norm(x: tf.Tensor) -> tf.Tensor:
    """Normalises the rows of x [R, H]; variables LayerNorm/beta and LayerNorm/gamma [H]."""
    width = x.shape.as_list()[-1]
    with tf.variable_scope("LayerNorm"):
        beta = tf.get_variable("beta", [width], initializer=tf.zeros_initializer())
        gamma = tf.get_variable("gamma", [width], initializer=tf.ones_initializer())
    mean, variance = tf.nn.moments(x, axes=[-1], keep_dims=True)
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, LAYER_NORM_EPSILON)
