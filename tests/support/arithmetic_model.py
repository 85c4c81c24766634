"""A substitute for a trained model: simple arithmetic, no TensorFlow, other logits per window.

It has the interface of prediction.window_model's WindowModel; `install` puts it in its place.
"""
import sys
import types

import numpy as np

from bert_nq.modeling.heads import window_outputs as outputs
from tests.support.encoding import INPUTS

_OPTIONS = outputs.OutputOptions()


def logits(input_ids, input_mask, segment_ids):
    """Start, end and type logits that depend on all wordpieces of a window; 0 in the padding."""
    ids = input_ids.astype(np.int64)
    columns = np.arange(ids.shape[1])
    content = np.sum(ids * (columns + 1), axis=1, keepdims=True)
    live = input_mask + 2 * segment_ids
    return ((ids * 7919 + columns * 104729 + content) % 1009 * live / 100.0,
            (ids * 104729 + columns * 7919 + content) % 1013 * live / 100.0,
            content * np.arange(1, 6) % 7 * 0.5)


class ArithmeticModel:
    """Substitute for WindowModel; `batch_sizes` has the sizes of all batches."""

    full_length = False

    def __init__(self, settings=None, decoder=None):
        self._options = decoder.output_options() if decoder else _OPTIONS
        self.batch_sizes = []

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        pass

    def run(self, batch):
        features = [batch.features()[name] for name in INPUTS]
        self.batch_sizes.append(len(batch.rows))
        return outputs.from_logits(*logits(*features), *features[1:], self._options)

    def outputs(self, batches):
        return map(self.run, batches)


class Diverged(ArithmeticModel):
    """A model whose logits are NaN."""

    def run(self, batch):
        found = super().run(batch)
        return found._replace(type_logits=np.full_like(found.type_logits, np.nan))


def install(model=ArithmeticModel):
    """Makes `model` this process's WindowModel, whether or not the real one has been imported."""
    name = "bert_nq.prediction.window_model"
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].WindowModel = model
