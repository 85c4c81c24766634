"""The same weights under Google's names and under Hugging Face's, and their safetensors files.

Free of TensorFlow. Google: bert/encoder/layer_0/output/dense/kernel [in, out]. Hugging Face:
bert.encoder.layer.0.output.dense.weight [out, in], with or without "bert." in front. Heads that
both know keep the names they have on either side; all other variables of a TensorFlow checkpoint
that are outside bert/, such as the heads of a question answering model, are stored under their own
names, which Hugging Face's loaders pass over.
"""
import os
import re
from typing import Any, Dict, List, Mapping, Tuple

import numpy as np

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.modeling.encoders.bert_config import BertConfig, read_json

Weights = Dict[str, np.ndarray]

# Google's name of a head's variable, and Hugging Face's. None of these is transposed.
_HEADS = {
    "cls/predictions/output_bias": "cls.predictions.bias",
    "cls/predictions/transform/dense/bias": "cls.predictions.transform.dense.bias",
    "cls/predictions/transform/LayerNorm/gamma": "cls.predictions.transform.LayerNorm.weight",
    "cls/predictions/transform/LayerNorm/beta": "cls.predictions.transform.LayerNorm.bias",
    "cls/seq_relationship/output_weights": "cls.seq_relationship.weight",
    "cls/seq_relationship/output_bias": "cls.seq_relationship.bias",
    "cls/squad/output_weights": "qa_outputs.weight",
    "cls/squad/output_bias": "qa_outputs.bias",
}
# And these are.
_TRANSPOSED_HEADS = {
    "cls/predictions/transform/dense/kernel": "cls.predictions.transform.dense.weight",
}
_GOOGLE_HEAD = {theirs: name
                for table in (_HEADS, _TRANSPOSED_HEADS) for name, theirs in table.items()}

# Copies of other weights, and buffers that follow from the config.
_REDUNDANT = re.compile(r"(^|\.)(position_ids|token_type_ids|cls\.predictions\.decoder\..*)$")

# What a BERT encoder of Hugging Face consists of: a tensor here that is not expected is an error.
_ENCODER = re.compile(r"(embeddings|encoder|pooler)\.")

_TO_HUGGINGFACE_ACT = {"gelu": "gelu_new", "gelu_tanh": "gelu_new", "gelu_erf": "gelu"}
# Where the meaning allows it, the name is one that bert-tensorflow knows.
_TO_GOOGLE_ACT = {"gelu": "gelu_erf", "gelu_python": "gelu_erf", "gelu_new": "gelu",
                  "gelu_fast": "gelu", "gelu_pytorch_tanh": "gelu"}


def variable_shapes(config: BertConfig) -> Dict[str, Tuple[int, ...]]:
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
    if name.endswith("_embeddings"):
        name += "/weight"
    return name.replace("/", ".")


def from_huggingface(tensors: Mapping[str, np.ndarray], config: BertConfig, where: str,
                     allow_missing_pooler: bool = False) -> Tuple[Weights, List[str]]:
    """Renames and transposes Hugging Face's tensors to a TensorFlow checkpoint's.

    Args:
      tensors: by Hugging Face's names.
      config: what they must fit.
      where: the file they are from, for messages.
      allow_missing_pooler: without the pooler's tensors (models that were trained without it), the
        weights are returned without them: training then starts the pooler at random. Otherwise
        that is an error.

    Returns:
      The weights by Google's names, and a line on each kind of tensor that was left out.

    Raises:
      UserError: a tensor of the encoder is missing, has another shape or is not expected.
    """
    left = {}
    for name, tensor in tensors.items():
        plain = re.sub(r"\.gamma$", ".weight", re.sub(r"\.beta$", ".bias", name))
        plain = plain[len("bert."):] if plain.startswith("bert.") else plain
        if plain in left:
            raise UserError("%s: two tensors are named %s, with and without \"bert.\" in front or "
                            "in an old and a new spelling" % (where, plain))
        left[plain] = tensor
    shapes = variable_shapes(config)
    notes = []
    if allow_missing_pooler and not any(name.startswith("pooler.") for name in left):
        shapes = _without_pooler(shapes, notes)
    weights = {}
    for name, shape in shapes.items():
        tensor = left.pop(huggingface_name(name), None)
        weights[name] = _checked(tensor, shape, name, huggingface_name(name), where)
    ignored = []
    for name, tensor in left.items():
        if _REDUNDANT.search(name):
            continue
        if name in _GOOGLE_HEAD:
            google = _GOOGLE_HEAD[name]
            weights[google] = _float32(tensor.T if google in _TRANSPOSED_HEADS else tensor)
        elif "." not in name:
            weights[name] = _float32(tensor)  # Ours: see to_huggingface.
        elif _ENCODER.match(name):
            raise UserError("%s holds %s, which a BERT encoder of %d layers has not: do the config "
                            "and the weights belong together?"
                            % (where, name, config.num_hidden_layers))
        else:
            ignored.append(name)
    if ignored:
        notes.append("left out, unknown heads: " + ", ".join(sorted(ignored)))
    return weights, notes


