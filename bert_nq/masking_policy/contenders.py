"""The contenders of a test: who chooses the masks of the further pretraining."""
from typing import Callable, List, NamedTuple, Optional

from bert_nq.features.maskings import Chosen
from bert_nq.features.maskings.masker import Masker
from bert_nq.masking_policy import draws
from bert_nq.masking_policy.players import Learner, Turn


class Contender(NamedTuple):
    """A way to mask blocks."""
    name: str
    # The positions of each block of a turn; None: there is no further pretraining.
    choose: Optional[Callable[[Turn], List[Chosen]]]
    looks: bool = False  # whether it reads the states of the turn


NONE = Contender("no further pretraining", None)


def of_policy(name: str, learner: Learner) -> Contender:
    """The likeliest positions of a policy."""
    def choose(turn: Turn) -> List[Chosen]:
        return list(map(Chosen, learner.choose(turn, best=True).positions))

    return Contender(name, choose, looks=True)


def of_rule(name: str, masker: Masker) -> Contender:
    """The positions of a rule of features.maskings, drawn anew for each block and epoch.

    Args:
      name: of the rule.
      masker: has the same budget as the policies.
    """
    def choose(turn: Turn) -> List[Chosen]:
        return [masker.choose(block.ids, draws.rule(turn.seed, turn.episode, block.key),
                              block.is_entity) for block in turn.blocks]

    return Contender("%s masks" % name, choose)
