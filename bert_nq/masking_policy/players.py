"""The players of an episode: a policy that learns, its opponent, and the random masker.

    learning   the opponent is a policy of its own, with weights and a memory like the player's
    frozen     it is a copy of the player, made anew whenever the player has won against it
    random     it is the random masker, whose result is used again

All mask the same number of positions of each block.
"""
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from bert_nq.features import maskings
from bert_nq.masking_policy import draws, masks, rewards
from bert_nq.masking_policy.blocks import Block
from bert_nq.masking_policy.replay import Experience, ReplayMemory, State
from bert_nq.masking_policy.settings import PolicySettings

# Numbers of the players, for their draws.
PLAYER, OPPONENT, RANDOM = range(3)


class Choices(NamedTuple):
    """A player's masks of N blocks."""
    positions: List[np.ndarray]  # int64 [k] each, ascending
    log_probs: Sequence[np.ndarray] = ()  # float32 [k] each; of policies
    values: Sequence[float] = ()  # of each block; of policies


class Turn(NamedTuple):
    """All that choices depend on."""
    seed: int
    episode: int
    blocks: Sequence[Block]
    states: Sequence[State]
    budgets: Sequence[int]


def turn(seed: int, episode: int, blocks: Sequence[Block], hidden: Sequence[np.ndarray],
         masking_prob: float) -> Turn:
    """The turn of an episode; `hidden` are float32 [n, H] of each block."""
    return Turn(seed, episode, blocks,
                [State(h, block.ids, block.maskable) for h, block in zip(hidden, blocks)],
                [maskings.budget(len(block.ids), int(block.maskable.sum()), masking_prob)
                 for block in blocks])


def at_random(turn: Turn) -> Choices:
    """The choices of the random masker."""
    return Choices([
        masks.sample_any(block.maskable, k, _uniform(turn, RANDOM, block))
        for block, k in zip(turn.blocks, turn.budgets)])


def _uniform(turn: Turn, player: int, block: Block) -> np.ndarray:
    return draws.choice(turn.seed, turn.episode, player, block.key, len(block.ids))


class Learner:
    """A policy with its weights, its optimizer's and its memory.

    Args:
      network: a graphs.policy_graph.PolicyGraph, which several learners may share: it has the
        weights of the one that used it last.
      weights: {name: value} of the network's variables, the optimizer's among them.
      memory: what it learns from.
      number: PLAYER or OPPONENT.
      num_updates: how many updates its weights have had.
    """

    def __init__(self, network: Any, weights: Dict[str, np.ndarray], memory: ReplayMemory,
                 number: int, num_updates: int = 0):
        self._network, self.memory, self._number = network, memory, number
        self._weights: Dict[str, np.ndarray] = weights
        self.num_updates = num_updates

    @property
    def weights(self) -> Dict[str, np.ndarray]:
        """{name: value}, as they are now."""
        if self._network.user is self:
            self._weights = self._network.read()
        return self._weights

    def take(self, weights: Dict[str, np.ndarray]) -> None:
        """Goes on with these weights."""
        self._weights = weights
        if self._network.user is self:
            self._network.user = None

    def _used(self) -> Any:
        """The network with this learner's weights in it."""
        other = self._network.user
        if other is not self:
            if other is not None:
                other._weights = self._network.read()
            self._network.load(self._weights)
            self._network.user = self
        return self._network

    def choose(self, turn: Turn, best: bool = False) -> Choices:
        """Draws the masks of all blocks from the policy, or takes the likeliest."""
        found = self._used().act(turn.states)
        positions = [
            masks.largest(log_probs, k) if best
            else masks.sample(log_probs, k, _uniform(turn, self._number, block))
            for block, k, log_probs in zip(turn.blocks, turn.budgets, found.log_probs)]
        return Choices(positions, [log_probs[chosen] for log_probs, chosen in zip(
            found.log_probs, positions)], found.values)

    def log_probs(self, turn: Turn) -> List[np.ndarray]:
        """The policy's log-probabilities of each block, float32 [n]."""
        return self._used().act(turn.states).log_probs

    def remember(self, turn: Turn, own: Choices, opponent: Choices, random: Choices,
                 against_opponent: int, against_random: int) -> Optional[float]:
        """Adds what is credited to the memory; returns the mean reward, None without any."""
        found = []
        for i, block in enumerate(turn.blocks):
            credited = rewards.credited(own.positions[i], opponent.positions[i],
                                        random.positions[i], against_opponent, against_random)
            positions = np.array(list(credited), np.int64)
            log_probs = own.log_probs[i][np.searchsorted(own.positions[i], positions)]
            found.append(Experience((turn.episode, block.key), turn.states[i], positions,
                                    log_probs, float(own.values[i]),
                                    np.array(list(credited.values()), np.float32)))
        self.memory.add(found)
        all_rewards = np.concatenate([one.rewards for one in found])
        return float(all_rewards.mean()) if len(all_rewards) else None

    def learn(self, seed: int, episode: int, settings: PolicySettings) -> Dict[str, float]:
        """Makes an episode's updates; returns the means of their scalars, {} where none is due."""
        if len(self.memory) < settings.replay_start:
            return {}
        network, scalars = self._used(), []
        for step in range(settings.replay_updates):
            places = self.memory.draw(
                settings.replay_batch_size, settings.replay_strategies,
                draws.replay(seed, episode, self._number, step, len(self.memory)))
            done = network.update(self.memory.batch(places), self.num_updates)
            self.num_updates += 1
            self.memory.refresh(places, done.values)
            scalars.append(done.scalars)
        return {name: float(np.mean([one[name] for one in scalars])) for name in scalars[0]}
