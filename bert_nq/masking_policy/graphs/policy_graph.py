"""Policy and value network in a session: what to mask, and updates from a replay memory.

Notation: B blocks or entries, S positions with padding, H width of the language model.
"""
from typing import Any, Dict, List, NamedTuple, Sequence

import numpy as np

from bert_nq.masking_policy.blocks import padded
from bert_nq.masking_policy.graphs import losses, networks
from bert_nq.masking_policy.graphs.weight_sets import WeightSet
from bert_nq.masking_policy.replay import Batch, State
from bert_nq.masking_policy.settings import PolicySettings
from bert_nq.modeling import checkpoints
from bert_nq.modeling.runtime import tf
from bert_nq.training import gradients, optimizer
from bert_nq.training.optimizer import OptimizerSettings

# The source's optimizer is PyTorch's.
_OPTIMIZER = OptimizerSettings(0.0, 1, 0, optimizer="adamw_corrected", weight_decay_rate=0.0,
                               adam_epsilon=1e-8)


class Acted(NamedTuple):
    """The networks' outputs of B blocks, without padding."""
    log_probs: List[np.ndarray]  # float32 [n] each, -inf where nothing may be masked
    values: np.ndarray  # float32 [B]


class Updated(NamedTuple):
    """The end of an update on B entries."""
    scalars: Dict[str, float]  # see losses.total, and loss and gradient_norm
    values: np.ndarray  # float32 [B], of the entries' blocks before the update


class PolicyGraph:
    """Builds both networks in the current graph, once; weights go in and out.

    Args:
      width: H.
      num_heads: of the self-attention, which divides H.
      settings: how it learns.
      batch_size: blocks that are looked at at once.

    Attributes:
      user: whose weights are in the session, for those who share it.
    """

    def __init__(self, width: int, num_heads: int, settings: PolicySettings, batch_size: int = 32):
        self._settings, self._batch_size = settings, batch_size
        self._states = tf.placeholder(tf.float32, [None, None, width])
        self._is_real = tf.placeholder(tf.bool, [None, None])
        self._is_maskable = tf.placeholder(tf.bool, [None, None])
        self._outputs = networks.build(self._states, self._is_real, self._is_maskable, num_heads)
        self._block = tf.placeholder(tf.int32, [None])  # of each entry
        self._position = tf.placeholder(tf.int32, [None])
        self._old_log_prob = tf.placeholder(tf.float32, [None])
        self._reward = tf.placeholder(tf.float32, [None])
        self._updates_before = tf.placeholder(tf.int32, [])
        self._train = self._build_update()
        self._weights = WeightSet(self._variables)
        self.session: Any = None
        self.user: Any = None

    def _entries(self) -> losses.Entries:
        out = self._outputs
        places = tf.stack([self._block, self._position], axis=1)
        counts = tf.reduce_sum(tf.cast(self._is_maskable, tf.float32), axis=1)
        return losses.Entries(
            tf.gather_nd(out.log_probs, places), tf.gather(out.values, self._block),
            tf.gather(networks.entropies(out.log_probs, self._is_maskable), self._block),
            tf.gather(counts, self._block), self._old_log_prob, self._reward)

    def _build_update(self) -> Dict[str, Any]:
        own = [v for v in tf.trainable_variables()
               if checkpoints.name_of(v).startswith(networks.SCOPE + "/")]
        entries = self._entries()
        found = gradients.of_batch(
            lambda features, number: losses.total(entries, self._settings), {}, lambda: own)
        parameters = optimizer.make_parameters(found.variables, _OPTIMIZER)
        self._variables = [v for p in parameters for v in (p.variable, p.first, p.second)]
        norm = tf.global_norm(found.values)
        clipping = _OPTIMIZER.max_gradient_norm / tf.maximum(norm, _OPTIMIZER.max_gradient_norm)
        values = tf.identity(entries.values)
        scalars = {name: tf.identity(value) for name, value in found.means().items()}
        # All that is told is of the weights before the update.
        with tf.control_dependencies([values, norm, *scalars.values()]):
            op = optimizer.update([value * clipping for value in found.values], parameters,
                                  tf.constant(self._settings.policy_learning_rate),
                                  self._updates_before, _OPTIMIZER)
        return {"op": op, "values": values, "scalars": dict(scalars, gradient_norm=norm)}

    def read(self) -> Dict[str, np.ndarray]:
        """{name: value} of the networks' variables and their optimizer's."""
        return self._weights.read(self.session)

    def load(self, weights: Dict[str, np.ndarray]) -> None:
        """Sets them; raises ValueError where they do not fit."""
        self._weights.load(self.session, weights)

    def act(self, states: Sequence[State]) -> Acted:
        """The networks' outputs of blocks."""
        log_probs: List[np.ndarray] = []
        values = []
        for start in range(0, len(states), self._batch_size):
            part = states[start:start + self._batch_size]
            found = self.session.run(self._outputs, self._feed(part))
            log_probs.extend(row[:len(state.ids)] for row, state in zip(found.log_probs, part))
            values.append(found.values)
        return Acted(log_probs, np.concatenate(values))

    def _feed(self, states: Sequence[State]) -> Dict[tf.Tensor, np.ndarray]:
        length = max(len(state.ids) for state in states)
        return {self._states: padded([s.hidden for s in states], length),
                self._is_real: padded([np.ones(len(s.ids), bool) for s in states], length),
                self._is_maskable: padded([s.maskable for s in states], length)}

    def update(self, batch: Batch, num_updates: int) -> Updated:
        """Learns from entries; `num_updates` were made before.

        Raises:
          FloatingPointError: the loss is no number.
        """
        # Each block goes through the networks once, however many entries share it.
        numbers = {id(state): i for i, state in enumerate(
            {id(state): state for state in batch.states}.values())}
        states = list({id(state): state for state in batch.states}.values())
        done = self.session.run(self._train, {
            **self._feed(states),
            self._block: [numbers[id(state)] for state in batch.states],
            self._position: batch.positions, self._old_log_prob: batch.log_probs,
            self._reward: batch.rewards,
            self._updates_before: num_updates})
        scalars = {name: float(value) for name, value in done["scalars"].items()}
        if not np.isfinite(list(scalars.values())).all():
            raise FloatingPointError("the policy's loss is no number")
        return Updated(scalars, done["values"])
