"""BERT's variables in Google's checkpoints and in Hugging Face's files. Free of TensorFlow.

Google: bert/encoder/layer_0/output/dense/kernel [in, out]. Hugging Face:
bert.encoder.layer.0.output.dense.weight [out, in], with or without "bert." in front.
"""
import re
from typing import Any, Dict, List, Tuple

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import parse_finite
from bert_nq.modeling.encoders import Names
from bert_nq.modeling.encoders.bert_config import BertConfig

SCOPE = "bert"

# Google's name of a head's variable, and Hugging Face's. None of these is transposed.
_HEADS = {
    "cls/predictions/output_bias": "cls.predictions.bias",
    "cls/predictions/transform/dense/bias": "cls.predictions.transform.dense.bias",
    "cls/predictions/transform/LayerNorm/gamma": "cls.predictions.transform.LayerNorm.weight",
    "cls/predictions/transform/LayerNorm/beta": "cls.predictions.transform.LayerNorm.bias",
    "cls/seq_relationship/output_weights": "cls.seq_relationship.weight",
    "cls/seq_relationship/output_bias": "cls.seq_relationship.bias",
}
# And these are.
_TRANSPOSED_HEADS = {
    "cls/predictions/transform/dense/kernel": "cls.predictions.transform.dense.weight",
}

_TO_HUGGINGFACE_ACT = {"gelu": "gelu_new", "gelu_tanh": "gelu_new", "gelu_erf": "gelu"}
# Where the meaning allows it, the name is one that bert-tensorflow knows.
_TO_GOOGLE_ACT = {"gelu": "gelu_erf", "gelu_python": "gelu_erf", "gelu_new": "gelu",
                  "gelu_fast": "gelu", "gelu_pytorch_tanh": "gelu"}


def variables(config: BertConfig) -> Dict[str, Tuple[int, ...]]:
    """{name: shape} of the encoder's variables, as `bert.encode` makes them."""
    width, inner = config.hidden_size, config.intermediate_size
    shapes = {
        "bert/embeddings/word_embeddings": (config.vocab_size, width),
        "bert/embeddings/token_type_embeddings": (config.type_vocab_size, width),
        "bert/embeddings/position_embeddings": (config.max_position_embeddings, width),
    }

    def dense(name, n_in, n_out):
        shapes.update({name + "/kernel": (n_in, n_out), name + "/bias": (n_out,)})

    def layer_norm(name):
        shapes.update({name + "/LayerNorm/gamma": (width,), name + "/LayerNorm/beta": (width,)})

    layer_norm("bert/embeddings")
    for i in range(config.num_hidden_layers):
        layer = "bert/encoder/layer_%d/" % i
        for part in ("self/query", "self/key", "self/value", "output/dense"):
            dense(layer + "attention/" + part, width, width)
        if config.has_distances:
            shapes[layer + "attention/self/distance_embedding"] = config.distance_shape
        layer_norm(layer + "attention/output")
        dense(layer + "intermediate/dense", width, inner)
        dense(layer + "output/dense", inner, width)
        layer_norm(layer + "output")
    dense("bert/pooler/dense", width, width)
    return shapes


def huggingface_name(name: str) -> str:
    """Hugging Face's name of one of the encoder's variables, without "bert." in front."""
    name = re.sub(r"/layer_(\d+)/", r"/layer/\1/", name[len("bert/"):])
    name = re.sub(r"/(kernel|gamma)$", "/weight", name)
    name = re.sub(r"/beta$", "/bias", name)
    if name.endswith(("_embeddings", "/distance_embedding")):
        name += "/weight"
    return name.replace("/", ".")


def google_act(name: Any) -> Any:
    """Google's name of an activation that Hugging Face calls so; others stay, to be refused."""
    return _TO_GOOGLE_ACT.get(name, name) if isinstance(name, str) else name


def huggingface_act(name: str) -> str:
    """Hugging Face's name of an activation of ours."""
    return _TO_HUGGINGFACE_ACT.get(name, name)


def config_from_huggingface(values: Dict[str, Any], where: str) -> Tuple[BertConfig, List[str]]:
    """The config that a config.json of BERT means, and notes on what it cannot express.

    Raises:
      UserError: it is of no encoder, or has a value that ours cannot have.
    """
    if values.get("is_decoder"):
        raise UserError("%s: is_decoder is true; a decoder, whose positions see only those before "
                        "them, cannot be converted" % where)
    # Hugging Face leaves out of the file what equals its defaults: Google's, but for two segments.
    settings = dict({"vocab_size": 30522, "type_vocab_size": 2}, **values)
    settings["hidden_act"] = google_act(settings.get("hidden_act", "gelu"))
    notes = []
    epsilon = parse_finite(values.get("layer_norm_eps", 1e-12), where + ": layer_norm_eps")
    if epsilon != 1e-12:
        notes.append("layer_norm_eps is %g there and 1e-12 here: outputs differ a little" % epsilon)
    return BertConfig.from_dict(settings, where), notes


def config_to_huggingface(config: BertConfig) -> Dict[str, Any]:
    """The contents of a config.json."""
    values = config.to_dict()
    values["hidden_act"] = huggingface_act(config.hidden_act)
    return dict(values, architectures=["BertModel"], model_type="bert", layer_norm_eps=1e-12,
                pad_token_id=0, position_embedding_type=config.position_embedding_type)


NAMES = Names(
    scope=SCOPE,
    optional="bert/pooler/",
    sizes={
        "vocab_size": ("bert/embeddings/word_embeddings", 0),
        "hidden_size": ("bert/embeddings/word_embeddings", 1),
        "intermediate_size": ("bert/encoder/layer_0/intermediate/dense/kernel", 1),
        "max_position_embeddings": ("bert/embeddings/position_embeddings", 0),
        "type_vocab_size": ("bert/embeddings/token_type_embeddings", 0)},
    layer=r"bert/encoder/layer_(\d+)/",
    num_layers_field="num_hidden_layers",
    title="BERT",
    huggingface=huggingface_name,
    prefix="bert.",
    tensors=r"(embeddings|encoder|pooler)\.",
    redundant=r"(^|\.)(position_ids|token_type_ids|cls\.predictions\.decoder\..*)$",
    heads=_HEADS,
    transposed_heads=_TRANSPOSED_HEADS,
    config_from_huggingface=config_from_huggingface,
    config_to_huggingface=config_to_huggingface)
