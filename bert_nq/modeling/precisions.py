"""What the layers of an encoder compute in; weights and outputs are float32 in any case."""
from bert_nq.errors import UserError
from bert_nq.modeling.runtime import tf

PRECISIONS = ("fp32", "bf16", "fp16")

_DTYPES = {"fp32": tf.float32, "bf16": tf.bfloat16, "fp16": tf.float16}


def dtype(precision: str) -> tf.DType:
    """The type of activations and of matrix products.

    Raises:
      UserError: there is no precision of that name.
    """
    if precision not in _DTYPES:
        raise UserError("unknown precision %r; it can be %s" % (precision, ", ".join(PRECISIONS)))
    return _DTYPES[precision]
