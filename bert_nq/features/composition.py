"""The composition of training steps: how many rows of each kind stand together."""
from typing import NamedTuple, Sequence, Tuple

from bert_nq.base.errors import UserError
from bert_nq.features.featurizer import Featurizer


class Composition(NamedTuple):
    """Rows come in groups; each has so many of every kind, in the order of the kinds.

    The rows of a kind are used up and begin anew by themselves, whatever the others do.
    """
    label: str  # the feature whose values are the kinds
    counts: Tuple[int, ...]  # of each value, from 0

    def __str__(self) -> str:
        return ",".join(map(str, self.counts))


def kinds_of(featurizer: Featurizer) -> Sequence[str]:
    """The names of the kinds of rows that a task has; none where it has no such kinds."""
    return next((feature.classes for feature in featurizer.spec
                 if feature.name == featurizer.kinds), ())


def parse(values: Sequence[str], featurizer: Featurizer) -> Composition:
    """The composition of a flag's values, such as ["3", "3", "2"].

    Raises:
      UserError: they are not one number of 0 or more for each kind.
    """
    kinds = kinds_of(featurizer)
    if len(values) != len(kinds) or not all(value.strip().isdigit() for value in values) or not (
            any(map(int, values))):
        raise UserError("--step_composition=%s: %d numbers are wanted, how many rows there are of "
                        "%s" % (",".join(values), len(kinds), ", ".join(kinds).lower()))
    assert featurizer.kinds is not None
    return Composition(featurizer.kinds, tuple(map(int, values)))
