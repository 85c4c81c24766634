"""The memory that a training step takes, told before it is built. Free of TensorFlow."""
from typing import Any, NamedTuple

from bert_nq.modeling import encoders

_MOMENTS = 2  # numbers that any optimizer keeps for each weight


class Memory(NamedTuple):
    """Bytes of a training step, by what they are for."""
    weights: int
    gradients: int
    slots: int  # of the optimizer
    activations: int  # kept for the backward pass, and what a layer works with beside them

    @property
    def total(self) -> int:
        """All of them together."""
        return sum(self)


def estimate(config: Any, rows_of_pass: int, seq_length: int, precision: str = "fp32",
             recompute: bool = False, num_passes: int = 1) -> Memory:
    """Memory of a step on one device, within a quarter; what TensorFlow itself takes comes on top.

    Args:
      config: of the encoder.
      rows_of_pass: sequences that go through the model at a time.
      seq_length: their length in wordpieces.
      precision: "fp32", "bf16" or "fp16".
      recompute: whether layers are computed again in the backward pass.
      num_passes: passes of a step; with several, their gradients are summed.

    Raises:
      KeyError: there is no such precision.
    """
    weights = 4 * encoders.num_weights(config)
    return Memory(weights, weights * (2 if num_passes > 1 else 1), _MOMENTS * weights,
                  encoders.of(config).activations(config, rows_of_pass, seq_length, precision,
                                                  recompute))
