"""The language model of an episode in one graph: further pretraining, fine-tuning, scores, states.

The graph is built once. A training starts from values that are put into the variables, with the
optimizer's at zero, and ends with values that are read from them.

Notation: B rows or blocks, S positions with padding, H hidden size.
"""
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Sequence, Tuple

import numpy as np

from bert_nq.features import packing
from bert_nq.masking_policy.blocks import Block, Masked, padded
from bert_nq.masking_policy.graphs.weight_sets import WeightSet
from bert_nq.masking_policy.tasks import INPUTS
from bert_nq.modeling import checkpoints, encoders, models
from bert_nq.modeling.encoders import Pass
from bert_nq.modeling.heads.mlm_outputs import IDS, WEIGHTS
from bert_nq.modeling.models import Model
from bert_nq.modeling.runtime import tf
from bert_nq.prediction.batches import Batch
from bert_nq.training import gradients, optimizer
from bert_nq.training.optimizer import OptimizerSettings

_MAX_NORM = 1.0


class LanguageModelGraph:
    """Builds the graph in the current one.

    Args:
      model: the encoder, and the head of the task.
      labels: the features that the head's loss reads, int32 [B] each.
      adam_epsilon: of both trainings.
      precision: of the trainings, see Pass.
      decoder: says what leaves the graph for `outputs`, see decoding.decoders.make; None: nothing
        does.
    """

    full_length = False  # see prediction.predictor.stream

    def __init__(self, model: Model, labels: Sequence[str], adam_epsilon: float, precision: str,
                 decoder: Any = None):
        self._model, self._precision, self._decoder = model, precision, decoder
        self._masked_model = Model(model.config, "mlm")
        self._packing = packing.PACKINGS[encoders.of(model.config).packing.name]
        self._features = {name: tf.placeholder(tf.int32, [None, None], name) for name in INPUTS}
        self._labels = {name: tf.placeholder(tf.int32, [None], name) for name in labels}
        self._masks = {name: tf.placeholder(tf.int32, [None, None], name)
                       for name in (IDS, WEIGHTS)}
        self._seed = tf.placeholder(tf.int64, [])
        self._rate = tf.placeholder(tf.float32, [])
        self._steps_before = tf.placeholder(tf.int32, [])
        # The source's optimizer is PyTorch's.
        self._settings = OptimizerSettings(0.0, 1, 0, optimizer="adamw_corrected",
                                           weight_decay_rate=0.0, adam_epsilon=adam_epsilon)
        self.session: Any = None
        self._build()

    def _build(self) -> None:
        with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
            self._states = encoders.of(self._model.config).encode(
                self._model.config, self._features, Pass()).sequence
            of_masks = self._gradients(self._masked_loss)
            language_model = tf.trainable_variables()
            of_task = self._gradients(lambda pass_: self._task_loss(self._task_logits(pass_)))
            logits = self._task_logits(Pass())
            self._accuracies = self._task_loss(logits)[1]
            self._outputs = self._decoder and models.outputs(
                self._model, logits, self._features, self._decoder.output_options())
        head = [v for v in tf.trainable_variables() if v not in set(language_model)]
        parameters = optimizer.make_parameters(tf.trainable_variables(), self._settings)
        by_name = {checkpoints.name_of(p.variable): p for p in parameters}
        self._pretrain, self._finetune = (
            self._step(found, [by_name[checkpoints.name_of(v)] for v in found.variables])
            for found in (of_masks, of_task))
        self.language_model = WeightSet(language_model)
        self.head = WeightSet(head)
        self._slots = WeightSet([slot for p in parameters for slot in (p.first, p.second)])

    def _masked_loss(self, pass_: Pass):
        features = {**self._features, **self._masks}
        return models.loss(self._masked_model, models.build_logits(
            self._masked_model, features, pass_), features)

    def _task_logits(self, pass_: Pass):
        return models.build_logits(self._model, self._features, pass_)

    def _task_loss(self, logits):
        """The loss, and the mean accuracy of the head's choices."""
        loss, scalars = models.loss(self._model, logits, {**self._features, **self._labels})
        accuracies = [value for name, value in sorted(scalars.items())
                      if name.endswith("_accuracy")]
        return loss, tf.add_n(accuracies) / float(len(accuracies))

    def _gradients(self, make_loss) -> gradients.Gradients:
        pass_ = Pass(True, self._seed, self._precision)
        return gradients.of_batch(lambda features, number: (make_loss(pass_)[0], {}), {},
                                  tf.trainable_variables)

    def _step(self, found: gradients.Gradients, parameters) -> Tuple[tf.Tensor, tf.Operation]:
        loss, norm = found.means()["loss"], tf.global_norm(found.values)
        clipping = _MAX_NORM / tf.maximum(norm, _MAX_NORM)
        with tf.control_dependencies([loss, norm]):
            op = optimizer.update([value * clipping for value in found.values], parameters,
                                  self._rate, self._steps_before, self._settings)
        return loss, op

    def begin_training(self) -> None:
        """Sets what the optimizer remembers to zero."""
        self._slots.zero(self.session)

    def states(self, blocks: Sequence[Block], batch_size: int) -> List[np.ndarray]:
        """float32 [n, H] of each unmasked block, without dropout."""
        found: List[np.ndarray] = []
        for start in range(0, len(blocks), batch_size):
            part = blocks[start:start + batch_size]
            states = self.session.run(self._states, self._feed_blocks([b.ids for b in part]))
            found.extend(np.array(row[:len(block.ids)]) for row, block in zip(states, part))
        return found

    def _feed_blocks(self, ids: Sequence[np.ndarray]) -> Dict[tf.Tensor, np.ndarray]:
        lengths = np.array(list(map(len, ids)))
        length = int(lengths.max())
        return {self._features["input_ids"]: padded(ids, length),
                self._features["input_mask"]: packing.is_piece(lengths, length),
                self._features["segment_ids"]: self._packing.text_segments(lengths, length)}

    def pretrain(self, blocks: Sequence[Masked], rate: float, step: int, seed: int) -> float:
        """One step on masked blocks; returns the loss before it.

        Args:
          blocks: with a masked position each.
          rate: of learning.
          step: of this training, from 0.
          seed: of dropout.
        """
        ids = padded([block.ids for block in blocks], max(len(block.ids) for block in blocks))
        is_masked = np.zeros(ids.shape, bool)
        for row, block in zip(is_masked, blocks):
            row[block.positions] = True
        return self._run(self._pretrain, {
            **self._feed_blocks([block.shown for block in blocks]),
            self._masks[IDS]: ids, self._masks[WEIGHTS]: is_masked}, rate, step, seed)

    def finetune(self, rows: Mapping[str, np.ndarray], rate: float, step: int, seed: int) -> float:
        """`pretrain` for rows of the task."""
        return self._run(self._finetune, self._feed_rows(rows), rate, step, seed)

    def _run(self, train, feed, rate, step, seed) -> float:
        feed.update({self._seed: seed, self._rate: rate, self._steps_before: step})
        return float(self.session.run(train, feed)[0])

    def _feed_rows(self, rows) -> Dict[tf.Tensor, np.ndarray]:
        """The rows without the padding behind the longest of them."""
        length = int(rows["input_mask"].sum(axis=1).max())
        feed = {place: rows[name][:, :length] for name, place in self._features.items()}
        feed.update({place: rows[name] for name, place in self._labels.items()})
        return feed

    def accuracy(self, rows: Mapping[str, np.ndarray], batch_size: int) -> float:
        """The mean accuracy of the head's choices on rows, without dropout."""
        total, count = 0.0, len(rows["input_ids"])
        for start in range(0, count, batch_size):
            part = {name: value[start:start + batch_size] for name, value in rows.items()}
            total += len(part["input_ids"]) * float(self.session.run(
                self._accuracies, self._feed_rows(part)))
        return total / count

    def outputs(self, batches: Iterable[Batch]) -> Iterator[Any]:
        """The outputs for each batch, of the decoder's outputs_type, without dropout."""
        for batch in batches:
            features = batch.features()
            yield self._decoder.outputs_type(**self.session.run(self._outputs, {
                place: features[name] for name, place in self._features.items()}))
