"""The settings of a masking policy and of its episodes, named as the flags are."""
from typing import Any, Dict, List, NamedTuple

from bert_nq.base.errors import UserError
from bert_nq.masking_policy.replay import STRATEGIES

OBJECTIVES = ("ppo", "importance", "plain")
ENTROPIES = ("summed", "normalised")
OPPONENTS = ("learning", "frozen", "random")


class PolicySettings(NamedTuple):
    """How players choose, and how policies learn. Defaults are the source's, but for ratio_clip."""
    masking_prob: float = 0.05  # the share of a block that every player masks
    opponent: str = "learning"  # one of OPPONENTS, see players
    objective: str = "ppo"  # one of OBJECTIVES, see graphs.losses
    ratio_clip: float = 0.2  # of "ppo"; 0: not clipped, as in the source
    importance_cap: float = 0.0  # the largest weight of "importance"; 0: none
    entropy: str = "summed"  # one of ENTROPIES
    entropy_weight: float = 0.01
    policy_learning_rate: float = 1e-4
    replay_capacity: int = 50000
    replay_states: int = 5000
    replay_start: int = 500  # entries with which learning, and the opponent, begin
    replay_strategies: str = "A"  # letters of replay.STRATEGIES
    replay_batch_size: int = 64
    replay_updates: int = 10  # of an episode

    def check(self) -> "PolicySettings":
        """Raises UserError where the settings contradict each other; returns itself."""
        unknown = sorted(set(self.replay_strategies) - set(STRATEGIES))
        if unknown or not self.replay_strategies:
            raise UserError("--replay_strategies=%s: give one or several of the letters %s"
                            % (self.replay_strategies, "".join(STRATEGIES)))
        if self.replay_start < self.replay_batch_size:
            raise UserError("--replay_start=%d is less than --replay_batch_size=%d: learning would "
                            "begin with fewer entries than an update takes"
                            % (self.replay_start, self.replay_batch_size))
        if self.replay_capacity < self.replay_start:
            raise UserError("--replay_capacity=%d is less than --replay_start=%d: learning would "
                            "never begin" % (self.replay_capacity, self.replay_start))
        if not 0 < self.masking_prob <= 1:
            raise UserError("--masking_prob=%g: give a share above 0, of at most 1"
                            % self.masking_prob)
        return self


class EpisodeSettings(NamedTuple):
    """The trainings of an episode. Defaults are the source's for classification with BERT."""
    episode_contexts: int = 200  # texts that an episode draws
    episode_blocks: int = 200  # of their blocks, at most
    episode_rows: int = 1000  # of their rows of the task, at most
    validation_share: float = 0.1  # of the texts, which no episode trains on
    validation_rows: int = 10000  # of these, at most
    block_size: int = 256  # pieces, [CLS] and [SEP] counted
    mlm_epochs: int = 3
    mlm_learning_rate: float = 2e-5
    mlm_batch_size: int = 8
    task_epochs: int = 5
    task_learning_rate: float = 2e-5
    task_batch_size: int = 8
    adam_epsilon: float = 1e-8
    precision: str = "fp32"

    @property
    def blocks_looked_at(self) -> int:
        """How many blocks the language model looks at together without training, as in the source.
        """
        return 4 * self.mlm_batch_size

    @property
    def rows_scored(self) -> int:
        """How many rows or windows of the task are scored together, as in the source."""
        return 4 * self.task_batch_size


def differences(before: Dict[str, Any], now: Dict[str, Any]) -> List[str]:
    """What differs between the settings of a run and those with which it is to go on."""
    return ["--%s was %s and is %s" % (name, before.get(name), value)
            for name, value in sorted(now.items()) if before.get(name) != value]
