"""ALBERT's variables in Google's checkpoints and in Hugging Face's files. Free of TensorFlow.

Google: bert/encoder/transformer/group_0/inner_group_0/ffn_1/intermediate/dense/kernel [in, out].
Hugging Face: albert.encoder.albert_layer_groups.0.albert_layers.0.ffn.weight [out, in], with or
without "albert." in front.
"""
import re
from typing import Any, Dict, List, Tuple

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import parse_finite
from bert_nq.modeling.encoders import Names, bert_names
from bert_nq.modeling.encoders.albert_config import AlbertConfig

SCOPE = "bert"  # Google's too: ALBERT began as BERT's code.

# The scope of a group's variables, within "encoder".
GROUP = "transformer/group_%d/inner_group_0"
# Google's scopes of a layer's variables in it, by the fields of transformer.LayerNames.
LAYER = {
    "attention": "attention_1/self",
    "attended": "attention_1/output/dense",
    "attended_norm": "LayerNorm",
    "inner": "ffn_1/intermediate/dense",
    "outer": "ffn_1/intermediate/output/dense",
    "outer_norm": "LayerNorm_1",
}
_MAPPING = "encoder/embedding_hidden_mapping_in"

# Parts of a layer: Google's to Hugging Face's.
_PARTS = {
    "attention_1/self/query": "attention.query",
    "attention_1/self/key": "attention.key",
    "attention_1/self/value": "attention.value",
    "attention_1/output/dense": "attention.dense",
    "LayerNorm": "attention.LayerNorm",
    "ffn_1/intermediate/dense": "ffn",
    "ffn_1/intermediate/output/dense": "ffn_output",
    "LayerNorm_1": "full_layer_layer_norm",
}
_KINDS = {"kernel": "weight", "gamma": "weight", "bias": "bias", "beta": "bias"}


def variables(config: AlbertConfig) -> Dict[str, Tuple[int, ...]]:
    """{name: shape} of the encoder's variables, as its `encode` makes them."""
    width, narrow = config.hidden_size, config.embedding_size
    shapes: Dict[str, Tuple[int, ...]] = {
        SCOPE + "/embeddings/word_embeddings": (config.vocab_size, narrow),
        SCOPE + "/embeddings/token_type_embeddings": (config.type_vocab_size, narrow),
        SCOPE + "/embeddings/position_embeddings": (config.max_position_embeddings, narrow),
    }

    def add(name, kernel, **vectors):
        if kernel:
            shapes["%s/%s/kernel" % (SCOPE, name)] = kernel
        shapes.update({"%s/%s/%s" % (SCOPE, name, kind): (size,) for kind, size in vectors.items()})

    add("embeddings/LayerNorm", None, gamma=narrow, beta=narrow)
    if narrow != width:
        add(_MAPPING, (narrow, width), bias=width)
    sizes = {LAYER["inner"]: (width, config.intermediate_size),
             LAYER["outer"]: (config.intermediate_size, width)}
    for group in range(config.num_hidden_groups):
        for part in _PARTS:
            name = "encoder/%s/%s" % (GROUP % group, part)
            if part in (LAYER["attended_norm"], LAYER["outer_norm"]):
                add(name, None, gamma=width, beta=width)
            else:
                kernel = sizes.get(part, (width, width))
                add(name, kernel, bias=kernel[1])
    add("pooler/dense", (width, width), bias=width)
    return shapes


def huggingface_name(name: str) -> str:
    """Hugging Face's name of one of the variables, without "albert." in front."""
    found = re.match(SCOPE + r"/encoder/transformer/group_(\d+)/inner_group_0/(.*)/(\w+)$", name)
    if found:
        group, part, kind = found.groups()
        return "encoder.albert_layer_groups.%s.albert_layers.0.%s.%s" % (
            group, _PARTS[part], _KINDS[kind])
    # The pooler is no layer within another there; the rest is called as BERT's is.
    return bert_names.huggingface_name(name.replace("/pooler/dense/", "/pooler/"))


def config_from_huggingface(values: Dict[str, Any],
                            where: str) -> Tuple[AlbertConfig, List[str]]:
    """The config that a config.json of ALBERT means, and notes on what it cannot express.

    Raises:
      UserError: it has a value that ours cannot have.
    """
    # Hugging Face leaves out of the file what equals its defaults: Google's, and these.
    settings = dict({"vocab_size": 30000, "hidden_act": "gelu_new"}, **values)
    settings["hidden_act"] = bert_names.google_act(settings["hidden_act"])
    notes = []
    epsilon = parse_finite(values.get("layer_norm_eps", 1e-12), where + ": layer_norm_eps")
    if epsilon != 1e-12:
        notes.append("layer_norm_eps is %g there and 1e-12 here: outputs differ a little" % epsilon)
    config = AlbertConfig.from_dict(settings, where)
    _check_mapping(config, where)
    return config, notes


def config_to_huggingface(config: AlbertConfig) -> Dict[str, Any]:
    """The contents of a config.json.

    Raises:
      UserError: there is none that means the same.
    """
    _check_mapping(config, "the config")
    values = dict(config.to_dict(), hidden_act=bert_names.huggingface_act(config.hidden_act))
    return dict(values, architectures=["AlbertModel"], layer_norm_eps=1e-12, pad_token_id=0,
                bos_token_id=2, eos_token_id=3, position_embedding_type="absolute",
                classifier_dropout_prob=0.1)


def _check_mapping(config, where):
    if config.embedding_size == config.hidden_size:
        raise UserError("%s: embedding_size and hidden_size are both %d; Hugging Face's models "
                        "have a dense layer between the two then, and Google's have none: such a "
                        "model cannot be converted" % (where, config.hidden_size))


_FIRST = "%s/encoder/%s/" % (SCOPE, GROUP % 0)

NAMES = Names(
    scope=SCOPE,
    optional=SCOPE + "/pooler/",
    sizes={
        "vocab_size": (SCOPE + "/embeddings/word_embeddings", 0),
        "embedding_size": (SCOPE + "/embeddings/word_embeddings", 1),
        "hidden_size": (_FIRST + LAYER["inner"] + "/kernel", 0),
        "intermediate_size": (_FIRST + LAYER["inner"] + "/kernel", 1),
        "max_position_embeddings": (SCOPE + "/embeddings/position_embeddings", 0),
        "type_vocab_size": (SCOPE + "/embeddings/token_type_embeddings", 0)},
    layer=SCOPE + r"/encoder/transformer/group_(\d+)/",
    num_layers_field="num_hidden_groups",
    shared_by_field="num_hidden_layers",
    title="ALBERT",
    huggingface=huggingface_name,
    prefix="albert.",
    tensors=r"(embeddings|encoder|pooler)\.",
    redundant=r"(^|\.)(position_ids|token_type_ids|predictions\.decoder\..*)$",
    heads={
        "cls/predictions/output_bias": "predictions.bias",
        "cls/predictions/transform/dense/bias": "predictions.dense.bias",
        "cls/predictions/transform/LayerNorm/gamma": "predictions.LayerNorm.weight",
        "cls/predictions/transform/LayerNorm/beta": "predictions.LayerNorm.bias",
        "cls/seq_relationship/output_weights": "sop_classifier.classifier.weight",
        "cls/seq_relationship/output_bias": "sop_classifier.classifier.bias"},
    transposed_heads={"cls/predictions/transform/dense/kernel": "predictions.dense.weight"},
    config_from_huggingface=config_from_huggingface,
    config_to_huggingface=config_to_huggingface)
