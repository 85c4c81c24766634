"""Memory of a training pass through XLNet beside the weights. Free of TensorFlow.

Notation: R rows, batch times sequence; S sequence; N heads; e bytes of an activation.
"""
from bert_nq.modeling.encoders import bert_memory
from bert_nq.modeling.encoders.transformer_config import TransformerConfig
from bert_nq.modeling.encoders.xlnet_config import XLNetConfig


def activations(config: XLNetConfig, num_sequences: int, seq_length: int, precision: str,
                recompute: bool) -> int:
    """Bytes that are kept for the backward pass, and that a layer works with beside them.

    Those of a BERT of the same sizes, with the matrices that distances need: the scores of 2S
    distances, twice as many as those of positions, are there before and after they are moved, and
    so are their gradients. The arguments are those of bert_memory.activations.
    """
    width = config.n_head * config.d_head
    like = TransformerConfig(
        vocab_size=config.n_token, hidden_size=max(width, config.d_model),
        num_hidden_layers=config.n_layer, num_attention_heads=config.n_head,
        intermediate_size=config.d_inner,
        attention_probs_dropout_prob=config.attention_probs_dropout_prob)
    rows = num_sequences * seq_length
    e = {"fp32": 4, "bf16": 2, "fp16": 2}[precision]
    return (bert_memory.activations(like, num_sequences, seq_length, precision, recompute)
            + 4 * e * rows * seq_length * config.n_head)
