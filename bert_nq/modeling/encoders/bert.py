"""BERT's encoder (Devlin et al. 2018) with the variables of Google's checkpoints.

Notation: B batch, S sequence in wordpieces, H hidden size.
"""
from typing import Mapping

from bert_nq.modeling.encoders import Encoded, Pass, transformer
from bert_nq.modeling.encoders.bert_config import BertConfig
from bert_nq.modeling.encoders.bert_names import SCOPE
from bert_nq.modeling.runtime import tf


def encode(config: BertConfig, features: Mapping[str, tf.Tensor], pass_: Pass) -> Encoded:
    """Builds the encoder; its variables, float32 whatever the precision, appear under bert/.

    Args:
      config: sizes and rates.
      features: those of transformer.encode, and `segment_ids`, int [B, S], below
        config.type_vocab_size.
      pass_: what the pass is for.

    Returns:
      The last layer, the first wordpiece's vector after the pooler, and where it is asked for, the
      embeddings and every layer.

    Raises:
      UserError: as transformer.encode.
    """
    def segments():
        return transformer.segment_embeddings(config, features["segment_ids"],
                                              config.type_vocab_size)

    with tf.variable_scope(SCOPE):
        sequence, every = transformer.encode(config, features, pass_, segments)
        pooled = transformer.pooled(config, sequence)
        words = transformer.words(config)
    return Encoded(sequence, pooled, every, words)
