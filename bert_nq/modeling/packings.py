"""The orders in which an encoder takes question and document, and where a head finds things there.

Free of TensorFlow until a graph is built. A packing is a value that an encoder has, so that heads
need not know where its [CLS] is and which segment is the document's.

Notation: B batch, S sequence in pieces.
"""
from typing import Any, Callable, Dict, Mapping, NamedTuple

CLS, DOCUMENT = "cls_positions", "document_mask"


class Packing(NamedTuple):
    """An order of the parts of a window."""

    name: str
    # Given the features of a batch, int [B, S] each, the tensors that heads find places by:
    #   cls_positions  int32 [B], of the token that stands for "no answer"
    #   document_mask  bool [B, S], the pieces of the document, without separators
    places: Callable[[Mapping[str, Any]], Dict[str, Any]]
    num_segments: int = 2  # kinds of segments in its windows


def with_places(packing: Packing, features: Mapping[str, Any]) -> Dict[str, Any]:
    """The features with the tensors of `Packing.places` among them."""
    return dict(features, **packing.places(features))


def _places_of_bert(features: Mapping[str, Any]) -> Dict[str, Any]:
    """[CLS] question [SEP] document [SEP] padding, the document's segment being 1."""
    from bert_nq.modeling.runtime import tf
    segments = features["segment_ids"]
    # Without the [SEP] at its end, which is followed by padding or by nothing.
    document = segments * tf.pad(segments[:, 1:], [[0, 0], [0, 1]])
    return {CLS: tf.zeros_like(segments[:, 0], tf.int32), DOCUMENT: tf.cast(document, tf.bool)}


BERT = Packing("bert", _places_of_bert)


def _places_of_xlnet(features: Mapping[str, Any]) -> Dict[str, Any]:
    """Document <sep> question <sep> <cls> padding, the document's segment being 0."""
    from bert_nq.modeling.runtime import tf
    mask = tf.cast(features["input_mask"], tf.int32)
    is_first = tf.cast(tf.equal(features["segment_ids"], 0), tf.int32) * mask
    # Without the <sep> at its end, which the question's segment follows.
    document = is_first * tf.pad(is_first[:, 1:], [[0, 0], [0, 1]])
    return {CLS: tf.reduce_sum(mask, axis=1) - 1, DOCUMENT: tf.cast(document, tf.bool)}


XLNET = Packing("xlnet", _places_of_xlnet, num_segments=4)
