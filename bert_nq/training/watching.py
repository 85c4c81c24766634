"""The watch over each step's losses: alarms, the history, a progress bar, TensorBoard."""
import array
import contextlib
import time
from typing import Callable, Dict, Iterator, Mapping, NamedTuple, Optional, Sequence

from bert_nq.scoring.measure import Measure
from bert_nq.training import alarms, summaries
from bert_nq.training.history import Evaluation, History
from bert_nq.training.progress import TrainingProgress

SEQ_LENGTH = "seq_length"  # the scalar: places of a step's windows, where steps differ


class Tally(NamedTuple):
    """The steps of one process, in short."""
    first_loss: float  # mean over the first tenth of them
    last_loss: float  # over the last tenth
    # Without the first step, which prepares the graph, and without saving and scoring; None where
    # there is no other step.
    examples_per_second: Optional[float]
    data_wait: Optional[float]  # the share of the time in which the step waits for data


class Alarms:
    """Stops a run that cannot come to anything.

    Args:
      chance: from a sequence length to the losses of a model that knows nothing, see Head.chance.
      seq_length: of all steps whose scalars do not say their own as SEQ_LENGTH.
      num_warmup_steps: steps in which the learning rate rises.
      alarm_steps: the steps after the warm-up by which the losses must have left these; 0: no such
        alarm.
      skips_overflow: whether steps that overflow are left out, as fp16 has them.
    """

    def __init__(self, chance: Callable[[float], Mapping[str, float]], seq_length: int,
                 num_warmup_steps: int, alarm_steps: int, skips_overflow: bool):
        self._finite = alarms.FiniteAlarm(skips_overflow)
        self._stuck = alarms.StuckAlarm(
            lambda scalars: chance(scalars.get(SEQ_LENGTH, seq_length)),
            num_warmup_steps + alarm_steps) if chance(seq_length) and alarm_steps else None

    def check(self, step: int, scalars: Dict[str, float]) -> None:
        """Raises UserError where something is wrong."""
        self._finite.check(step, scalars)
        if self._stuck:
            self._stuck.check(step, scalars)


class Screen:
    """The view of the run while it goes on: a bar or lines, and TensorBoard.

    Args:
      output_dir: where TensorBoard's events go.
      first_step: the steps that were done before.
      num_steps: of the whole training.
      batch_size: windows of a step, on all devices.
      measure: which scores are shown.
      report: is given lines where there is no bar.
    """

    _SUMMARY_EVERY_SECONDS = 1.0

    def __init__(self, output_dir: str, first_step: int, num_steps: int, batch_size: int,
                 measure: Measure, report: Callable[[str], None]):
        self._measure = measure
        self.progress = TrainingProgress(num_steps, batch_size, first_step, report)
        self._summaries = summaries.SummaryWriter(output_dir, first_step)
        self._num_steps = num_steps
        self._last_summary = 0.0

    def on_step(self, step: int, scalars: Dict[str, float]) -> None:
        self.progress.update(step, scalars)
        now = time.time()
        if now - self._last_summary < self._SUMMARY_EVERY_SECONDS and step < self._num_steps:
            return
        self._last_summary = now
        shown = {name: value for name, value in scalars.items() if "seconds" not in name}
        if self.progress.examples_per_second is not None:
            shown.update(examples_per_second=self.progress.examples_per_second,
                         data_wait=self.progress.data_wait)
        self._summaries.add_step(step, shown)

    def on_evaluation(self, evaluation: Evaluation, is_best: bool) -> None:
        self._summaries.add_evaluation(*evaluation)
        self.progress.note("step %d: dev %s%s" % (
            evaluation.step, self._measure.line(evaluation.scores),
            ", the best so far" if is_best else ""))

    def close(self) -> None:
        self.progress.close()
        self._summaries.close()


class Watch:
    """Looks at the steps of a run as they come.

    Args:
      history: is given them.
      batch_size: windows of a step, on all devices.
      screen: shows them; None in all processes but one.
      alarms_: looks at them first.
    """

    def __init__(self, history: History, batch_size: int, screen: Optional[Screen],
                 alarms_: Alarms):
        self._history = history
        self._batch_size = batch_size
        self._screen = screen
        self._alarms = alarms_
        self._losses = array.array("f")
        self._seconds = self._waiting = 0.0  # of all steps but the first

    def on_step(self, step: int, scalars: Dict[str, float]) -> None:
        """Takes note of a step, counted from 1.

        Raises:
          UserError: an alarm; the step has no part in the history then.
        """
        self._alarms.check(step, scalars)
        if self._losses:
            self._seconds += scalars["seconds"]
            self._waiting += scalars["wait_seconds"]
        self._losses.append(scalars["loss"])
        self._history.add_step(step, dict(scalars, examples=self._batch_size))
        if self._screen:
            self._screen.on_step(step, scalars)

    def on_evaluation(self, evaluation: Evaluation, is_best: bool) -> None:
        if self._screen:
            self._screen.on_evaluation(evaluation, is_best)

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        """The time of this block has no part in the speed."""
        with contextlib.ExitStack() as stack:
            if self._screen:
                stack.enter_context(self._screen.progress.pause())
            yield

    def tally(self) -> Optional[Tally]:
        """The steps so far; None before the first."""
        if not self._losses:
            return None
        tenth = -(-len(self._losses) // 10)
        speed = wait = None
        if self._seconds:
            speed = (len(self._losses) - 1) * self._batch_size / self._seconds
            wait = self._waiting / self._seconds
        return Tally(_mean(self._losses[:tenth]), _mean(self._losses[-tenth:]), speed, wait)

    def close(self) -> None:
        if self._screen:
            self._screen.close()


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
