"""The outer loop: three players mask the texts of an episode, and policies learn who did better."""
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from bert_nq.masking_policy import players, rewards
from bert_nq.masking_policy.blocks import Block
from bert_nq.masking_policy.players import Learner, Turn
from bert_nq.masking_policy.settings import PolicySettings

# A world is where masks are tried. It has
#   sample(episode) -> Sample       the texts of an episode
#   states(blocks) -> [n, H] each   the language model's vectors of unmasked blocks
#   play(episode, sample, positions) -> Played    masks to a score
#   keep(played)                    the language model that the next episode starts from


class Sample(NamedTuple):
    """The texts of an episode, the same for all players."""
    blocks: Sequence[Block]
    task: Any = None  # for the world alone


class Played(NamedTuple):
    """The end of a player's training."""
    score: float  # on the texts for validation, the higher the better
    model: Any = None  # the language model that was pretrained further, for `keep`
    scalars: Dict[str, float] = {}  # for the record


class Tournament:
    """The players, and what has happened among them.

    Attributes:
      player: a Learner.
      opponent: a Learner; None for the random masker.
      records: {name: number} of each episode that was played.
    """

    def __init__(self, world: Any, player: Learner, opponent: Optional[Learner],
                 settings: PolicySettings, seed: int,
                 records: Optional[List[Dict[str, float]]] = None):
        """
        Args:
          world: see above.
          player: the policy that is learned.
          opponent: a Learner of the network of `player`, unless settings.opponent is "random".
          settings: how they play and learn.
          seed: of all draws.
          records: of the episodes before.
        """
        self._world, self._settings, self._seed = world, settings, seed
        self.player, self.opponent = player, opponent
        self.records = records if records is not None else []

    def play_episode(self) -> Dict[str, float]:
        """Plays the next episode; returns its record, which is among `records` then."""
        episode, world = len(self.records), self._world
        sample = world.sample(episode)
        turn = players.turn(self._seed, episode, sample.blocks, world.states(sample.blocks),
                            self._settings.masking_prob)
        choices = self._choices(turn)
        # Who masks as another does has its result.
        played = {name: world.play(episode, sample, chosen.positions)
                  for name, chosen in choices.items() if chosen is not None}
        own, random = played["player"], played["random"]
        other = played.get("opponent", random)
        against = {name: rewards.outcome(own.score, than.score)
                   for name, than in (("opponent", other), ("random", random))}
        record = {"score": own.score, "score_opponent": other.score, "score_random": random.score,
                  "outcome_opponent": against["opponent"], "outcome_random": against["random"],
                  "opponent_plays": float(choices["opponent"] is not None), **own.scalars}
        record.update(self._learn(turn, choices, against, rewards.outcome(
            other.score, random.score)))
        world.keep(own)
        self.records.append(self._counted(record))
        return record

    def _choices(self, turn: Turn) -> Dict[str, Optional[players.Choices]]:
        """The masks of all players; the opponent's are None where they are the random ones."""
        plays = self.opponent is not None and len(
            self.player.memory) >= self._settings.replay_start
        return {"random": players.at_random(turn), "player": self.player.choose(turn),
                "opponent": self.opponent.choose(turn) if plays else None}

    def _learn(self, turn, choices, against, opponent_against_random) -> Dict[str, float]:
        """Has all who learn remember the episode and learn; returns what there is to tell."""
        random = choices["random"]
        opponent = choices["opponent"] or random
        reward = self.player.remember(turn, choices["player"], opponent, random,
                                      against["opponent"], against["random"])
        found = {} if reward is None else {"reward": reward}
        if choices["opponent"] is not None and self._settings.opponent == "learning":
            self.opponent.remember(turn, opponent, choices["player"], random,
                                   -against["opponent"], opponent_against_random)
            self.opponent.learn(self._seed, turn.episode, self._settings)
        if self._settings.opponent == "frozen" and against["opponent"] > 0:
            self.opponent.take(dict(self.player.weights))  # those that have won
        found.update(self.player.learn(self._seed, turn.episode, self._settings))
        found["replay_entries"] = float(len(self.player.memory))
        return found

    def _counted(self, record: Dict[str, float]) -> Dict[str, float]:
        """The record with the counts of all episodes up to it."""
        last = self.records[-1] if self.records else {}
        below = record["score"] < max(record["score_opponent"], record["score_random"])
        for name, happened in (("wins_opponent", record["outcome_opponent"] > 0),
                               ("wins_random", record["outcome_random"] > 0),
                               ("losses_random", record["outcome_random"] < 0),
                               ("regrets", below)):
            record[name] = last.get(name, 0.0) + float(happened)
        return record


def means(records: Sequence[Dict[str, float]]) -> Dict[str, float]:
    """The mean of each number over the records that have it."""
    names = sorted({name for record in records for name in record})
    return {name: float(np.mean([r[name] for r in records if name in r])) for name in names}
