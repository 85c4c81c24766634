"""What stops a training run that has gone wrong, before it costs days."""
import collections
import math
from typing import Deque, Mapping

from bert_nq.base.errors import UserError

_LOSSES = ("loss", "start_loss", "end_loss", "type_loss")
_KEPT = "the last checkpoint is kept"

# A loss scale that began at 2^15 has sunk to 2^-35 by then: the scale is not what overflows.
_OVERFLOWS_IN_A_ROW = 50

# The share of a blind model's loss by which the loss must have fallen.
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
        """Looks at the losses and the gradient_norm of one step, as far as they are there.

        Raises:
          UserError: one is infinite or nan, and in fp16, the 50th time in a row.
        """
        bad = ["%s is %s" % (_named(name), float(scalars[name]))
               for name in _LOSSES + ("gradient_norm",)
               if name in scalars and not math.isfinite(scalars[name])]
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


def _named(name: str) -> str:
    return "the " + name.replace("_", " ")


class StuckAlarm:
    """Raises where the model has learned nothing about where answers are.

    A known failure of training BERT on Natural Questions, mostly of too high a learning rate: the
    encoder's outputs become equal at all S positions, so that each is as likely as another to be
    the start or the end, whose losses stay at ln(S).

    Args:
      seq_length: S, the wordpieces of a window.
      after_step: up to this step, which is behind the warm-up, nothing is said.
      window: how many steps' mean is taken; steps of this process.
    """

    def __init__(self, seq_length: int, after_step: int, window: int = 100):
        self._seq_length = seq_length
        self._after_step = after_step
        self._recent: Deque[float] = collections.deque(maxlen=window)

    def check(self, step: int, start_loss: float, end_loss: float) -> None:
        """Takes one step's losses into account; those that are not finite are passed over.

        Raises:
          UserError: their mean over the window is still within 3 % of ln(S), or above it.
        """
        mean = (start_loss + end_loss) / 2
        if math.isfinite(mean):
            self._recent.append(mean)
        if step <= self._after_step or len(self._recent) < self._recent.maxlen:
            return
        loss = sum(self._recent) / len(self._recent)
        blind = math.log(self._seq_length)
        if loss >= (1 - _MARGIN) * blind:
            raise UserError(
                "step %d: the loss of start and end over the last %d steps is %.3f, and %.3f = "
                "ln(%d) is that of a model to which all %d positions are equally likely: it has "
                "not learned where answers are; %s. Try a lower --learning_rate, a longer "
                "--warmup_proportion or more records, and check that --init_checkpoint was trained "
                "with this vocabulary" % (step, len(self._recent), loss, blind, self._seq_length,
                                          self._seq_length, _KEPT))
