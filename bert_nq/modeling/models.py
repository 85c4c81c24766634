"""A model: an encoder and the head on it. Free of TensorFlow until a graph is built."""
from typing import Any, Dict, Mapping, NamedTuple, Tuple

from bert_nq.modeling import encoders, heads, packings
from bert_nq.modeling.encoders import Pass


class Model(NamedTuple):
    """Picklable, for the processes that share work."""
    config: Any  # the encoder's, see encoders.read_config
    head: str  # a name of heads.HEADS, or the path of a module with a HEAD


class Member(NamedTuple):
    """One trained model, of several that are averaged or alone."""
    model: Model
    checkpoint: str  # its prefix
    weight: float = 1.0


def build_logits(model: Model, features: Mapping[str, Any], pass_: Pass) -> Any:
    """The graph from features to the head's logits.

    Args:
      model: encoder and head.
      features: int [B, S] tensors, those of `inputs` among them.
      pass_: what it is for.
    """
    encoder = encoders.of(model.config)
    encoded = encoder.encode(model.config, features, pass_)
    pass_ = pass_._replace(head_dropout=encoder.dropout(model.config))
    features = _with_places(model, features)
    if makes_pooler(model):
        from bert_nq.modeling.heads import pooling
        encoded = encoded._replace(pooled=pooling.of_cls(encoded.sequence,
                                                         features[packings.CLS]))
    if heads.find(model.head).tells_pieces:
        from bert_nq.modeling import piece_logits
        encoded = encoded._replace(piece_logits=piece_logits.tied(
            encoder.piece_layers, model.config, encoded.words, pass_))
    return heads.find(model.head).build(encoded, features, pass_)


def loss(model: Model, logits: Any, features: Mapping[str, Any]) -> Tuple[Any, Dict[str, Any]]:
    """The loss of a model's logits on the labels among the features: see Head.loss."""
    return heads.find(model.head).loss(logits, _with_places(model, features))


def distributions(model: Model, logits: Any,
                  features: Mapping[str, Any]) -> Dict[str, heads.Distribution]:
    """The choices that the logits of a model are of, by name: see Head.distributions."""
    return heads.find(model.head).distributions(logits, _with_places(model, features))


def outputs(model: Model, logits: Any, features: Mapping[str, Any],
            options: Any) -> Dict[str, Any]:
    """The tensors that leave the graph: see Head.outputs."""
    return heads.find(model.head).outputs(logits, _with_places(model, features), options)


def _with_places(model, features):
    return packings.with_places(encoders.of(model.config).packing, features)


def inputs(model: Model) -> Tuple[str, ...]:
    """The names of the features that a model reads in prediction, int32 [B, S] each."""
    return encoders.of(model.config).inputs + heads.find(model.head).inputs


def makes_pooler(model: Model) -> bool:
    """Whether the head wants a vector of the whole sequence, and the encoder has no pooler."""
    return heads.find(model.head).pools and not encoders.of(model.config).pools


def head_variables(model: Model) -> Tuple[str, ...]:
    """The names of the variables outside the encoder."""
    pooling = (heads.POOLING + "/kernel", heads.POOLING + "/bias") if makes_pooler(model) else ()
    head = heads.find(model.head)
    pieces = encoders.of(model.config).piece_layers.variables() if head.tells_pieces else ()
    return head.variables + pieces + pooling
