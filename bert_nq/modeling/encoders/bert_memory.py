"""Memory of a training pass through BERT or its kin beside the weights. Free of TensorFlow.

Notation: R rows, batch times sequence; S sequence; H hidden size; N heads; I intermediate size;
e bytes of an activation.
"""
from bert_nq.modeling.encoders.transformer_config import TransformerConfig

_ACTIVATION_BYTES = {"fp32": 4, "bf16": 2, "fp16": 2}


def activations(config: TransformerConfig, num_sequences: int, seq_length: int, precision: str,
                recompute: bool) -> int:
    """Bytes that are kept for the backward pass, and that a layer works with beside them.

    Args:
      config: of the encoder.
      num_sequences: that go through the model at a time.
      seq_length: their length in wordpieces.
      precision: "fp32", "bf16" or "fp16".
      recompute: whether layers are computed again in the backward pass.

    Raises:
      KeyError: there is no such precision.
    """
    rows = num_sequences * seq_length
    layer = _kept_of_layer(config, rows, seq_length, precision)
    inputs = rows * config.hidden_size * _ACTIVATION_BYTES[precision]
    if recompute:
        kept = config.num_hidden_layers * inputs + layer
    else:
        kept = config.num_hidden_layers * layer
    # Embeddings: sums, their unit vectors and the mask; then what the heads make of the last layer.
    kept += rows * config.hidden_size * 4 * 3
    return kept + _working(config, rows, seq_length, precision)


def _kept_of_layer(config, rows, seq_length, precision):
    """Bytes that a layer keeps for its gradient: see transformer._Layer."""
    e = _ACTIVATION_BYTES[precision]
    mask = 2 if precision == "bf16" else 1  # of dropout; a number in bfloat16
    # Input, query, key, value, the context in two orders, what goes into the inner product; unit
    # vectors of two LayerNorms in float32; two masks.
    hidden = rows * config.hidden_size * (7 * e + 2 * 4 + 2 * mask)
    inner = rows * config.intermediate_size * 2 * e  # GELU's value and slope
    # Probabilities, and the same with dropout's mask applied.
    attention = rows * seq_length * config.num_attention_heads * e * (
        2 if config.attention_probs_dropout_prob else 1)
    return hidden + inner + attention


def _working(config, rows, seq_length, precision):
    """Bytes that the costliest moment of a layer's backward pass has beside what is kept."""
    e = _ACTIVATION_BYTES[precision]
    # Attention: gradients of the probabilities and of the scores, the two terms of the latter, and
    # about one more that the allocator cannot use. The rest of the layer has as many for GELU.
    attention = seq_length * config.num_attention_heads
    # Scores by distance have a gradient beside, before and after its rows are moved, which are
    # twice as long.
    matrices = 5 + 4 * config.has_distances
    return e * rows * max(matrices * attention, 5 * config.intermediate_size)