def to_huggingface(weights: Mapping[str, np.ndarray], config: BertConfig, where: str,
                   allow_missing_pooler: bool = False) -> Tuple[Weights, List[str]]:
    """The inverse of `from_huggingface`, with the same arguments and errors.

    Names begin with "bert." if there is a head that Hugging Face knows, as its own files do.
    """
    left = dict(weights)
    shapes = variable_shapes(config)
    notes = []
    if allow_missing_pooler and not any(name.startswith("bert/pooler/") for name in left):
        shapes = _without_pooler(shapes, notes)
    known_heads = set(left) & (set(_HEADS) | set(_TRANSPOSED_HEADS))
    prefix = "bert." if known_heads else ""
    tensors = {}
    for name, shape in shapes.items():
        transposed = shape[::-1] if name.endswith("/kernel") else shape
        tensors[prefix + huggingface_name(name)] = _checked(
            left.pop(name, None), transposed, name, name, where)
    for name, tensor in left.items():
        if name.startswith("bert/"):
            raise UserError("%s holds %s, which a BERT encoder of %d layers has not: do the config "
                            "and the weights belong together?"
                            % (where, name, config.num_hidden_layers))
        if name in _TRANSPOSED_HEADS:
            tensors[_TRANSPOSED_HEADS[name]] = _float32(tensor.T)
        else:
            tensors[_HEADS.get(name, name)] = _float32(tensor)
    own = sorted(name for name in set(left) - known_heads)
    if own:
        notes.append("kept under their own names: " + ", ".join(own))
    return tensors, notes


def _without_pooler(shapes, notes):
    notes.append("no pooler here: the output has none either, and training starts it at random")
    return {name: shape for name, shape in shapes.items() if not name.startswith("bert/pooler/")}


def _checked(tensor, shape, name, shown, where):
    """The tensor in the other layout, or UserError where it is missing or is not `shape` then."""
    if tensor is None:
        hint = ("; --allow_missing_pooler converts the rest" if "pooler" in name else "")
        raise UserError("%s has no %s, which the config asks for%s" % (where, shown, hint))
    if not np.issubdtype(tensor.dtype, np.floating):
        raise UserError("%s: %s holds %s values, not floating point: quantised weights cannot be "
                        "converted" % (where, shown, tensor.dtype))
    if name.endswith("/kernel"):
        tensor = tensor.T
    if tensor.shape != tuple(shape):
        def layout(sizes):
            return list(sizes[::-1] if name.endswith("/kernel") else sizes)
        raise UserError("%s: %s has the shape %s, but the config asks for %s"
                        % (where, shown, layout(tensor.shape), layout(shape)))
    return _float32(tensor)


def _float32(tensor: np.ndarray) -> np.ndarray:
    # safetensors writes memory as it lies: a transposed view must be made a real matrix.
    return np.ascontiguousarray(tensor, dtype=np.float32).reshape(tensor.shape)


