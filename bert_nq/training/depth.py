"""A variable's depth in the encoder decides whether it is trained, and how fast.

Depth is read from the names: .../embeddings/... lies lowest, .../layer_I/... above it, and what has
neither, such as the pooler and the heads, is at the top. Where layers share weights, .../group_I/
counts as one layer: weights have one rate, and all layers of a group are frozen or none. A dense
layer from narrow embeddings to the width of the layers belongs to the embeddings. A variable that
has weights of every layer has the full rate, as in Google's script of XLNet, and is frozen where
any layer is.
"""
import re
from typing import Dict, Iterable, List, Optional

from bert_nq.base.errors import UserError

_EMBEDDINGS = re.compile(r"(^|/)(embeddings|embedding_hidden_mapping_in|word_embedding|mask_emb)/")
# Weights of XLNet's attention that are one variable for all layers.
_OF_ALL_LAYERS = re.compile(r"(^|/)(r_[wrs]_bias|seg_embed)$")
_LAYER = re.compile(r"(?:^|/)(layer|group)_(\d+)/")


def rate_factors(names: Iterable[str], decay: float) -> Dict[str, float]:
    """{name: factor of its learning rate}.

    1 for the top layer and all above it, decay once more for each layer below, and once more for
    the embeddings, as XLNet is fine-tuned (Yang et al. 2019) and before it ULMFiT (Howard and
    Ruder 2018).

    Args:
      names: of all variables of the model.
      decay: from above 0 to 1.
    """
    names = list(names)
    top = _num_layers(names) - 1
    return {name: decay ** (top - min(_level(name, top), top)) for name in names}


def trained(names: Iterable[str], freeze_embeddings: bool, freeze_layers: int) -> List[str]:
    """The `names` that are not frozen.

    Args:
      names: of all variables of the model.
      freeze_embeddings: whether the embeddings, with their LayerNorm, stay as they are.
      freeze_layers: how many of the lowest layers do.

    Raises:
      UserError: there are fewer layers.
    """
    names = list(names)
    num_layers = _num_layers(names)
    if not 0 <= freeze_layers <= num_layers:
        shared = any("/group_" in name for name in names)
        raise UserError("--freeze_layers=%d: the model has %d %s" % (
            freeze_layers, num_layers,
            "groups of layers that share weights, which count" if shared else "layers"))

    def is_trained(name):
        if _EMBEDDINGS.search(name):
            return not freeze_embeddings
        if _OF_ALL_LAYERS.search(name):
            return freeze_layers == 0
        layer = _layer_of(name)
        return layer is None or layer >= freeze_layers

    return [name for name in names if is_trained(name)]


def _level(name: str, top: int) -> int:
    """-1 for embeddings, then the number of the layer; `top` for what is in neither."""
    if _EMBEDDINGS.search(name):
        return -1
    layer = _layer_of(name)
    return top if layer is None else layer


def _layer_of(name: str) -> Optional[int]:
    found = _LAYER.search(name)
    return int(found.group(2)) if found else None


def _num_layers(names: List[str]) -> int:
    return 1 + max((layer for layer in map(_layer_of, names) if layer is not None), default=-1)
