"""Policies put to the test: further pretraining on all texts, fine-tuning, scores.

    1  The original language model is pretrained further on all texts with the k likeliest positions
       of each saved policy, fine-tuned on the rows that are not held out, and scored on those that
       are. The best policy is chosen by that score: never by the test's.
    2  No further pretraining, random masks and others by rules, all of the same budget, and the
       chosen policy: each is fine-tuned on all rows, once for each seed, and its answers to other
       files get the official scores.

Each result is kept as it comes; a test that was killed repeats the one that it was at.
"""
import os
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Sequence

import numpy as np

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.features.maskings.masker import MaskPieces
from bert_nq.masking_policy import players
from bert_nq.masking_policy.blocks import Block
from bert_nq.masking_policy.contenders import Contender
from bert_nq.masking_policy.settings import EpisodeSettings, differences
from bert_nq.masking_policy.trainings import Trainings

FILE = "meta_test.json"
_REMEDY = "remove it to test anew"

Official = Dict[str, float]  # the numbers of a task's scorer by their names


class Split(NamedTuple):
    """The rows of the task: {feature: [R, ...]} each."""
    train: Mapping[str, np.ndarray]  # that are not held out
    held_out: Mapping[str, np.ndarray]  # by which the policy is chosen
    all: Mapping[str, np.ndarray]  # both


class Results:
    """The scores of a test, in one file that is replaced with each of them.

    Raises:
      UserError: the file is none, or of a test with other settings.
    """

    def __init__(self, folder: str, settings: Mapping[str, Any]):
        self._path, self._settings = os.path.join(folder, FILE), dict(settings)
        content = files.read_json(self._path, remedy=_REMEDY)
        if content is not None and not (isinstance(content, dict) and isinstance(
                content.get("scores"), dict) and isinstance(content.get("settings"), dict)):
            raise UserError("%s is not what a test writes: %s" % (self._path, _REMEDY))
        found = differences(content["settings"], self._settings) if content else []
        if found:
            raise UserError("%s is of a test with other settings: %s; %s"
                            % (self._path, "; ".join(found), _REMEDY))
        self.scores: Dict[str, Any] = content["scores"] if content else {}

    def score(self, key: str, kind: type, compute: Callable[[], Any]) -> Any:
        """The score of a key, computed and kept where it is not there.

        Args:
          key: what it is of.
          kind: float, or dict for several numbers by their names.
          compute: gives it.

        Raises:
          UserError: what is there is of another kind.
        """
        if key not in self.scores:
            self.scores[key] = compute()
            files.write_json(self._path, {"settings": self._settings, "scores": self.scores})
        if not isinstance(self.scores[key], kind):
            raise UserError("%s: the score of %s is %.60s, which is not what this release writes: "
                            "%s" % (self._path, key, self.scores[key], _REMEDY))
        return self.scores[key]


class MetaTest:
    """Trains and scores one contender after the other in the graphs of a run.

    Args:
      graph: a graphs.lm_graph.LanguageModelGraph, in a session.
      blocks: of all texts.
      split: the rows.
      settings: of the trainings.
      masking_prob: the budget, for all.
      pieces: see Trainings.
      language_model: {name: value}, the original one.
      score_test: the official scores of what is in the session.
      check: see Trainings.
    """

    def __init__(self, graph: Any, blocks: Sequence[Block], split: Split,
                 settings: EpisodeSettings, masking_prob: float, pieces: MaskPieces,
                 language_model: Mapping[str, np.ndarray], score_test: Callable[[], Official],
                 check: Callable[[], None] = lambda: None):
        self._graph, self._blocks, self._split = graph, blocks, split
        self._settings, self._masking_prob = settings, masking_prob
        self._pieces, self._check = pieces, check
        self._language_model, self._score_test = language_model, score_test

    def held_out(self, contender: Contender, seed: int) -> float:
        """The accuracy on rows that are held out, in percent."""
        self._train(contender, self._split.train, seed)
        return 100 * self._graph.accuracy(self._split.held_out, self._settings.rows_scored)

    def tested(self, contender: Contender, seed: int,
               keep: Callable[[Dict[str, np.ndarray]], None] = lambda weights: None) -> Official:
        """The official scores of the test.

        Args:
          contender: chooses the masks.
          seed: of all draws.
          keep: is given the language model that was pretrained further, before fine-tuning.
        """
        self._train(contender, self._split.all, seed, keep)
        return self._score_test()

    def _train(self, contender: Contender, rows, seed: int,
               keep: Callable = lambda weights: None) -> None:
        graph = self._graph
        trainings = Trainings(graph, self._settings, seed, self._pieces, self._check)
        graph.language_model.load(graph.session, self._language_model)
        if contender.choose is not None:
            trainings.pretrain(0, len(self._blocks), self._masker(contender, trainings, seed))
            keep(graph.language_model.read(graph.session))
        trainings.finetune(0, rows)

    def _masker(self, contender: Contender, trainings: Trainings, seed: int) -> Callable:
        """Masks a step's blocks as the language model sees them at that moment, anew each epoch."""
        choose = contender.choose
        assert choose is not None

        def masked_of(epoch, places):
            some = [self._blocks[i] for i in places]
            hidden: List[np.ndarray] = self._graph.states(some, len(some)) if contender.looks else [
                np.zeros([len(b.ids), 0], np.float32) for b in some]
            turn = players.turn(seed, epoch, some, hidden, self._masking_prob)
            return [trainings.masked(epoch, block, *chosen)
                    for block, chosen in zip(some, choose(turn))]

        return masked_of


def best_of(held_out: Mapping[str, float]) -> str:
    """The name of the highest score; of equal ones the first."""
    return max(held_out, key=lambda name: held_out[name])


def spread(scores: Sequence[float]) -> str:
    """Mean and range of scores, as a table has them."""
    mean = "%.3f" % float(np.mean(scores))
    return mean if len(scores) < 2 else "%s (%.3f to %.3f)" % (mean, min(scores), max(scores))
