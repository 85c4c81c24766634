"""ALBERT (Lan et al. 2020) as an Encoder: BERT's layers, which share weights by groups.

Embeddings are narrower than layers (sections 3.1 and 4.5 of the paper), and one group's weights
serve several layers, so that weights do not grow with depth; time and activations do.
"""
from bert_nq.modeling.encoders import Encoded, Encoder, albert_names, bert_memory
from bert_nq.modeling.encoders.albert_config import AlbertConfig


def _encode(config, features, pass_):
    from bert_nq.modeling.encoders import transformer
    from bert_nq.modeling.runtime import tf

    def segments():
        return transformer.segment_embeddings(config, features["segment_ids"],
                                              config.type_vocab_size)

    groups = {}

    def weights_of(config, layer):
        # Made once, so that gradients of all layers of a group add up before those of the fused
        # product are taken apart.
        number = config.group_of(layer)
        if number not in groups:
            with tf.variable_scope(albert_names.GROUP % number):
                groups[number] = transformer.layer_weights(
                    config, transformer.LayerNames(**albert_names.LAYER))
        return groups[number]

    with tf.variable_scope(albert_names.SCOPE):
        sequence, every = transformer.encode(config, features, pass_, segments, weights_of)
        pooled = transformer.pooled(config, sequence)
        words = transformer.words(config)
    return Encoded(sequence, pooled, every, words)


ENCODER = Encoder(
    config_type=AlbertConfig,
    encode=_encode,
    variables=albert_names.variables,
    inputs=("input_ids", "input_mask", "segment_ids"),
    names=albert_names.NAMES,
    activations=bert_memory.activations)
