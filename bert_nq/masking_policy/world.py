"""The world of real texts: masks are scored by what a language model learns with them.

A language model is pretrained further on the masked blocks of an episode, then fine-tuned on its
rows, then scored on texts that no episode trains on. All in one process and one graph.
"""
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.masking_policy import draws, masks
from bert_nq.masking_policy.blocks import Block
from bert_nq.masking_policy.episodes import Played, Sample
from bert_nq.masking_policy.schedules import linear_decay
from bert_nq.masking_policy.settings import EpisodeSettings
from bert_nq.masking_policy.tasks import Context, joined

# Numbers of the trainings in an episode, for their draws.
_PRETRAINING, _FINETUNING = range(2)
_HEAD_STDDEV = 0.02
# Blocks and rows that are looked at together, times those of a step of training, as in the source.
_EVALUATED = 4


class Texts(NamedTuple):
    """The texts of a run."""
    contexts: Sequence[Context]
    blocks: Sequence[Sequence[Block]]  # of each context; none where there is nothing to mask
    mask_id: int
    vocab_size: int


class Stopped(Exception):  # noqa: N818 - it is no error
    """The run was asked to stop in the middle of an episode, of which nothing is kept."""


class LanguageModelWorld:
    """See episodes for what a world is.

    Args:
      graph: a graphs.lm_graph.LanguageModelGraph, in a session.
      texts: of the run.
      settings: of the trainings.
      seed: of all draws.
      language_model: {name: value}, from which the next episode starts.
      head_shapes: {name: shape} of the task's head.
      check: called before each step; may raise `Stopped`.

    Raises:
      UserError: there are too few texts.
    """

    def __init__(self, graph: Any, texts: Texts, settings: EpisodeSettings, seed: int,
                 language_model: Dict[str, np.ndarray], check: Callable[[], None] = lambda: None):
        self._graph, self._texts, self._settings, self._seed = graph, texts, settings, seed
        self.language_model = language_model
        self._check = check
        shares = draws.split(seed, [context.key % 2 ** 64 for context in texts.contexts])
        of_validation = shares < settings.validation_share
        self._train = np.flatnonzero(~of_validation & np.array(list(map(bool, texts.blocks))))
        validation = np.flatnonzero(of_validation)
        if not len(self._train) or not len(validation):
            raise UserError("%d texts are too few for training and validation: %d and %d"
                            % (len(texts.contexts), len(self._train), len(validation)))
        rows = joined([texts.contexts[i].rows for i in validation])
        self.validation = self._some(rows, 0, settings.validation_rows)
        self.num_train = len(self._train)

    def _some(self, rows: Dict[str, np.ndarray], episode: int, most: int):
        kept = draws.some(self._seed, episode, "rows", len(rows["input_ids"]), most)
        return {name: value[kept] for name, value in rows.items()}

    def sample(self, episode: int) -> Sample:
        """The texts of an episode: blocks to pretrain on, and rows of the task."""
        settings = self._settings
        chosen = self._train[draws.some(self._seed, episode, "contexts", len(self._train),
                                        settings.episode_contexts)]
        blocks = [block for i in chosen for block in self._texts.blocks[i]]
        kept = draws.some(self._seed, episode, "blocks", len(blocks), settings.episode_blocks)
        rows = joined([self._texts.contexts[i].rows for i in chosen])
        return Sample([blocks[i] for i in kept], self._some(rows, episode, settings.episode_rows))

    def states(self, blocks: Sequence[Block]) -> List[np.ndarray]:
        """The last layer of the language model on unmasked blocks, float32 [n, H] each."""
        self._graph.language_model.load(self._graph.session, self.language_model)
        return self._graph.states(blocks, _EVALUATED * self._settings.mlm_batch_size)

    def play(self, episode: int, sample: Sample, positions: Sequence[np.ndarray]) -> Played:
        """Pretrains a copy of the language model on masked blocks, fine-tunes and scores it."""
        graph = self._graph
        graph.language_model.load(graph.session, self.language_model)
        graph.begin_training()
        mlm_loss = self._pretrain(episode, self.masked(episode, sample.blocks, positions))
        model = graph.language_model.read(graph.session)
        graph.head.load(graph.session, self._new_head(episode))
        graph.begin_training()
        task_loss = self._finetune(episode, sample.task)
        score = 100 * graph.accuracy(self.validation,
                                     _EVALUATED * self._settings.task_batch_size)
        return Played(score, model, {"mlm_loss": mlm_loss, "task_loss": task_loss})

    def keep(self, played: Played) -> None:
        """Has the next episode start from a player's language model."""
        self.language_model = played.model

    def masked(self, episode: int, blocks: Sequence[Block], positions: Sequence[np.ndarray]):
        """The blocks as the model sees them: what a position becomes is the same for all players.
        """
        from bert_nq.masking_policy.graphs.lm_graph import Masked
        found = []
        for block, chosen in zip(blocks, positions):
            size = len(block.ids)
            shown = masks.corrupted(
                block.ids, chosen, draws.corruption(self._seed, episode, block.key, size),
                draws.other_pieces(self._seed, episode, block.key, size, self._texts.vocab_size),
                self._texts.mask_id)
            found.append(Masked(shown, chosen, block.ids[chosen]))
        return found

    def _new_head(self, episode: int) -> Dict[str, np.ndarray]:
        """The values from which the task's head starts, the same for all players."""
        values = {}
        for number, (name, shape) in enumerate(sorted(self._graph.head.shapes().items())):
            noise = draws.head(self._seed, episode, number).standard_normal(shape)
            values[name] = (np.zeros(shape) if name.endswith("bias")
                            else _HEAD_STDDEV * np.clip(noise, -2, 2)).astype(np.float32)
        return values

    def _pretrain(self, episode, masked) -> float:
        settings = self._settings
        return self._steps(
            episode, _PRETRAINING, len(masked), settings.mlm_batch_size, settings.mlm_epochs,
            settings.mlm_learning_rate,
            lambda places, *step: self._graph.pretrain([masked[i] for i in places], *step))

    def _finetune(self, episode, rows) -> float:
        settings = self._settings
        return self._steps(
            episode, _FINETUNING, len(rows["input_ids"]), settings.task_batch_size,
            settings.task_epochs, settings.task_learning_rate,
            lambda places, *step: self._graph.finetune(
                {name: value[places] for name, value in rows.items()}, *step))

    def _steps(self, episode, phase, total, batch_size, epochs, rate, make_step) -> float:
        """All steps of a training; returns the mean loss of the last epoch.

        Raises:
          UserError: the loss is no number.
        """
        num_steps = epochs * -(-total // batch_size)
        losses: List[float] = []
        for epoch in range(epochs):
            order = draws.order(self._seed, episode, phase, epoch, total)
            losses = []
            for start in range(0, total, batch_size):
                self._check()
                step = epoch * -(-total // batch_size) + start // batch_size
                losses.append(make_step(
                    order[start:start + batch_size], linear_decay(rate, step, num_steps), step,
                    draws.step_seed(self._seed, episode, phase, step)))
            if not np.isfinite(losses).all():
                raise UserError("episode %d: the loss of %s is no number: lower --%s_learning_rate"
                                % (episode + 1, ("further pretraining", "fine-tuning")[phase],
                                   ("mlm", "task")[phase]))
        return float(np.mean(losses))
