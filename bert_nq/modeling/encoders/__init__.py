"""Encoders: token ids to a vector for each position. Looked up by name, without TensorFlow.

A new encoder is a module with an `ENCODER` and a line in ENCODERS.
"""
import importlib
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Sequence, Tuple

from bert_nq.base import files, machine
from bert_nq.base.errors import UserError
from bert_nq.modeling import packings
from bert_nq.modeling.packings import Packing

# Name, as in a config's "model_type", to the module that has the ENCODER.
ENCODERS = {"albert": "bert_nq.modeling.encoders.albert",
            "bert": "bert_nq.modeling.encoders.bert_encoder",
            "distilbert": "bert_nq.modeling.encoders.distilbert",
            "xlnet": "bert_nq.modeling.encoders.xlnet"}
# Google's configs have no "model_type". A field that those of one encoder alone have tells it.
_TOLD_BY = {"num_hidden_groups": "albert", "n_token": "xlnet"}
DEFAULT = "bert"  # where none does

Shape = Tuple[int, ...]


class Pass(NamedTuple):
    """One pass through a model: what for, and how it is computed."""

    is_training: bool = False  # whether dropout is on and gradients will be taken
    # Scalar int64 tensor, from which dropout's masks follow: another one for each step, device and
    # pass. Needed in training, unless the config has no dropout.
    seed: Any = None
    precision: str = "fp32"  # what layers compute in, one of precisions.PRECISIONS
    use_tpu: bool = False
    # Whether the backward pass computes layers again from what goes into them, instead of keeping
    # what is in them: less memory, more time.
    recompute: bool = False
    all_layers: bool = False  # whether Encoded.layers is wanted
    head_dropout: float = 0.0  # the rate at which heads drop in training
    # Whether another runtime will compute the graph: steps are put as such programs know them.
    is_portable: bool = False


class Encoded(NamedTuple):
    """An encoder's vectors, float32 tensors. B batch, S sequence, H hidden size."""

    sequence: Any  # [B, S, H], of the last layer
    pooled: Any  # [B, H], of the whole sequence; None where the encoder has no pooler
    layers: Tuple[Any, ...] = ()  # [B, S, H] each: the embeddings, then every layer's output
    words: Any = None  # variable [V, E], the embeddings of the vocabulary's pieces
    # Logits [M, V] of pieces for vectors [M, H]; for heads that tell pieces, see models.
    piece_logits: Optional[Callable[[Any], Any]] = None


class PieceLayers(NamedTuple):
    """The layers from an encoder's vectors to logits of pieces, by their names in checkpoints."""

    bias: str = "cls/predictions/output_bias"  # [V]; the kernel is that of the word embeddings
    # The scope of a dense layer, an activation and a LayerNorm before that; None: there are none.
    transform: Optional[str] = "cls/predictions/transform"

    def variables(self) -> Tuple[str, ...]:
        """The names of their variables."""
        parts = () if self.transform is None else tuple(self.transform + part for part in (
            "/dense/kernel", "/dense/bias", "/LayerNorm/beta", "/LayerNorm/gamma"))
        return parts + (self.bias,)


class Names(NamedTuple):
    """An encoder's variables in Google's checkpoints, and the same tensors in Hugging Face's files.

    Kernels that are matrices are [in, out] there and [out, in] here; nothing else is transposed,
    but for what `transposed_heads` lists.
    """

    scope: str  # Google's names of the encoder's variables begin with it, and a slash
    optional: str  # what begins with this, such as the pooler, may be missing on either side
    # {field of the config: (variable, axis of its shape)}, and a pattern of which the largest group
    # is the number of the last layer: a checkpoint's shapes tell these sizes.
    sizes: Dict[str, Tuple[str, int]]
    layer: str
    num_layers_field: str
    title: str  # as messages call such a model: "BERT"

    huggingface: Callable[[str], str]  # Hugging Face's name of a variable, without its prefix
    prefix: str  # what Hugging Face puts before it in models with a head
    tensors: str  # pattern of the names, without prefix, that an encoder's tensors have
    redundant: str  # pattern of the names of copies of other weights, and of buffers
    # Google's name of a head's variable to Hugging Face's; beside them are those of head_names.
    heads: Dict[str, str]
    transposed_heads: Dict[str, str]
    config_from_huggingface: Callable  # (values, where) -> (config, notes)
    config_to_huggingface: Callable  # config -> {name: value}
    # Given the config, {variable whose first axis is of layers: names for its parts}: Hugging Face
    # has a tensor for each part, which `huggingface` gives the name of.
    stacks: Callable[[Any], Dict[str, Sequence[str]]] = lambda config: {}
    # The field of the config that counts layers where these share the weights of
    # `num_layers_field` groups; None where each has its own.
    shared_by_field: Optional[str] = None


