"""A trained model, or the mean of several, as a function from labelled windows to its choices.

Notation: N and B windows, S sequence in wordpieces, L the longest of a batch, rounded up, C the
options of a choice. TensorFlow is imported when a model is opened.
"""
import collections
from typing import Dict, Mapping, NamedTuple, Sequence, Union

import numpy as np

from bert_nq.modeling import models
from bert_nq.prediction.batches import Batch, make_batches
from bert_nq.prediction.model_settings import ModelSettings
from bert_nq.records.teacher_logits import POSITIONS

# The logit of a position that was not computed: no number of float16 is lower.
NOT_COMPUTED = float(np.finfo(np.float16).min)


class _Windows(NamedTuple):
    """Windows as make_batches takes the rows of an example."""
    lengths: np.ndarray  # [N]
    features: Mapping[str, np.ndarray]

    def columns(self) -> Mapping[str, np.ndarray]:
        """The features by name."""
        return self.features


class Chosen(NamedTuple):
    """The choices of N windows."""
    logits: Dict[str, np.ndarray]  # [N, C] by the names of Head.distributions
    means: Dict[str, float]  # of the head's losses and accuracies on the labels


class ChoiceModel:
    """See the module. Threads and memory are held until `close`; a context manager.

    Attributes:
      choices: the options of each choice, see records.teacher_logits.Choices.
    """

    def __init__(self, settings: ModelSettings, inputs: Sequence[str], labels: Sequence[str],
                 batch_size: int, skip_padding: bool = False):
        """Builds the graph and reads the weights.

        Args:
          settings: the models, of one head, which says what its choices are.
          inputs, labels: the names of the features that windows have.
          batch_size: B.
          skip_padding: whether the logits of padding are not computed, but NOT_COMPUTED. Windows of
            about equal length then go through the model together.

        Raises:
          UserError: a checkpoint cannot be read or does not fit its config.
        """
        from bert_nq.prediction import window_model
        self.choices: Dict[str, Union[int, str]] = {}
        self._batch_size, self._skip_padding = batch_size, skip_padding
        self._names = tuple(inputs) + tuple(labels)

        def build(features):
            logits = window_model.mean_logits(settings, features)
            model = settings.members[0].model
            found = models.distributions(model, logits, features)
            for name, choice in found.items():
                self.choices[name] = (int(choice.logits.shape[1]) if choice.is_real is None
                                      else POSITIONS)
            loss, scalars = models.loss(model, logits, features)
            self._scalars = ["loss"] + sorted(scalars)
            return dict(scalars, loss=loss, **{_output(name): choice.logits
                                               for name, choice in found.items()})

        self._graph = window_model.FrozenGraph(settings, build, labels)

    def __enter__(self) -> "ChoiceModel":
        return self

    def __exit__(self, *unused) -> None:
        self._graph.close()

    def run(self, windows: Mapping[str, np.ndarray], seq_length: int) -> Chosen:
        """The choices of windows, which depend on these N alone.

        Args:
          windows: inputs [N, S] and labels [N] by name.
          seq_length: S.
        """
        lengths = _lengths(windows["input_mask"])
        logits = {name: np.full([len(lengths), seq_length if size == POSITIONS else size],
                                NOT_COMPUTED, np.float32) for name, size in self.choices.items()}
        totals = collections.Counter()
        for batch in make_batches([_Windows(lengths, windows)], self._names, self._batch_size,
                                  full_length=not self._skip_padding):
            self._run_batch(batch, logits, totals)
        return Chosen(logits, {name: totals[name] / len(lengths) for name in self._scalars})

    def _run_batch(self, batch: Batch, logits: Dict[str, np.ndarray],
                   totals: "collections.Counter[str]") -> None:
        found = self._graph.run(batch.features())
        for name, values in logits.items():
            part = found[_output(name)]
            values[batch.rows, :part.shape[1]] = part
        for name in self._scalars:
            totals[name] += float(found[name]) * len(batch.rows)


def _output(choice: str) -> str:
    """The name of a choice's logits among what leaves the graph."""
    return "choice/" + choice


def _lengths(mask: np.ndarray) -> np.ndarray:
    """[N]: the pieces of each window up to its last one that is no padding."""
    return mask.shape[1] - np.argmax(mask[:, ::-1] != 0, axis=1)
