"""BERT (Devlin et al. 2018) as an Encoder. Its graph, in bert.py, alone needs TensorFlow."""
from bert_nq.modeling.encoders import Encoder, bert_memory, bert_names
from bert_nq.modeling.encoders.bert_config import BertConfig


def _encode(config, features, pass_):
    from bert_nq.modeling.encoders import bert
    return bert.encode(config, features, pass_)


ENCODER = Encoder(
    config_type=BertConfig,
    encode=_encode,
    variables=bert_names.variables,
    inputs=("input_ids", "input_mask", "segment_ids"),
    names=bert_names.NAMES,
    activations=bert_memory.activations)
