"""Alarms that stop a training run that has gone wrong, before it costs days."""
import collections
import math
from typing import Callable, Deque, Iterator, Mapping, Sequence, Tuple

from bert_nq.base.errors import UserError

_KEPT = "the last checkpoint is kept"

# A loss scale that began at 2^15 has sunk to 2^-35 by then: it is not the scale that overflows.
_OVERFLOWS_IN_A_ROW = 50

# Share of a blind model's loss by which the loss must have fallen.
_MARGIN = 0.03


class FiniteAlarm:
    """Raises where a loss or the gradient is no number.

    Args:
      skips_overflow: whether the run scales its loss (fp16). Then a step that overflows is left out
        and the scale is halved, which is normal; many in a row are not.
    """

    def __init__(self, skips_overflow: bool = False):
        self._skips_overflow = skips_overflow
        self._in_a_row = 0

    def check(self, step: int, scalars: Mapping[str, float]) -> None:
        """Looks at the losses ("loss" and all that end in "_loss") and the gradient_norm of a step.

        Raises:
          UserError: one is infinite or nan, and in fp16, the 50th time in a row.
        """
        bad = ["%s is %s" % (_named(name), float(scalars[name])) for name in _looked_at(scalars)
               if not math.isfinite(scalars[name])]
        if not bad:
            self._in_a_row = 0
            return
        self._in_a_row += 1
        what = ", ".join(bad)
        if not self._skips_overflow:
            raise UserError("step %d: %s; %s. Try a lower --learning_rate or a longer "
                            "--warmup_proportion" % (step, what, _KEPT))
        if self._in_a_row >= _OVERFLOWS_IN_A_ROW:
            raise UserError(
                "step %d: %s, for the %dth time in a row although the loss scale was halved each "
                "time; %s. Try a lower --learning_rate, or bf16 or fp32 instead of fp16"
                % (step, what, self._in_a_row, _KEPT))


def _looked_at(scalars: Mapping[str, float]) -> Iterator[str]:
    yield from (name for name in ("loss",) if name in scalars)
    yield from (name for name in scalars if name.endswith("_loss"))
    yield from (name for name in ("gradient_norm",) if name in scalars)


def _named(name: str) -> str:
    return "the " + name.replace("_", " ")


class StuckAlarm:
    """Raises where the model has learned nothing.

    Args:
      chance: from the scalars of a step to {name of a loss: its value for a model to which all
        choices are equally likely}, see Head.chance; not empty. The mean of these losses is looked
        at.
      after_step: up to this step, which is behind the warm-up, nothing is said.
      window: how many steps' mean is taken; steps of this process.
    """

    def __init__(self, chance: Callable[[Mapping[str, float]], Mapping[str, float]],
                 after_step: int, window: int = 100):
        self._chance = chance
        self._after_step = after_step
        # The mean of the losses of a step, and that of a blind model.
        self._recent: Deque[Tuple[float, float]] = collections.deque(maxlen=window)

    def check(self, step: int, scalars: Mapping[str, float]) -> None:
        """Takes one step's losses into account; where they are not finite, or all 0, it is
        passed over.

        Args:
          step: counted from 1.
          scalars: of the step; where one of the losses is missing, nothing is said.

        Raises:
          UserError: their mean over the window is still within 3 % of the mean chance level, or
            above it.
        """
        chance = self._chance(scalars)
        if not all(name in scalars for name in chance):
            return
        mean = sum(scalars[name] for name in chance) / len(chance)
        # Losses of exactly 0 are those of a step in which no row has a label for them.
        if mean and math.isfinite(mean):
            self._recent.append((mean, sum(chance.values()) / len(chance)))
        if step <= self._after_step or len(self._recent) < self._recent.maxlen:
            return
        loss, blind = (sum(values) / len(values) for values in zip(*self._recent))
        if loss >= (1 - _MARGIN) * blind:
            raise UserError(
                "step %d: %s over the last %d steps is %.3f, and %.3f = ln(%.6g) is that of a "
                "model to which %.6g choices are equally likely: it has learned nothing; %s. Try a "
                "lower --learning_rate, a longer --warmup_proportion or more records, and check "
                "that --init_checkpoint was trained with this vocabulary" % (
                    step, _described(list(chance)), len(self._recent), loss, blind,
                    math.exp(blind), math.exp(blind), _KEPT))


def is_blind(losses: Mapping[str, float], chance: Mapping[str, float]) -> bool:
    """Whether the mean of losses is that of a model that has learned nothing: see StuckAlarm.

    Args:
      losses: by their names.
      chance: {name of some of these: its value for a model to which all choices are equally
        likely}; {}: not known, and then the answer is no.
    """
    mean = sum(losses[name] for name in chance)
    return bool(chance) and mean >= (1 - _MARGIN) * sum(chance.values())


def _described(names: Sequence[str]) -> str:
    if len(names) == 1:
        return _named(names[0])
    return "the mean of %s" % " and ".join(map(_named, names))