def config_from_huggingface(values: Any, where: str) -> Tuple[BertConfig, List[str]]:
    """The BertConfig that a config.json means, and notes on what it cannot express.

    Raises:
      UserError: it is not the config of a BERT encoder.
    """
    if not isinstance(values, dict):
        raise UserError("%s: expected a JSON object" % where)
    model = values.get("model_type", "bert")
    if model != "bert":
        raise UserError("%s: model_type is %r; only \"bert\" can be converted" % (where, model))
    positions = values.get("position_embedding_type", "absolute")
    if positions != "absolute":
        raise UserError("%s: position_embedding_type is %r; only \"absolute\" can be converted"
                        % (where, positions))
    if values.get("is_decoder"):
        raise UserError("%s: is_decoder is true; a decoder, whose positions see only those before "
                        "them, cannot be converted" % where)
    # Hugging Face leaves out of the file what equals its defaults: Google's, but for two segments.
    settings = dict({"vocab_size": 30522, "type_vocab_size": 2}, **values)
    act = settings.get("hidden_act", "gelu")
    settings["hidden_act"] = _TO_GOOGLE_ACT.get(act, act)
    notes = []
    epsilon = values.get("layer_norm_eps", 1e-12)
    if epsilon != 1e-12:
        notes.append("layer_norm_eps is %g there and 1e-12 here: outputs differ a little" % epsilon)
    return BertConfig.from_dict(settings, where), notes


def config_to_huggingface(config: BertConfig) -> Dict[str, Any]:
    """The contents of a config.json."""
    values = config.to_dict()
    values["hidden_act"] = _TO_HUGGINGFACE_ACT.get(config.hidden_act, config.hidden_act)
    return dict(values, architectures=["BertModel"], model_type="bert", layer_norm_eps=1e-12,
                pad_token_id=0, position_embedding_type="absolute")


_DTYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I64": np.int64,
           "I32": np.int32, "I16": np.int16, "I8": np.int8, "U8": np.uint8, "BOOL": np.bool_}


def read_safetensors(path: str) -> Weights:
    """The tensors of a safetensors file; bfloat16, which numpy lacks, comes as float32.

    Raises:
      UserError: it is missing, damaged or holds a type that numpy has not.
    """
    import safetensors
    with files.open_binary(path) as f:
        data = f.read()
    try:
        tensors = safetensors.deserialize(data)
    except Exception as e:  # The class of the error is not public.
        raise UserError("%s is not a safetensors file: %s" % (path, e)) from e
    return {name: _array(name, tensor, path) for name, tensor in tensors}


def read_sharded_safetensors(index_path: str) -> Weights:
    """The tensors that a model.safetensors.index.json finds in the files beside it.

    Raises:
      UserError: one of the files is missing or damaged, or does not hold what the index says.
    """
    index = read_json(index_path)
    places = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(places, dict) or not all(
            isinstance(name, str) and name == os.path.basename(name) for name in places.values()):
        raise UserError("%s is not the index of a model: expected {\"weight_map\": {TENSOR: FILE}}"
                        % index_path)
    tensors = {}
    for file in sorted(set(places.values())):
        path = os.path.join(os.path.dirname(index_path), file)
        found = read_safetensors(path)
        for name in sorted(name for name, place in places.items() if place == file):
            if name not in found:
                raise UserError("%s has no %s, although %s says so: are the files of one model?"
                                % (path, name, index_path))
            tensors[name] = found[name]
    return tensors


def _array(name: str, tensor: Mapping[str, Any], path: str) -> np.ndarray:
    if tensor["dtype"] == "BF16":
        # The upper half of a float32's bits.
        bits = np.frombuffer(tensor["data"], np.uint16).astype(np.uint32) << 16
        values = bits.view(np.float32)
    elif tensor["dtype"] in _DTYPES:
        values = np.frombuffer(tensor["data"], _DTYPES[tensor["dtype"]])
    else:
        raise UserError("%s: %s holds %s values, which cannot be read"
                        % (path, name, tensor["dtype"]))
    return values.reshape(tensor["shape"])


def write_safetensors(path: str, tensors: Weights) -> None:
    """Writes tensors so that transformers' from_pretrained takes them."""
    import safetensors.numpy
    data = safetensors.numpy.save(tensors, metadata={"format": "pt"})
    with files.replacing(path) as out:
        out.write(data)
