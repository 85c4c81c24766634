"""Shows how a training run goes: a bar on a terminal, a line now and then elsewhere."""
import contextlib
import math
import sys
import time
from typing import Callable, Iterator, Mapping, Optional

# The last steps count most in what is shown: of the loss some 50 steps, of the speed a minute.
_LOSS_DECAY = 0.98
_SPEED_SECONDS = 60.0


class Smoothed:
    """The exponentially decaying mean of a series, from its first value on (as Adam's moments)."""

    def __init__(self, decay: float):
        self._decay = decay
        self._sum = 0.0
        self._weight = 0.0

    def add(self, value: float) -> None:
        """Adds a value; one that is not finite is passed over."""
        if math.isfinite(value):
            self._sum = self._decay * self._sum + (1 - self._decay) * value
            self._weight = self._decay * self._weight + (1 - self._decay)

    @property
    def value(self) -> float:
        """The mean, nan before the first value."""
        return self._sum / self._weight if self._weight else math.nan


class Speed:
    """Steps per second and the share of the time that went into waiting, over the last minute.

    The first step of a process builds and compiles, and takes no part. Nor does the time of
    pauses.
    """

    def __init__(self):
        self._last: Optional[float] = None  # the time of the last step
        self._seconds = self._steps = self._waited = 0.0  # decaying sums

    def step(self, now: float, num_steps: int = 1, wait_seconds: float = 0.0) -> None:
        """Says that `num_steps` more are done at the time `now`, and how long they waited."""
        if self._last is not None:
            seconds = now - self._last
            kept = math.exp(-seconds / _SPEED_SECONDS)
            self._seconds = kept * self._seconds + seconds
            self._steps = kept * self._steps + num_steps
            self._waited = kept * self._waited + min(wait_seconds, seconds)
        self._last = now

    def leave_out(self, seconds: float) -> None:
        """Has the time since the last step be shorter than the clock says."""
        if self._last is not None:
            self._last += seconds

    @property
    def steps_per_second(self) -> Optional[float]:
        """None before the second step."""
        return self._steps / max(self._seconds, 1e-9) if self._steps else None

    @property
    def waiting(self) -> float:
        """The share of the time that was spent waiting for data, 0 to 1."""
        return self._waited / self._seconds if self._seconds else 0.0


class TrainingProgress:
    """The progress of a run on the screen: step, loss, learning rate, speed, waiting and time left.

    Args:
      num_steps: of the whole run.
      effective_batch: examples of one step, on all devices.
      start_step: the steps that were done before.
      report: is given lines, where standard error is not a terminal.
      every_seconds: the time between two such lines.
      bar: whether to draw a bar on standard error; by default if it is a terminal.
      clock: tells the seconds.
    """

    def __init__(self, num_steps: int, effective_batch: int, start_step: int,
                 report: Callable[[str], None], every_seconds: float = 10.0,
                 bar: Optional[bool] = None, clock: Callable[[], float] = time.monotonic):
        self._num_steps = num_steps
        self._effective_batch = effective_batch
        self._step = start_step
        self._report = report
        self._every_seconds = every_seconds
        self._clock = clock
        self._loss = Smoothed(_LOSS_DECAY)
        self._speed = Speed()
        self._last_line: Optional[float] = None
        self._bar = None
        if sys.stderr.isatty() if bar is None else bar:
            from tqdm import tqdm
            self._bar = tqdm(total=num_steps, initial=start_step, dynamic_ncols=True,
                             bar_format="{percentage:3.0f}%|{bar}| {desc}")

    @property
    def examples_per_second(self) -> Optional[float]:
        """Over the last minute; None before the second step."""
        steps = self._speed.steps_per_second
        return None if steps is None else steps * self._effective_batch

    @property
    def data_wait(self) -> float:
        """The share of the last minute that was spent waiting for data, 0 to 1."""
        return self._speed.waiting

    def update(self, step: int, scalars: Mapping[str, float]) -> None:
        """Takes note of a step that is done.

        Args:
          step: counted from 1.
          scalars: its loss, learning_rate and wait_seconds; the last two may be missing.
        """
        now = self._clock()
        self._loss.add(scalars["loss"])
        self._speed.step(now, step - self._step, scalars.get("wait_seconds", 0.0))
        self._step = step
        if self._bar is not None:
            self._bar.set_description_str(self._text(scalars), refresh=False)
            self._bar.update(step - self._bar.n)
            return
        if self._last_line is None:
            self._last_line = now  # The first step has no speed to be shown.
            if step < self._num_steps:
                return
        elif now - self._last_line < self._every_seconds and step < self._num_steps:
            return
        self._last_line = now
        self._report(self._text(scalars))

    def _text(self, scalars: Mapping[str, float]) -> str:
        parts = ["step %d/%d" % (self._step, self._num_steps), "loss %.3f" % self._loss.value]
        if "learning_rate" in scalars:
            parts.append("lr %.2g" % scalars["learning_rate"])
        steps_per_second = self._speed.steps_per_second
        if steps_per_second is not None:
            left = (self._num_steps - self._step) / steps_per_second
            parts += ["%.1f examples/s" % self.examples_per_second,
                      "data wait %.0f %%" % (100 * self.data_wait), clock(left) + " left"]
        return "  ".join(parts)

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        """The time of this block, such as that of saving, has no part in the speed."""
        start = self._clock()
        try:
            yield
        finally:
            self._speed.leave_out(self._clock() - start)

    def note(self, line: str) -> None:
        """Shows a line that stays."""
        if self._bar is not None:
            self._bar.write(line, file=sys.stderr)
        else:
            self._report(line)

    def close(self) -> None:
        """Leaves the bar as it is. To be called in any case; twice does no harm."""
        if self._bar is not None:
            self._bar.close()


def clock(seconds: float) -> str:
    """Seconds as hours, minutes and seconds: 0:38:00."""
    minutes, seconds = divmod(int(round(seconds)), 60)
    return "%d:%02d:%02d" % (minutes // 60, minutes % 60, seconds)
