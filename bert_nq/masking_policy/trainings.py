"""The two trainings of a language model: further pretraining on masked blocks, and fine-tuning.

All draws follow from the seed and the episode, so that players, and contenders of a test, differ in
their masks alone.
"""
from typing import Any, Callable, Dict, List, Mapping, Optional

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.features.masking import shown
from bert_nq.features.maskings.masker import MaskPieces
from bert_nq.masking_policy import draws
from bert_nq.masking_policy.blocks import Block, Masked
from bert_nq.masking_policy.settings import EpisodeSettings

# Numbers of the trainings in an episode, for their draws.
_PRETRAINING, _FINETUNING = range(2)
_HEAD_STDDEV = 0.02


class Stopped(Exception):  # noqa: N818 - it is no error
    """The run was asked to stop in the middle of a training, of which nothing is kept."""


class Trainings:
    """Trainings in one graph.

    Args:
      graph: a graphs.lm_graph.LanguageModelGraph, in a session.
      settings: of the trainings.
      seed: of all draws.
      pieces: that hide others.
      check: called before each step; may raise `Stopped`.
    """

    def __init__(self, graph: Any, settings: EpisodeSettings, seed: int,
                 pieces: MaskPieces, check: Callable[[], None] = lambda: None):
        self._graph, self._settings, self._seed = graph, settings, seed
        self._pieces, self._check = pieces, check

    def masked(self, episode: int, block: Block, positions: np.ndarray,
               groups: Optional[np.ndarray] = None) -> Masked:
        """A block as the model sees it.

        What a position becomes if it is masked is the same for whoever masks it; of a group, all
        become what the first of them does.

        Args:
          episode: for its draws.
          block: with its pieces.
          positions: int [k], masked.
          groups: int [k], see maskings.Chosen.
        """
        size, others = len(block.ids), self._pieces.others
        kinds = draws.corruption(self._seed, episode, block.key, size)[positions]
        if groups is not None:
            _, first, group = np.unique(groups, return_index=True, return_inverse=True)
            kinds = kinds[first][group]
        found = draws.below(self._seed, episode, block.key, size, len(others))[positions]
        return Masked(shown(block.ids, positions, kinds, self._pieces.mask, others[found]),
                      positions, block.ids)

    def pretrain(self, episode: int, total: int, masked_of: Callable) -> float:
        """Pretrains what is in the session further; returns the mean loss of the last epoch.

        Args:
          episode: for its draws.
          total: how many blocks there are.
          masked_of: from the epoch, and the places of a step's blocks, to these as `masked` gives
            them.

        Raises:
          UserError: the loss is no number.
        """
        settings = self._settings
        self._graph.begin_training()
        return self._steps(
            episode, _PRETRAINING, total, settings.mlm_batch_size, settings.mlm_epochs,
            settings.mlm_learning_rate,
            lambda epoch, places, *step: self._graph.pretrain(masked_of(epoch, places), *step))

    def finetune(self, episode: int, rows: Mapping[str, np.ndarray]) -> float:
        """Fine-tunes what is in the session, with a new head; returns as `pretrain`."""
        settings, graph = self._settings, self._graph
        graph.head.load(graph.session, self._new_head(episode))
        graph.begin_training()
        return self._steps(
            episode, _FINETUNING, len(rows["input_ids"]), settings.task_batch_size,
            settings.task_epochs, settings.task_learning_rate,
            lambda epoch, places, *step: graph.finetune(
                {name: value[places] for name, value in rows.items()}, *step))

    def _new_head(self, episode: int) -> Dict[str, np.ndarray]:
        """The values from which the task's head starts."""
        values = {}
        for number, (name, shape) in enumerate(sorted(self._graph.head.shapes().items())):
            noise = draws.head(self._seed, episode, number).standard_normal(shape)
            values[name] = (np.zeros(shape) if name.endswith("bias")
                            else _HEAD_STDDEV * np.clip(noise, -2, 2)).astype(np.float32)
        return values

    def _steps(self, episode: int, phase: int, total: int, batch_size: int, epochs: int,
               rate: float, make_step: Callable[..., float]) -> float:
        steps_of_epoch = -(-total // batch_size)
        losses: List[float] = []
        for epoch in range(epochs):
            order = draws.order(self._seed, episode, phase, epoch, total)
            losses = []
            for number in range(steps_of_epoch):
                self._check()
                step = epoch * steps_of_epoch + number
                # The rate falls on a line to 0; there is no warm-up.
                losses.append(make_step(
                    epoch, order[number * batch_size:(number + 1) * batch_size],
                    rate * (1 - step / (epochs * steps_of_epoch)), step,
                    draws.step_seed(self._seed, episode, phase, step)))
            if not np.isfinite(losses).all():
                raise UserError("episode %d: the loss of %s is no number: lower --%s_learning_rate"
                                % (episode + 1, ("further pretraining", "fine-tuning")[phase],
                                   ("mlm", "task")[phase]))
        return float(np.mean(losses))
