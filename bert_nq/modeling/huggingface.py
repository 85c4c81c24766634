"""Weights under Google's names and under Hugging Face's, and their safetensors files.

Free of TensorFlow. Each encoder has a table of its names, see encoders.Names. Heads that both know
keep the names they have on either side; all other variables of a TensorFlow checkpoint that are
outside the encoder's scope, such as the heads of a question answering model, are stored under their
own names, which Hugging Face's loaders pass over.
"""
import os
import re
from typing import Any, Dict, List, Mapping, Tuple

import numpy as np

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.modeling import encoders
from bert_nq.modeling.encoders import Names, head_names
from bert_nq.modeling.weights import check_finite

Weights = Dict[str, np.ndarray]

# Parts of names that come from wrapping a model in torch: compiled, in parallel, sharded.
_WRAPPERS = re.compile(r"(?<![^.])(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module"
                       r"|_forward_module)\.")


def from_huggingface(tensors: Mapping[str, np.ndarray], config: Any, where: str,
                     allow_missing_pooler: bool = False) -> Tuple[Weights, List[str]]:
    """Renames and transposes Hugging Face's tensors to a TensorFlow checkpoint's.

    Args:
      tensors: by Hugging Face's names.
      config: the encoder's, which they must fit.
      where: the file they are from, for messages.
      allow_missing_pooler: without the pooler's tensors (models that were trained without it), the
        weights are returned without them: training then starts the pooler at random. Otherwise
        that is an error.

    Returns:
      The weights by Google's names, and a line on each kind of tensor that was left out.

    Raises:
      UserError: a tensor of the encoder is missing, has another shape or is not expected, or holds
        numbers that are NaN or infinite.
    """
    encoder = encoders.of(config)
    names = encoder.names
    stacks = names.stacks(config)
    shapes = _part_shapes(encoder.variables(config), stacks)
    unwrapped, notes = _unwrapped(tensors, names, shapes, where)
    left = _by_plain_names(unwrapped, names, where)
    optional = [name for name in shapes if name.startswith(names.optional)]
    if allow_missing_pooler and optional and not any(
            names.huggingface(name) in left for name in optional):
        shapes = _without_pooler(shapes, names, notes)
    weights = {}
    for name, shape in shapes.items():
        theirs = names.huggingface(name)
        weights[name] = _checked(left.pop(theirs, None), shape, name, theirs, where)
    heads, transposed_heads = _heads(names)
    google_heads = {theirs: name for table in (heads, transposed_heads)
                    for name, theirs in table.items()}
    ignored = []
    for name, tensor in left.items():
        if re.search(names.redundant, name):
            continue
        if name in google_heads:
            google = google_heads[name]
            weights[google] = _float32(tensor.T if google in transposed_heads else tensor)
        elif "." not in name:
            weights[name] = _float32(tensor)  # Ours: see to_huggingface.
        elif re.match(names.tensors, name):
            raise _unexpected(where, name, names, config)
        else:
            ignored.append(name)
    if ignored:
        notes.append("left out, unknown heads: " + ", ".join(sorted(ignored)))
    for name, parts in stacks.items():
        weights[name] = np.stack([weights.pop(part) for part in parts])
    check_finite(weights.items(), where)
    return weights, notes


def _part_shapes(shapes, stacks):
    """The shapes by name, with the parts of those variables that Hugging Face has layer by layer.
    """
    parted = {}
    for name, shape in shapes.items():
        parted.update(dict.fromkeys(stacks[name], shape[1:]) if name in stacks
                      else {name: shape})
    return parted


def _parted(weights, shapes, stacks, where):
    """The weights by name, likewise."""
    parted = dict(weights)
    for name, parts in stacks.items():
        stack = _checked(parted.pop(name, None), shapes[name], name, name, where)
        parted.update(zip(parts, stack))
    return parted


def _unwrapped(tensors, names, shapes, where):
    """The tensors by names without what wrappers and outer modules put into them, and a note."""
    named, taken = {}, set()
    for name, tensor in tensors.items():
        taken.update(_WRAPPERS.findall(name))
        named.setdefault(_WRAPPERS.sub("", name), []).append(tensor)
    first = names.huggingface(next(iter(shapes)))
    # The encoder's own prefix, "bert.", is dealt with later.
    outer = {found.group(1) for found in (
        re.match(r"(|.*?\.)(%s)?%s$" % (re.escape(names.prefix), re.escape(first)), name)
        for name in named) if found}
    if len(outer) > 1:
        raise UserError("%s holds several encoders: names begin with %s. Save the one that is "
                        "wanted by itself" % (where, " and ".join(
                            repr(prefix) for prefix in sorted(outer))))
    prefix = outer.pop() if outer else ""
    plain = {}
    for name, some in named.items():
        short = name[len(prefix):] if name.startswith(prefix) else name
        if len(some) > 1 or short in plain:
            raise UserError("%s: two tensors are named %s where the names of wrappers are left out"
                            % (where, short))
        plain[short] = some[0]
    parts = [part + "." for part in sorted(taken)] + ([prefix] if prefix else [])
    notes = ["taken out of the names of tensors: " + ", ".join(parts)] if parts else []
    return plain, notes


