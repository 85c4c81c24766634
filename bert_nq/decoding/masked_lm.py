"""The blocks of a text put together: how well its hidden pieces are told."""
from typing import Any, Dict, Mapping, NamedTuple, Tuple

import numpy as np

from bert_nq.datasets.corpus.example import Example
from bert_nq.decoding import decoders
from bert_nq.modeling.heads.mlm_outputs import MaskedOptions, MaskedOutputs

Entry = Dict[str, Any]


class SumDecoderOptions(NamedTuple):
    """Settings; there are none."""


class SumDecoder:
    """Sums up the blocks of a text."""

    name = "sums"
    outputs_type = MaskedOutputs

    def __init__(self, options: SumDecoderOptions):
        del options

    def output_options(self) -> MaskedOptions:
        """The amount of what leaves the model."""
        return MaskedOptions()

    def decode(self, example: Example, rows: Any, outputs: MaskedOutputs) -> Entry:
        """The entry of a text in the prediction file."""
        del rows
        masked = int(outputs.num_masked.sum())
        loss = float(outputs.loss_sum.astype(np.float64).sum()) / masked
        return {"example_id": example.example_id, "id": example.text_id, "masked": masked,
                "right": int(outputs.num_right.sum()), "loss": loss}

    def nbest(self, example: Example, rows: Any, outputs: MaskedOutputs) -> Entry:
        """The entry of a text in the n-best file: that of the prediction file."""
        return self.decode(example, rows, outputs)

    def both(self, example: Example, rows: Any, outputs: MaskedOutputs) -> Tuple[Entry, Entry]:
        """The entries of both files."""
        entry = self.decode(example, rows, outputs)
        return entry, entry

    def describe(self) -> Dict[str, Any]:
        """The decoder as prediction files tell of it."""
        return {"decoder": self.name, "options": {}}


DECODERS: Mapping[str, Tuple[Any, Any]] = {"sums": (SumDecoder, SumDecoderOptions)}
# A head's name to the names of the decoders of its outputs.
OF_HEADS: Mapping[str, Tuple[str, ...]] = {"mlm": ("sums",)}


def make_decoder(name: str, options: Mapping[str, Any]) -> SumDecoder:
    """The decoder of a name, see decoders.make."""
    return decoders.make(DECODERS, name, options)
