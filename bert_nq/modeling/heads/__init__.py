"""Heads: an encoder's vectors to a task's logits, their loss and what of them leaves the graph.

A new head is a module with a `HEAD` and a line in HEADS. One whose size depends on the data has
`make(argument)` in its place, and a name with a colon: "classes:13" is the head of 13 classes. They
are looked up by name, without TensorFlow; what a head gives to decoders, such as
window_outputs.py, is free of it too.
"""
import importlib
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple

# Name to the module that has the HEAD, or `make`.
HEADS = {"joint": "bert_nq.modeling.heads.joint",
         "span": "bert_nq.modeling.heads.span",
         "beam": "bert_nq.modeling.heads.beam",
         "beam_by_gold_start": "bert_nq.modeling.heads.beam_by_gold_start",
         "classes": "bert_nq.modeling.heads.classes",
         "mean_classes": "bert_nq.modeling.heads.mean_classes",
         "candidate": "bert_nq.modeling.heads.candidate",
         "mlm": "bert_nq.modeling.heads.mlm"}

# The dense layer that makes a vector of the whole sequence where an encoder has none: pooling.py.
POOLING = "cls/pooler/dense"


class Distribution(NamedTuple):
    """The logits of a choice that a head makes: a softmax of them distributes probability."""
    logits: Any  # [B, C]
    # bool [B, C]: which of the choices are positions that hold something, where the choices are
    # the positions of a window; None: they are not.
    is_real: Any = None


class Head(NamedTuple):
    """A head, as functions on the graph.

    Logits are a NamedTuple of tensors of any kind, and of functions that give tensors, for logits
    that depend on what is chosen later. The logits of several models are averaged field by field.

    Among the features that it is given are the places of packings.Packing: `cls_positions`, int32
    [B], and `document_mask`, bool [B, S]. So it need not know how its encoder packs windows.
    """

    build: Callable  # (Encoded, features, Pass) -> logits
    # (logits, features) -> (scalar, {name: scalar}). Losses among the scalars end in "_loss" and
    # accuracies in "_accuracy".
    loss: Callable
    # (logits, features, options) -> {name: tensor [B, ...]}, the fields of what decoders of this
    # head have as their `outputs_type`; options are what their `output_options()` gives.
    outputs: Callable
    variables: Tuple[str, ...]  # the names of the head's variables
    # Given the sequence length, {name of a loss: its value for a model to which all choices are
    # equally likely}: a training whose losses stay there has learned nothing. {}: not known.
    chance: Callable[[float], Dict[str, float]] = lambda seq_length: {}
    labels: Tuple[Tuple[str, str], ...] = ()  # (a loss's name, what pictures call it), in order
    inputs: Tuple[str, ...] = ()  # features [B, S] that it reads in prediction beside the encoder's
    pools: bool = False  # whether it reads a vector of the whole sequence, Encoded.pooled
    tells_pieces: bool = False  # whether it reads Encoded.piece_logits
    # (logits, features with labels) -> {name: Distribution}, which a student learns from a
    # teacher; None: models with this head cannot be taught so.
    distributions: Optional[Callable[[Any, Any], Dict[str, Distribution]]] = None


def find(name: str) -> Head:
    """The head of a name.

    Args:
      name: a key of HEADS, or the path of a module such as "my_package.my_head"; with the argument
        of a head that has one, "classes:13".
    """
    name, _, argument = name.partition(":")
    module = importlib.import_module(HEADS.get(name, name))
    return module.make(argument) if argument else module.HEAD
