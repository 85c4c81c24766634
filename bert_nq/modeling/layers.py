"""Layers that encoders and heads are made of, on raw variables.

Variables come from `tf.get_variable` under Google's names; no Keras and no tf.layers, so that one
source runs on TensorFlow 1.15 and 2.x.

Notation: R rows (batch times sequence), H width of the input, K width of the output.
"""
import zlib
from typing import Callable, Tuple

from bert_nq.modeling import runtime
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.runtime import tf

# As in tf.contrib.layers.layer_norm, which BERT was trained with.
LAYER_NORM_EPSILON = 1e-12


def sizes(x: tf.Tensor) -> list:
    """The shape of x: integers where the graph knows them, else scalar tensors."""
    dynamic = tf.shape(x)
    return [dynamic[i] if n is None else n for i, n in enumerate(x.shape.as_list())]


def initializer(stddev: float, name: str):
    """Truncated normal around zero, as all of BERT's weights start.

    Args:
      stddev: before the tails beyond two of it are cut off.
      name: of the variable, in the current scope. The values depend on it and on the graph's seed
        alone, not on what else is in the graph: several devices start as one does.
    """
    full_name = "%s/%s" % (tf.get_variable_scope().name, name)
    return tf.truncated_normal_initializer(
        stddev=stddev, seed=zlib.crc32(full_name.encode("utf8")) & 0x7fffffff)


def dense_variables(name: str, n_in: int, n_out: int,
                    stddev: float) -> Tuple[tf.Variable, tf.Variable]:
    """The variables NAME/kernel [n_in, n_out] and NAME/bias [n_out] of the current scope."""
    with tf.variable_scope(name):
        kernel = tf.get_variable("kernel", [n_in, n_out], initializer=initializer(stddev, "kernel"))
        bias = tf.get_variable("bias", [n_out], initializer=tf.zeros_initializer())
    return kernel, bias


def linear(x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """x [R, H] times kernel [H, K] plus bias [K], in the type of x: [R, K]."""
    # MatMul followed by BiasAdd is what TensorFlow's graph optimizer fuses into one kernel.
    return tf.nn.bias_add(tf.matmul(x, tf.cast(kernel, x.dtype)), tf.cast(bias, x.dtype))


def dense(x: tf.Tensor, n_out: int, stddev: float, name: str = "dense") -> tf.Tensor:
    """A dense layer on x [R, H] with variables NAME/kernel and NAME/bias: [R, n_out]."""
    return linear(x, *dense_variables(name, x.shape.as_list()[-1], n_out, stddev))


def layer_norm_variables(width: int,
                         name: str = "LayerNorm") -> Tuple[tf.Variable, tf.Variable]:
    """The variables NAME/gamma and NAME/beta [width] of the current scope."""
    with tf.variable_scope(name):
        beta = tf.get_variable("beta", [width], initializer=tf.zeros_initializer())
        gamma = tf.get_variable("gamma", [width], initializer=tf.ones_initializer())
    return gamma, beta


def layer_norm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) -> tf.Tensor:
    """Normalises the rows of x [R, H], in float32; then times gamma [H], plus beta [H].

    Returns:
      [R, H] in the type of x.
    """
    dtype = x.dtype

    @tf.custom_gradient
    def normalised(x, gamma, beta):
        x = tf.cast(x, tf.float32)
        centred = x - tf.reduce_mean(x, axis=-1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True)
        scale = tf.rsqrt(variance + LAYER_NORM_EPSILON)  # [R, 1]
        unit = centred * scale

        def gradient(d_y):
            # A row of `unit`, whose mean is 0 and variance 1, has two dimensions fewer than x: the
            # part of d_y along these, [1, ..., 1] and the row itself, is taken off.
            d_y = tf.cast(d_y, tf.float32)
            d_gamma, d_beta = tf.reduce_sum(d_y * unit, axis=0), tf.reduce_sum(d_y, axis=0)
            d_unit = d_y * gamma
            along = tf.reduce_mean(d_unit * unit, axis=-1, keepdims=True)
            d_unit -= tf.reduce_mean(d_unit, axis=-1, keepdims=True)
            return tf.cast((d_unit - unit * along) * scale, dtype), d_gamma, d_beta

        return tf.cast(tf.nn.bias_add(unit * gamma, beta), dtype), gradient

    return normalised(x, gamma, beta)


def for_cpu(pass_: Pass) -> bool:
    """Whether a pass predicts in a session on a CPU, for which steps have forms of their own."""
    return not (pass_.is_training or pass_.use_tpu or pass_.is_portable) and runtime.on_cpu()


def normaliser(pass_: Pass) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]:
    """The function that normalises layers: `layer_norm`, or a faster one of the same interface."""
    if pass_.is_portable:
        return portable_layer_norm
    return layer_norm_on_cpu if for_cpu(pass_) else layer_norm


def portable_layer_norm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) -> tf.Tensor:
    """`layer_norm` as exporters of other libraries write it, which runtimes find and fuse.

    They look for a division by a root, and for the axis in a list.
    """
    centred = x - tf.reduce_mean(x, axis=[-1], keepdims=True)
    variance = tf.reduce_mean(tf.square(centred), axis=[-1], keepdims=True)
    return centred / tf.sqrt(variance + LAYER_NORM_EPSILON) * gamma + beta


def layer_norm_on_cpu(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) -> tf.Tensor:
    """`layer_norm` by kernels that are fast on CPUs; with x in bfloat16, gamma and beta are too."""
    if x.dtype.base_dtype.name not in runtime.FUSED_LAYER_NORM_TYPES:
        return layer_norm(x, gamma, beta)
    # The steps that Keras normalises layers by: TensorFlow's graph optimizer knows them.
    rows, width = sizes(x)
    unit = tf.raw_ops.FusedBatchNormV3(
        x=tf.reshape(x, tf.stack([1, rows, width, 1])),
        scale=tf.fill(tf.stack([rows]), 1.0), offset=tf.fill(tf.stack([rows]), 0.0),
        mean=tf.constant([], tf.float32), variance=tf.constant([], tf.float32),
        epsilon=LAYER_NORM_EPSILON, data_format="NCHW", is_training=True).y
    unit = tf.reshape(unit, tf.stack([rows, width]))
    return unit * tf.cast(gamma, x.dtype) + tf.cast(beta, x.dtype)
