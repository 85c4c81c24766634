"""A model: an encoder and the head on it. Free of TensorFlow until a graph is built."""
from typing import Any, Mapping, NamedTuple, Tuple

from bert_nq.modeling import encoders, heads
from bert_nq.modeling.encoders import Pass


class Model(NamedTuple):
    """Picklable, for the processes that share work."""
    config: Any  # the encoder's, see encoders.read_config
    head: str  # a name of heads.HEADS, or the path of a module with a HEAD


def build_logits(model: Model, features: Mapping[str, Any], pass_: Pass) -> Any:
    """The graph from features to the head's logits.

    Args:
      model: encoder and head.
      features: int [B, S] tensors, those of `inputs` among them.
      pass_: what it is for.
    """
    encoded = encoders.of(model.config).encode(model.config, features, pass_)
    if makes_pooler(model):
        from bert_nq.modeling.heads import pooling
        encoded = encoded._replace(pooled=pooling.of_first(encoded.sequence))
    return heads.find(model.head).build(encoded, features, pass_)


def inputs(model: Model) -> Tuple[str, ...]:
    """The names of the features that a model reads in prediction, int32 [B, S] each."""
    return encoders.of(model.config).inputs + heads.find(model.head).inputs


def makes_pooler(model: Model) -> bool:
    """Whether the head wants a vector of the whole sequence, and the encoder has no pooler."""
    return heads.find(model.head).pools and not encoders.of(model.config).pools


def head_variables(model: Model) -> Tuple[str, ...]:
    """The names of the variables outside the encoder."""
    pooling = (heads.POOLING + "/kernel", heads.POOLING + "/bias") if makes_pooler(model) else ()
    return heads.find(model.head).variables + pooling