class Encoder(NamedTuple):
    """An architecture, as functions of its config."""

    config_type: type  # has from_dict(values, where), to_dict(), to_json(), .encoder, .vocab_size
    encode: Callable  # (config, features, Pass) -> Encoded; this alone imports TensorFlow
    variables: Callable[[Any], Dict[str, Shape]]  # of a config: {name: shape}
    inputs: Tuple[str, ...]  # the features that `encode` reads, int32 [B, S] each
    names: Names
    # (config, sequences, length, precision, recompute) -> bytes that a training pass keeps for its
    # backward pass, and works with beside them.
    activations: Callable[..., int]
    pools: bool = True  # whether Encoded.pooled is there
    packing: Packing = packings.BERT  # the order of question and document that it takes
    # Of a config: the rate at which layers drop in training, and heads with them.
    dropout: Callable[[Any], float] = lambda config: config.hidden_dropout_prob
    piece_layers: PieceLayers = PieceLayers()  # that it was pretrained with


def is_known(name: Any) -> bool:
    """Whether a config's "model_type", any JSON value, is the name of an encoder."""
    return isinstance(name, str) and name in ENCODERS


def name_in(values: Mapping[str, Any]) -> Any:
    """The "model_type" of a config's values, or what their fields tell where there is none."""
    told = [name for field, name in _TOLD_BY.items() if field in values]
    return values.get("model_type", told[0] if told else DEFAULT)


def find(name: str) -> Encoder:
    """The encoder of a name.

    Raises:
      UserError: there is none.
    """
    if not is_known(name):
        raise UserError("there is no encoder %r: choose one of %s" % (name, ", ".join(ENCODERS)))
    return importlib.import_module(ENCODERS[name]).ENCODER


def of(config: Any) -> Encoder:
    """The encoder that a config is for."""
    return find(config.encoder)


def read_config(path: str) -> Any:
    """The config in a file such as bert_config.json; its "model_type" chooses the encoder.

    Raises:
      UserError: the file is missing, is not JSON, or describes no encoder of ours, or one that this
        machine has no room for.
    """
    values = files.read_json(path, must_exist=True, remedy="")
    name = name_in(values) if isinstance(values, dict) else DEFAULT
    if not is_known(name):
        raise UserError("%s: model_type is %.40r; there is %s" % (path, name, ", ".join(ENCODERS)))
    config = find(name).config_type.from_dict(values, path)
    check_memory(config, path)
    return config


def check_memory(config: Any, where: str) -> None:
    """Raises UserError, which begins with `where`, if this machine has no room for the weights."""
    needed, there = 4 * num_weights(config), machine.total_memory()
    if needed > there:
        raise UserError("%s: an encoder of these sizes has weights of %.1f GB, and this machine "
                        "has %.1f GB of memory" % (where, needed / 1e9, there / 1e9))


def num_weights(config: Any) -> int:
    """The number of an encoder's weights; those of a head are a few thousand more."""
    return sum(_product(shape) for shape in of(config).variables(config).values())


def num_segments(config: Any) -> int:
    """The kinds of segments that an encoder has embeddings of; without any, whatever comes."""
    return getattr(config, "type_vocab_size", 2 ** 31)


def _product(shape: Shape) -> int:
    product = 1
    for size in shape:
        product *= size
    return product
