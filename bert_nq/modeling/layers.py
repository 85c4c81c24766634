"""The pieces that encoders and heads are made of, on raw variables.

Variables come from `tf.get_variable` under Google's names; no Keras and no tf.layers, so that one
source runs on TensorFlow 1.15 and 2.x.

Notation: R rows (batch times sequence), H width of the input, K width of the output.
"""
import functools
import operator
from typing import Sequence, Tuple, Union

from bert_nq.modeling.runtime import tf

# As in tf.contrib.layers.layer_norm, which BERT was trained with.
LAYER_NORM_EPSILON = 1e-12


class Dropout:
    """Dropout of one model: each call draws a mask of its own.

    On a CPU, drawing a float32 for every element takes a fifth of a training step. A byte is
    enough: an element is dropped if its byte is below a threshold, one of the two multiples of
    1/256 around the rate, which is drawn for each mask such that the chance is exactly the rate.

    Args:
      seed: what makes the masks repeatable. An integer: every session draws the same sequence of
        masks. An integer tensor, such as one made of the global step: the masks follow from its
        value alone, also after a restart. None: every run draws others.
      bytewise: False draws floats, for TPUs, whose compiler cannot see a number as eight bytes.
    """

    def __init__(self, seed: Union[None, int, tf.Tensor] = None, bytewise: bool = True):
        self._seed = seed
        self._bytewise = bytewise
        self._calls = 0

    def __call__(self, x: tf.Tensor, rate: float) -> tf.Tensor:
        """Sets a share `rate` of `x` to zero and scales the rest by 1 / (1 - rate)."""
        if rate == 0:
            return x
        return tf.where(self.keep(sizes(x), rate), x * (1 / (1 - rate)), tf.zeros_like(x))

    def keep(self, shape: Sequence, rate: float) -> tf.Tensor:
        """A mask that is true but for a share `rate`.

        Args:
          shape: its sizes, integers or scalar tensors.
          rate: from 0 to below 1.
        """
        if not self._bytewise:
            return self._random(shape, dtype=tf.float32) >= rate
        size = functools.reduce(operator.mul, shape)
        numbers = self._random([(size + 7) // 8], dtype=tf.int64, minval=tf.int64.min,
                               maxval=tf.int64.max)
        random_bytes = tf.reshape(tf.bitcast(numbers, tf.uint8), [-1])
        if not isinstance(size, int) or size % 8:
            random_bytes = random_bytes[:size]
        threshold = tf.floor(256 * rate + self._random([], dtype=tf.float32))
        threshold = tf.cast(tf.minimum(threshold, 255), tf.uint8)
        return tf.reshape(random_bytes >= threshold, shape)

    def _random(self, shape, **kind) -> tf.Tensor:
        """Uniform random numbers, by this call's own seed if there is one."""
        self._calls += 1
        if isinstance(self._seed, tf.Tensor):
            seed = tf.stack([tf.cast(self._seed, tf.int64), self._calls])
            return tf.random.stateless_uniform(shape, seed=seed, **kind)
        # Far from the next seed's, of which there are 2^20.
        seed = None if self._seed is None else (self._seed * 2048 + self._calls) % 2 ** 31
        return tf.random.uniform(shape, seed=seed, **kind)


def sizes(x: tf.Tensor) -> list:
    """The shape of x: integers where the graph knows them, else scalar tensors."""
    dynamic = tf.shape(x)
    return [dynamic[i] if n is None else n for i, n in enumerate(x.shape.as_list())]


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
    centred = x - tf.reduce_mean(x, axis=-1, keepdims=True)
    variance = tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True)
    scaled = centred * (tf.rsqrt(variance + LAYER_NORM_EPSILON) * gamma)
    return tf.nn.bias_add(scaled, beta)
