"""DistilBERT's variables: named as BERT's, and in Hugging Face's files. Free of TensorFlow.

Here: distilbert/encoder/layer_0/output/dense/kernel [in, out]. Hugging Face:
distilbert.transformer.layer.0.ffn.lin2.weight [out, in], with or without "distilbert." in front.
"""
import re
from typing import Any, Dict, List, Tuple

from bert_nq.modeling.encoders import Names, bert_names
from bert_nq.modeling.encoders.distilbert_config import DistilBertConfig

SCOPE = "distilbert"

# Parts of a layer: ours to theirs.
_PARTS = {
    "attention/self/query": "attention.q_lin",
    "attention/self/key": "attention.k_lin",
    "attention/self/value": "attention.v_lin",
    "attention/output/dense": "attention.out_lin",
    "attention/output/LayerNorm": "sa_layer_norm",
    "intermediate/dense": "ffn.lin1",
    "output/dense": "ffn.lin2",
    "output/LayerNorm": "output_layer_norm",
}
_KINDS = {"kernel": "weight", "gamma": "weight", "bias": "bias", "beta": "bias"}

# Fields of the config: ours to theirs.
_FIELDS = {
    "vocab_size": "vocab_size",
    "hidden_size": "dim",
    "num_hidden_layers": "n_layers",
    "num_attention_heads": "n_heads",
    "intermediate_size": "hidden_dim",
    "hidden_act": "activation",
    "hidden_dropout_prob": "dropout",
    "attention_probs_dropout_prob": "attention_dropout",
    "max_position_embeddings": "max_position_embeddings",
    "initializer_range": "initializer_range",
}
# What Hugging Face leaves out of its file, where it is not what ours leave out.
_DEFAULTS = {"vocab_size": 30522, "num_hidden_layers": 6, "hidden_act": "gelu"}


def variables(config: DistilBertConfig) -> Dict[str, Tuple[int, ...]]:
    """{name: shape} of the encoder's variables, as transformer.encode makes them."""
    width = config.hidden_size
    shapes: Dict[str, Tuple[int, ...]] = {
        SCOPE + "/embeddings/word_embeddings": (config.vocab_size, width),
        SCOPE + "/embeddings/position_embeddings": (config.max_position_embeddings, width),
        SCOPE + "/embeddings/LayerNorm/gamma": (width,),
        SCOPE + "/embeddings/LayerNorm/beta": (width,),
    }
    sizes = {"intermediate/dense": (width, config.intermediate_size),
             "output/dense": (config.intermediate_size, width)}
    for i in range(config.num_hidden_layers):
        for part in _PARTS:
            name = "%s/encoder/layer_%d/%s" % (SCOPE, i, part)
            if part.endswith("LayerNorm"):
                shapes.update({name + "/gamma": (width,), name + "/beta": (width,)})
            else:
                n_in, n_out = sizes.get(part, (width, width))
                shapes.update({name + "/kernel": (n_in, n_out), name + "/bias": (n_out,)})
    return shapes


def huggingface_name(name: str) -> str:
    """Hugging Face's name of one of the variables, without "distilbert." in front."""
    found = re.match(SCOPE + r"/encoder/layer_(\d+)/(.*)/(\w+)$", name)
    if found:
        layer, part, kind = found.groups()
        return "transformer.layer.%s.%s.%s" % (layer, _PARTS[part], _KINDS[kind])
    # Embeddings are called as BERT's are.
    return bert_names.huggingface_name(bert_names.SCOPE + name[len(SCOPE):])


def config_from_huggingface(values: Dict[str, Any],
                            where: str) -> Tuple[DistilBertConfig, List[str]]:
    """The config that a config.json of DistilBERT means, and notes on what it cannot express.

    Raises:
      UserError: it has a value that ours cannot have.
    """
    settings = dict(_DEFAULTS, **{ours: values[theirs] for ours, theirs in _FIELDS.items()
                                  if theirs in values})
    settings["hidden_act"] = bert_names.google_act(settings["hidden_act"])
    return DistilBertConfig.from_dict(settings, where), []


def config_to_huggingface(config: DistilBertConfig) -> Dict[str, Any]:
    """The contents of a config.json."""
    values = {theirs: getattr(config, ours) for ours, theirs in _FIELDS.items()}
    values["activation"] = bert_names.huggingface_act(config.hidden_act)
    return dict(values, architectures=["DistilBertModel"], model_type=config.encoder,
                pad_token_id=0, sinusoidal_pos_embds=False)


NAMES = Names(
    scope=SCOPE,
    optional=SCOPE + "/pooler/",  # There is none on either side.
    sizes={
        "vocab_size": (SCOPE + "/embeddings/word_embeddings", 0),
        "hidden_size": (SCOPE + "/embeddings/word_embeddings", 1),
        "intermediate_size": (SCOPE + "/encoder/layer_0/intermediate/dense/kernel", 1),
        "max_position_embeddings": (SCOPE + "/embeddings/position_embeddings", 0)},
    layer=SCOPE + r"/encoder/layer_(\d+)/",
    num_layers_field="num_hidden_layers",
    title="DistilBERT",
    huggingface=huggingface_name,
    prefix="distilbert.",
    tensors=r"(embeddings|transformer)\.",
    redundant=r"(^|\.)(position_ids|vocab_projector\.weight)$",
    heads={
        "cls/predictions/output_bias": "vocab_projector.bias",
        "cls/predictions/transform/dense/bias": "vocab_transform.bias",
        "cls/predictions/transform/LayerNorm/gamma": "vocab_layer_norm.weight",
        "cls/predictions/transform/LayerNorm/beta": "vocab_layer_norm.bias"},
    transposed_heads={"cls/predictions/transform/dense/kernel": "vocab_transform.weight"},
    config_from_huggingface=config_from_huggingface,
    config_to_huggingface=config_to_huggingface)
