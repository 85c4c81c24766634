"""XLNet (Yang et al. 2019) as an Encoder, for fine-tuning. Its graph alone needs TensorFlow."""
from bert_nq.modeling import packings
from bert_nq.modeling.encoders import Encoder, PieceLayers, xlnet_memory, xlnet_names
from bert_nq.modeling.encoders.xlnet_config import XLNetConfig


def _encode(config, features, pass_):
    from bert_nq.modeling.encoders import xlnet_graph
    return xlnet_graph.encode(config, features, pass_)


ENCODER = Encoder(
    config_type=XLNetConfig,
    encode=_encode,
    variables=xlnet_names.variables,
    inputs=("input_ids", "input_mask", "segment_ids"),
    names=xlnet_names.NAMES,
    activations=xlnet_memory.activations,
    pools=False,
    packing=packings.XLNET,
    piece_layers=PieceLayers("model/lm_loss/bias", None))
