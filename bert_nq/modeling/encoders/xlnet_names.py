"""XLNet's variables in Google's checkpoints and in Hugging Face's files. Free of TensorFlow.

Google: model/transformer/layer_0/rel_attn/q/kernel [D, n_head, d_head], and the biases of all
layers in one variable. Hugging Face: transformer.layer.0.rel_attn.q in the same shape, and each
layer's biases by themselves.
"""
import re
from typing import Any, Dict, List, Tuple

from bert_nq.base.errors import UserError
from bert_nq.base.numbers import parse_finite
from bert_nq.modeling.encoders import Names, bert_names
from bert_nq.modeling.encoders.xlnet_config import XLNetConfig

SCOPE = "model/transformer"

_BIASES = ("r_w_bias", "r_r_bias", "r_s_bias")
SEGMENTS = "seg_embed"
_KINDS = {"kernel": "weight", "gamma": "weight", "bias": "bias", "beta": "bias"}

# Fields of the config: ours, which are Google's, to theirs.
_FIELDS = {"n_token": "vocab_size", "d_model": "d_model", "n_layer": "n_layer", "n_head": "n_head",
           "d_inner": "d_inner", "ff_activation": "ff_activation",
           "hidden_dropout_prob": "dropout", "initializer_range": "initializer_range"}
# What Hugging Face leaves out of its file: the sizes of XLNet-Large.
_DEFAULTS = {"n_token": 32000, "d_model": 1024, "n_layer": 24, "n_head": 16, "d_inner": 4096,
             "ff_activation": "gelu"}
# Fields of theirs that would change what is computed, and the values that ours has.
_FIXED = {"attn_type": "bi", "bi_data": False, "clamp_len": -1}


def variables(config: XLNetConfig) -> Dict[str, Tuple[int, ...]]:
    """{name: shape} of the encoder's variables, as xlnet_graph.encode makes them."""
    width, heads = config.d_model, (config.n_head, config.d_head)
    of_layers = (config.n_layer,) if config.untie_r else ()
    shapes: Dict[str, Tuple[int, ...]] = {
        SCOPE + "/word_embedding/lookup_table": (config.n_token, width),
        SCOPE + "/mask_emb/mask_emb": (1, 1, width)}
    shapes.update({"%s/%s" % (SCOPE, name): of_layers + heads for name in _BIASES})
    shapes["%s/%s" % (SCOPE, SEGMENTS)] = (config.n_layer, 2) + heads
    for i in range(config.n_layer):
        layer = "%s/layer_%d/" % (SCOPE, i)
        shapes.update({layer + "rel_attn/%s/kernel" % part: (width,) + heads for part in "qkvro"})
        shapes.update({layer + "ff/layer_1/kernel": (width, config.d_inner),
                       layer + "ff/layer_1/bias": (config.d_inner,),
                       layer + "ff/layer_2/kernel": (config.d_inner, width),
                       layer + "ff/layer_2/bias": (width,)})
        for part in ("rel_attn", "ff"):
            shapes.update({layer + part + "/LayerNorm/gamma": (width,),
                           layer + part + "/LayerNorm/beta": (width,)})
    return shapes


def stacks(config: XLNetConfig) -> Dict[str, List[str]]:
    """The variables that hold a part for every layer, and names for these parts.

    Raises:
      UserError: the layers share their biases.
    """
    if not config.untie_r:
        raise UserError("untie_r is false in the config: Hugging Face's XLNet has biases of every "
                        "layer, so that a model that shares them cannot be converted")
    return {"%s/%s" % (SCOPE, name): ["%s/layer_%d/rel_attn/%s" % (SCOPE, i, name)
                                      for i in range(config.n_layer)]
            for name in _BIASES + (SEGMENTS,)}


def huggingface_name(name: str) -> str:
    """Hugging Face's name of a variable or of a part of one, without "transformer." in front."""
    name = name[len(SCOPE) + 1:]
    if name == "mask_emb/mask_emb":
        return "mask_emb"
    if name == "word_embedding/lookup_table":
        return "word_embedding.weight"
    layer, block, rest = re.match(r"layer_(\d+)/(\w+)/(.*)$", name).groups()  # type: ignore
    part, _, kind = rest.partition("/")
    if part == "LayerNorm":
        part = "layer_norm"
    # Projections to and from heads are parameters by themselves, and so are biases.
    end = "." + _KINDS[kind] if kind and len(part) > 1 else ""
    return "layer.%s.%s.%s%s" % (layer, block, part, end)


