"""DistilBERT (Sanh et al. 2019) as an Encoder: BERT's layers, without token types and pooler."""
from bert_nq.modeling.encoders import Encoded, Encoder, bert_memory, distilbert_names
from bert_nq.modeling.encoders.distilbert_config import DistilBertConfig


def _encode(config, features, pass_):
    from bert_nq.modeling.encoders import transformer
    from bert_nq.modeling.runtime import tf
    # Windows bring the kinds of segments for any encoder. Nothing is read of them, but they stay in
    # the graph: frozen or exported, models of all encoders are fed the same.
    with tf.control_dependencies([features["segment_ids"]]):
        ids = tf.identity(features["input_ids"])
    with tf.variable_scope(distilbert_names.SCOPE):
        sequence, every = transformer.encode(config, dict(features, input_ids=ids), pass_)
        words = transformer.words(config)
    return Encoded(sequence, None, every, words)


ENCODER = Encoder(
    config_type=DistilBertConfig,
    encode=_encode,
    variables=distilbert_names.variables,
    inputs=("input_ids", "input_mask", "segment_ids"),
    names=distilbert_names.NAMES,
    activations=bert_memory.activations,
    pools=False)
