"""The types that layers of an encoder compute in; weights and outputs are always float32."""
from bert_nq.base.errors import UserError
from bert_nq.modeling import runtime
from bert_nq.modeling.runtime import tf

PRECISIONS = ("fp32", "bf16", "fp16")

_DTYPES = {"fp32": tf.float32, "bf16": tf.bfloat16, "fp16": tf.float16}


def dtype(precision: str, on_tpu: bool) -> tf.DType:
    """The type of activations and of matrix products.

    Raises:
      UserError: there is no precision of that name, or no kernels for it.
    """
    if precision not in _DTYPES:
        raise UserError("unknown precision %r; it can be %s" % (precision, ", ".join(PRECISIONS)))
    if precision == "bf16" and not (runtime.MULTIPLIES_BFLOAT16 or on_tpu):
        raise UserError("--precision=bf16 needs tensorflow 2 or a TPU; this is tensorflow %s"
                        % tf.__version__)
    return _DTYPES[precision]
