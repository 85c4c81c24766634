"""The world of real texts: masks are scored by what a language model learns with them.

A language model is pretrained further on the masked blocks of an episode, then fine-tuned on its
rows, then scored on texts that no episode trains on. All in one process and one graph.
"""
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Sequence, Tuple

import numpy as np

from bert_nq.base.errors import UserError
from bert_nq.features.maskings.masker import MaskPieces
from bert_nq.masking_policy import draws
from bert_nq.masking_policy.blocks import Block
from bert_nq.masking_policy.episodes import Played, Sample
from bert_nq.masking_policy.settings import EpisodeSettings
from bert_nq.masking_policy.tasks import Context, joined
from bert_nq.masking_policy.trainings import Trainings


class Texts(NamedTuple):
    """The texts of a run."""
    contexts: Sequence[Context]
    blocks: Sequence[Sequence[Block]]  # of each context; none where there is nothing to mask
    pieces: MaskPieces  # of the vocabulary


def split(texts: Texts, validation_share: float, seed: int) -> Tuple[np.ndarray, np.ndarray]:
    """The numbers of the texts that episodes train on, and of those that are held out.

    A text without rows, of which no answer was found, is in neither; one without blocks, in which
    nothing can be masked, is not trained on.

    Raises:
      UserError: there are none of either.
    """
    shares = draws.split(seed, [context.key % 2 ** 64 for context in texts.contexts])
    has_rows = np.array([len(context.rows["input_ids"]) > 0 for context in texts.contexts])
    has_blocks = np.array(list(map(bool, texts.blocks)))
    train = np.flatnonzero((shares >= validation_share) & has_rows & has_blocks)
    held_out = np.flatnonzero((shares < validation_share) & has_rows)
    if not len(train) or not len(held_out):
        raise UserError("%d texts with --validation_share=%g: %d to train on and %d to score on, "
                        "and both are needed: give more texts or another share"
                        % (len(texts.contexts), validation_share, len(train), len(held_out)))
    return train, held_out


class LanguageModelWorld:
    """See episodes for what a world is.

    Args:
      graph: a graphs.lm_graph.LanguageModelGraph, in a session.
      texts: of the run.
      settings: of the trainings.
      seed: of all draws.
      language_model: {name: value}, from which the next episode starts.
      check: called before each step of a training; may raise trainings.Stopped.

    Raises:
      UserError: there are too few texts.
    """

    def __init__(self, graph: Any, texts: Texts, settings: EpisodeSettings, seed: int,
                 language_model: Dict[str, np.ndarray], check: Callable[[], None] = lambda: None):
        self._graph, self._texts, self._settings, self._seed = graph, texts, settings, seed
        self.language_model = language_model
        self._trainings = Trainings(graph, settings, seed, texts.pieces, check)
        self._train, validation = split(texts, settings.validation_share, seed)
        self._validation = validation
        rows = joined([texts.contexts[i].rows for i in validation])
        self.validation = self._some(rows, 0, settings.validation_rows)

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

    def held_out_blocks(self, most: int) -> List[Block]:
        """The first blocks of texts that no episode trains on."""
        return [block for i in self._validation for block in self._texts.blocks[i]][:most]

    def states(self, blocks: Sequence[Block]) -> List[np.ndarray]:
        """The last layer of the language model on unmasked blocks, float32 [n, H] each."""
        self._graph.language_model.load(self._graph.session, self.language_model)
        return self._graph.states(blocks, self._settings.blocks_looked_at)

    def play(self, episode: int, sample: Sample, positions: Sequence[np.ndarray]) -> Played:
        """Pretrains a copy of the language model on masked blocks, fine-tunes and scores it.

        Raises:
          UserError: a loss is no number.
        """
        graph = self._graph
        graph.language_model.load(graph.session, self.language_model)
        masked = [self._trainings.masked(episode, block, chosen)
                  for block, chosen in zip(sample.blocks, positions)]
        mlm_loss = self._trainings.pretrain(
            episode, len(masked), lambda epoch, places: [masked[i] for i in places])
        model = graph.language_model.read(graph.session)
        task_loss = self._trainings.finetune(episode, sample.task)
        return Played(self.score(self.validation), model,
                      {"mlm_loss": mlm_loss, "task_loss": task_loss})

    def score(self, rows: Mapping[str, np.ndarray]) -> float:
        """The score of what is in the session on rows: the mean accuracy in percent."""
        return 100 * self._graph.accuracy(rows, self._settings.rows_scored)

    def keep(self, played: Played) -> None:
        """Has the next episode start from a player's language model."""
        self.language_model = played.model
