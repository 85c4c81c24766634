"""Logits of classes to labels."""
from typing import Any, Dict, List, Mapping, NamedTuple, Tuple

import numpy as np

from bert_nq.datasets.classification import labels
from bert_nq.datasets.classification.reading import Example
from bert_nq.decoding import decoders
from bert_nq.modeling.heads.class_outputs import ClassOptions, ClassOutputs

Entry = Dict[str, Any]


class ClassDecoderOptions(NamedTuple):
    """Settings, named as the flags are."""
    labels: str = ""  # see datasets.classification.labels


class ClassDecoder:
    """Labels texts with their likeliest class; of equal ones with the first."""

    name = "classes"
    outputs_type = ClassOutputs

    def __init__(self, options: ClassDecoderOptions):
        self._options = options
        self._labels = labels.parse(options.labels)

    def output_options(self) -> ClassOptions:
        """The amount of what leaves the model."""
        return ClassOptions()

    def decode(self, example: Example, rows: Any, outputs: ClassOutputs) -> Entry:
        """The entry of a text in the prediction file."""
        return self.both(example, rows, outputs)[0]

    def nbest(self, example: Example, rows: Any, outputs: ClassOutputs) -> Entry:
        """The entry of a text in the n-best file: all labels, the likeliest first."""
        return self.both(example, rows, outputs)[1]

    def both(self, example: Example, rows: Any, outputs: ClassOutputs) -> Tuple[Entry, Entry]:
        """The entries of both files."""
        del rows
        logits = outputs.logits[0].astype(np.float64)
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        order = np.argsort(-logits, kind="stable").tolist()
        ranked: List[Entry] = [{"label": self._labels[i], "probability": float(shares[i])}
                               for i in order]
        ids = {"example_id": example.example_id, "id": example.text_id}
        return dict(ids, **ranked[0]), dict(ids, labels=ranked)

    def describe(self) -> Dict[str, Any]:
        """The decoder as prediction files tell of it."""
        return {"decoder": self.name, "options": dict(self._options._asdict())}


DECODERS: Mapping[str, Tuple[Any, Any]] = {"classes": (ClassDecoder, ClassDecoderOptions)}
# A head's name to the names of the decoders of its outputs.
OF_HEADS: Mapping[str, Tuple[str, ...]] = {
    "classes": ("classes",), "mean_classes": ("classes",)}


def make_decoder(name: str, options: Mapping[str, Any]) -> ClassDecoder:
    """The decoder of a name, see decoders.make."""
    return decoders.make(DECODERS, name, options)
