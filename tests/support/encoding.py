"""BERT's encoder on a batch given as arrays or tensors."""
from bert_nq.modeling.encoders import Pass, bert

INPUTS = ("input_ids", "input_mask", "segment_ids")


def encode(config, inputs, **options):
    """Builds the encoder on ids, mask and segments; returns sequence and pooled output.

    Args:
      config: a BertConfig.
      inputs: three tensors.
      **options: fields of Pass.
    """
    encoded = bert.encode(config, dict(zip(INPUTS, inputs)), Pass(**options))
    return encoded.sequence, encoded.pooled