def _by_plain_names(tensors, names, where):
    """The tensors by names without prefix, LayerNorm's in the newer of two spellings."""
    plain_tensors = {}
    for name, tensor in tensors.items():
        plain = re.sub(r"\.gamma$", ".weight", re.sub(r"\.beta$", ".bias", name))
        plain = plain[len(names.prefix):] if plain.startswith(names.prefix) else plain
        if plain in plain_tensors:
            raise UserError("%s: two tensors are named %s, with and without \"%s\" in front or in "
                            "an old and a new spelling" % (where, plain, names.prefix))
        plain_tensors[plain] = tensor
    return plain_tensors


def to_huggingface(weights: Mapping[str, np.ndarray], config: Any, where: str,
                   allow_missing_pooler: bool = False) -> Tuple[Weights, List[str]]:
    """The inverse of `from_huggingface`, with the same arguments and errors.

    Names have the encoder's prefix, such as "bert.", if there is a head that Hugging Face knows, as
    its own files do.
    """
    encoder = encoders.of(config)
    names = encoder.names
    stacks, shapes = names.stacks(config), encoder.variables(config)
    left = _parted(weights, shapes, stacks, where)
    shapes = _part_shapes(shapes, stacks)
    notes = []
    optional = [name for name in shapes if name.startswith(names.optional)]
    if allow_missing_pooler and optional and not any(name in left for name in optional):
        shapes = _without_pooler(shapes, names, notes)
    heads, transposed_heads = _heads(names)
    known_heads = set(left) & (set(heads) | set(transposed_heads))
    prefix = names.prefix if known_heads else ""
    tensors = {}
    for name, shape in shapes.items():
        transposed = shape[::-1] if _is_transposed(name, shape) else shape
        tensors[prefix + names.huggingface(name)] = _checked(
            left.pop(name, None), transposed, name, name, where)
    for name, tensor in left.items():
        if name.startswith(names.scope + "/"):
            raise _unexpected(where, name, names, config)
        if name in transposed_heads:
            tensors[transposed_heads[name]] = _float32(tensor.T)
        else:
            tensors[heads.get(name, name)] = _float32(tensor)
    check_finite(tensors.items(), where)
    own = sorted(name for name in set(left) - known_heads)
    if own:
        notes.append("kept under their own names: " + ", ".join(own))
    return tensors, notes


def _heads(names: Names) -> Tuple[Dict[str, str], Dict[str, str]]:
    """An encoder's names of heads with those that all encoders have; the second are transposed."""
    return (dict(head_names.HEADS, **names.heads),
            dict(head_names.TRANSPOSED, **names.transposed_heads))


def _unexpected(where: str, name: str, names: Names, config: Any) -> UserError:
    return UserError("%s holds %s, which no %s with %s %d has: do the config and the weights "
                     "belong together?" % (where, name, names.title, names.num_layers_field,
                                    getattr(config, names.num_layers_field)))


def _without_pooler(shapes, names, notes):
    notes.append("no %s here: the output has none either, and training starts it at random"
                 % names.optional.strip("/").rsplit("/", 1)[-1])
    return {name: shape for name, shape in shapes.items() if not name.startswith(names.optional)}


def _is_transposed(name, shape):
    return name.endswith("/kernel") and len(shape) == 2


def _checked(tensor, shape, name, shown, where):
    """The tensor in the other layout, or UserError where it is missing or is not `shape` then."""
    if tensor is None:
        hint = ("; --allow_missing_pooler converts the rest" if "pooler" in name else "")
        raise UserError("%s has no %s, which the config asks for%s" % (where, shown, hint))
    if not np.issubdtype(tensor.dtype, np.floating):
        raise UserError("%s: %s holds %s values, not floating point: quantised weights cannot be "
                        "converted" % (where, shown, tensor.dtype))
    is_transposed = _is_transposed(name, shape)
    if is_transposed:
        tensor = tensor.T
    if tensor.shape != tuple(shape):
        def layout(sizes):
            return list(sizes[::-1] if is_transposed else sizes)
        raise UserError("%s: %s has the shape %s, but the config asks for %s"
                        % (where, shown, layout(tensor.shape), layout(shape)))
    return _float32(tensor)


def _float32(tensor: np.ndarray) -> np.ndarray:
    # safetensors writes memory as it lies: a transposed view must be made a real matrix.
    with np.errstate(over="ignore"):  # What becomes infinite is told by check_finite.
        return np.ascontiguousarray(tensor, dtype=np.float32).reshape(tensor.shape)


def config_from_huggingface(values: Any, where: str) -> Tuple[Any, List[str]]:
    """The config that a config.json means, and notes on what it cannot express.

    Raises:
      UserError: it is not the config of an encoder of ours, or this machine has no room for it.
    """
    if not isinstance(values, dict):
        raise UserError("%s: expected a JSON object" % where)
    name = encoders.name_in(values)
    if not encoders.is_known(name):
        raise UserError("%s: model_type is %.40r; only %s can be converted" % (
            where, name, ", ".join('"%s"' % known for known in encoders.ENCODERS)))
    config, notes = encoders.find(name).names.config_from_huggingface(values, where)
    encoders.check_memory(config, where)
    return config, notes


def config_to_huggingface(config: Any) -> Dict[str, Any]:
    """The contents of a config.json."""
    return encoders.of(config).names.config_to_huggingface(config)


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
    index = files.read_json(index_path, must_exist=True, remedy="")
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