def config_from_huggingface(values: Dict[str, Any], where: str) -> Tuple[XLNetConfig, List[str]]:
    """The config that a config.json of XLNet means, and notes on what it cannot express.

    Raises:
      UserError: it has a value that ours cannot have.
    """
    for name, value in _FIXED.items():
        if values.get(name, value) != value:
            raise UserError("%s: %s is %.40r; only %r can be converted"
                            % (where, name, values[name], value))
    settings = dict(_DEFAULTS, **{ours: values[theirs] for ours, theirs in _FIELDS.items()
                                  if theirs in values})
    settings["ff_activation"] = bert_names.google_act(settings["ff_activation"])
    rate = "attention_probs_dropout_prob"  # See config_to_huggingface.
    settings[rate] = values.get(rate, settings.get("hidden_dropout_prob", 0.1))
    # Its models ignore untie_r: each layer has biases of its own.
    config = XLNetConfig.from_dict(settings, where)
    if config.d_model % config.n_head:
        raise UserError("%s: d_model %d is not a multiple of n_head %d"
                        % (where, config.d_model, config.n_head))
    epsilon = parse_finite(values.get("layer_norm_eps", 1e-12), where + ": layer_norm_eps")
    notes = [] if epsilon == 1e-12 else [
        "layer_norm_eps is %g there and 1e-12 here: outputs differ a little" % epsilon]
    settings["d_head"] = config.d_model // config.n_head
    return XLNetConfig.from_dict(settings, where), notes


def config_to_huggingface(config: XLNetConfig) -> Dict[str, Any]:
    """The contents of a config.json.

    Raises:
      UserError: Hugging Face has no models of such heads.
    """
    if config.d_head * config.n_head != config.d_model:
        raise UserError("d_head %d times n_head %d is not d_model %d: Hugging Face's XLNet has no "
                        "such heads" % (config.d_head, config.n_head, config.d_model))
    values = {theirs: getattr(config, ours) for ours, theirs in _FIELDS.items()}
    values["ff_activation"] = bert_names.huggingface_act(config.ff_activation)
    if config.attention_probs_dropout_prob != config.hidden_dropout_prob:
        # Hugging Face has one rate. This one it keeps and does not read; we do.
        values["attention_probs_dropout_prob"] = config.attention_probs_dropout_prob
    return dict(values, **_FIXED, architectures=["XLNetModel"], model_type=config.encoder,
                d_head=config.d_head, untie_r=True, layer_norm_eps=1e-12, pad_token_id=5)


NAMES = Names(
    scope=SCOPE,
    # Of pretraining, where it stands for words that are to be told; fine-tuning leaves it alone,
    # and checkpoints that Google's scripts fine-tuned lack it.
    optional=SCOPE + "/mask_emb/",
    sizes={
        "n_token": (SCOPE + "/word_embedding/lookup_table", 0),
        "d_model": (SCOPE + "/word_embedding/lookup_table", 1),
        "n_head": (SCOPE + "/layer_0/rel_attn/q/kernel", 1),
        "d_head": (SCOPE + "/layer_0/rel_attn/q/kernel", 2),
        "d_inner": (SCOPE + "/layer_0/ff/layer_1/kernel", 1)},
    layer=SCOPE + r"/layer_(\d+)/",
    num_layers_field="n_layer",
    title="XLNet",
    huggingface=huggingface_name,
    prefix="transformer.",
    tensors=r"(word_embedding|layer|mask_emb)(\.|$)",
    redundant=r"(^|\.)lm_loss\.weight$",
    heads={
        "model/lm_loss/bias": "lm_loss.bias",
        "model/sequnece_summary/summary/bias": "sequence_summary.summary.bias"},
    transposed_heads={
        "model/sequnece_summary/summary/kernel": "sequence_summary.summary.weight"},
    config_from_huggingface=config_from_huggingface,
    config_to_huggingface=config_to_huggingface,
    stacks=stacks)
