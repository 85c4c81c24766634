"""How much memory a training step takes, told before it is built. Free of TensorFlow.

Notation: R rows, batch times sequence of one pass; S sequence; H hidden size; N heads;
I intermediate size; e bytes of an activation.
"""
from typing import NamedTuple

from bert_nq.modeling.encoders.bert_config import BertConfig

_ACTIVATION_BYTES = {"fp32": 4, "bf16": 2, "fp16": 2}
# Numbers that an optimizer keeps for each weight.
_SLOTS = {"adamw": 2, "lamb": 2}


class Memory(NamedTuple):
    """Bytes."""
    weights: int
    gradients: int
    slots: int  # of the optimizer
    activations: int  # kept for the backward pass, and what a layer works with beside them

    @property
    def total(self) -> int:
        """Of all of them."""
        return sum(self)


def estimate(config: BertConfig, rows_of_pass: int, seq_length: int, precision: str = "fp32",
             recompute: bool = False, num_passes: int = 1, optimizer: str = "adamw") -> Memory:
    """Memory of a step on one device, within a quarter; what TensorFlow itself takes comes on top.

    Args:
      config: of the encoder.
      rows_of_pass: sequences that go through the model at a time.
      seq_length: their length in wordpieces.
      precision: "fp32", "bf16" or "fp16".
      recompute: whether layers are computed again in the backward pass.
      num_passes: passes of a step; with several, their gradients are summed.
      optimizer: "adamw" or "lamb".

    Raises:
      KeyError: there is no such precision or optimizer.
    """
    weights = 4 * num_weights(config)
    rows = rows_of_pass * seq_length
    layer = _kept_of_layer(config, rows, seq_length, precision)
    inputs = rows * config.hidden_size * _ACTIVATION_BYTES[precision]
    if recompute:
        kept = config.num_hidden_layers * inputs + layer
    else:
        kept = config.num_hidden_layers * layer
    # Embeddings: sums, their unit vectors and the mask; then what the heads make of the last layer.
    kept += rows * config.hidden_size * 4 * 3
    return Memory(weights, weights * (2 if num_passes > 1 else 1), _SLOTS[optimizer] * weights,
                  kept + _working(config, rows, seq_length, precision))


def num_weights(config: BertConfig) -> int:
    """Weights of the encoder; those of the heads are a few thousand more."""
    width, inner = config.hidden_size, config.intermediate_size
    rows = config.vocab_size + config.max_position_embeddings + config.type_vocab_size
    # Kernels of queries, keys, values and output, each with a bias; two LayerNorms; two products.
    layer = 4 * (width * width + width) + 4 * width + 2 * width * inner + inner + width
    pooler = width * width + width
    return rows * width + 2 * width + config.num_hidden_layers * layer + pooler


def _kept_of_layer(config, rows, seq_length, precision):
    """What a layer keeps for its gradient: see modeling.bert._Layer."""
    e = _ACTIVATION_BYTES[precision]
    mask = 2 if precision == "bf16" else 1  # of dropout; a number in bfloat16
    # Input, query, key, value, the context in two orders, what goes into the inner product; unit
    # vectors of two LayerNorms in float32; two masks.
    hidden = rows * config.hidden_size * (7 * e + 2 * 4 + 2 * mask)
    inner = rows * config.intermediate_size * 2 * e  # GELU's value and slope
    # Probabilities, and those that dropout spared.
    attention = rows * seq_length * config.num_attention_heads * e * (
        2 if config.attention_probs_dropout_prob else 1)
    return hidden + inner + attention


def _working(config, rows, seq_length, precision):
    """What the costliest moment of a layer's backward pass has beside what is kept."""
    e = _ACTIVATION_BYTES[precision]
    # Attention: gradients of the probabilities and of the scores, the two terms of the latter, and
    # about one more that the allocator cannot use. The rest of the layer has as many for GELU.
    return 5 * e * rows * max(seq_length * config.num_attention_heads, config.intermediate_size)
