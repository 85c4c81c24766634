"""The history of a training run: losses and speed over its steps, and the scores on dev.

The history is saved beside each checkpoint and read again on resuming, so that a run that was
interrupted has the same history, but for its times, as one that was not. The file is JSON:

    {"num_steps": 5763,            the run's length
     "block_steps": 4,             steps 1 to 4 are a block, 5 to 8 the next, ...
     "blocks": [
      {"step": 4,                  the last step of the block
       "steps": 4,                 how many steps of it were seen
       "loss": 4.41, ...           means over these steps (of the values that are finite)
       "seconds": 6.5,             but the sums of seconds, wait_seconds and examples
      }, ...],
     "unfinished": [               blocks as they were at a checkpoint in their middle; the last
      {"step": 5762, "steps": 2,   one may be still going on
       "sums": {"loss": 5.2, ...}, "counts": {"loss": 2, ...}}, ...],
     "evaluations": [
      {"step": 5763, "scores": {"KEY": 0.41, ...}}, ...]}
"""
import math
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from bert_nq.base import files
from bert_nq.base.errors import UserError
from bert_nq.base.numbers import is_finite

# Values that are added up in a block; of all others the mean is kept.
SUMMED = ("seconds", "wait_seconds", "examples")

_NUM_BLOCKS = 1000  # at least so many in a long run, and less than twice as many
_NUM_UNFINISHED = 100  # as many checkpoints as can be gone back to without a loss


class Block(NamedTuple):
    """Successive steps, taken together."""

    step: int  # the last of them
    steps: int
    values: Dict[str, float]


class Evaluation(NamedTuple):
    """The scores of the model after a step, by their keys."""

    step: int
    scores: Dict[str, float]

    def mean(self, keys: Sequence[str]) -> float:
        """The mean of the scores of some keys, by which models are compared."""
        return sum(self.scores[key] for key in keys) / len(keys)


class _Sums(NamedTuple):
    """A block that may go on: the sum and the number of each value's finite occurrences."""

    step: int
    steps: int
    sums: Dict[str, float]
    counts: Dict[str, int]

    def plus(self, later: "_Sums") -> "_Sums":
        return _Sums(later.step, self.steps + later.steps, _added(self.sums, later.sums),
                     _added(self.counts, later.counts))

    def block(self) -> Block:
        return Block(self.step, self.steps, {
            name: value if name in SUMMED else value / self.counts[name]
            for name, value in self.sums.items()})


def _added(some: Mapping[str, Any], others: Mapping[str, Any]) -> Dict[str, Any]:
    return dict(some, **{name: some.get(name, 0) + value for name, value in others.items()})


def _sums_of_step(step: int, scalars: Mapping[str, float]) -> _Sums:
    # A step whose fp16 gradients overflowed has an infinite norm, which would hide all others.
    finite = {name: float(value) for name, value in scalars.items() if math.isfinite(value)}
    return _Sums(step, 1, finite, dict.fromkeys(finite, 1))


def _sums_of_block(block: Block) -> _Sums:
    return _Sums(block.step, block.steps, {
        name: value if name in SUMMED else value * block.steps
        for name, value in block.values.items()}, dict.fromkeys(block.values, block.steps))


class History:
    """The steps and the evaluations of a run.

    A block is of K steps, K the largest power of 2 that makes 1,000 blocks or more of the run: so
    the blocks of a run that is lengthened can be merged to its new K.
    """

    def __init__(self, num_steps: int):
        self.num_steps = num_steps
        self.block_steps = 1 << (max(1, num_steps // _NUM_BLOCKS).bit_length() - 1)
        self.evaluations: List[Evaluation] = []
        self._finished: List[Block] = []
        self._open: Optional[_Sums] = None
        self._unfinished: List[_Sums] = []  # the open block's state at each write

    @property
    def blocks(self) -> List[Block]:
        """All blocks in the order of their steps; the last one may be unfinished."""
        return self._finished + ([self._open.block()] if self._open else [])

    @property
    def last_step(self) -> int:
        """The last step that was added, 0 before the first."""
        return self.blocks[-1].step if self.blocks else 0

    def add_step(self, step: int, scalars: Mapping[str, float]) -> None:
        """Adds a step's values.

        Args:
          step: counted from 1, and later than all before; steps may be left out.
          scalars: loss, its parts, gradient_norm, learning_rate and so on; and seconds,
            wait_seconds and examples. A value that is not finite is left out of its mean.
        """
        if step <= self._last_added():
            raise ValueError("step %d comes after step %d" % (step, self._last_added()))
        self._add(_sums_of_step(step, scalars))

    def _last_added(self) -> int:
        # Like last_step, without the copy of all blocks: it is asked at each step.
        if self._open:
            return self._open.step
        return self._finished[-1].step if self._finished else 0

    def _add(self, sums: _Sums) -> None:
        if self._open and self._index(self._open.step) != self._index(sums.step):
            self._finish()
        self._open = self._open.plus(sums) if self._open else sums
        if sums.step % self.block_steps == 0:
            self._finish()

    def _index(self, step: int) -> int:
        # With K = 4 the steps 1 to 4 are block 0.
        return (step - 1) // self.block_steps

    def _finish(self) -> None:
        self._finished.append(self._open.block())
        self._open = None

    def add_evaluation(self, step: int, scores: Mapping[str, float]) -> None:
        """Adds the scores of the model after `step`, in place of earlier ones of that step."""
        others = [e for e in self.evaluations if e.step != step]
        self.evaluations = sorted(others + [Evaluation(step, dict(scores))], key=lambda e: e.step)

    def best(self, keys: Sequence[str]) -> Optional[Evaluation]:
        """The evaluation with the highest mean score, the earliest of several; None without any.

        Args:
          keys: of the scores that count, see Measure.keys.
        """
        return max(self.evaluations, key=lambda e: (e.mean(keys), -e.step), default=None)

    def series(self, name: str) -> Tuple[List[int], List[float]]:
        """A value's steps and means, or sums, over the blocks that have it."""
        found = [(b.step, b.values[name]) for b in self.blocks if name in b.values]
        return [step for step, _ in found], [value for _, value in found]

    def upto(self, step: int) -> "History":
        """The history without what is later than `step`.

        The block that `step` cuts is as it was at the latest write() that is not after `step`:
        whole, if the history was written then.
        """
        result = self._empty_copy()
        result.evaluations = [e for e in self.evaluations if e.step <= step]
        result._finished = [b for b in self._finished if b.step <= step]
        result._unfinished = [s for s in self._unfinished if s.step <= step]
        states = [s for s in self._unfinished + ([self._open] if self._open else [])
                  if result._last_added() < s.step <= step]
        result._open = max(states, key=lambda s: s.step, default=None)
        return result

    def lengthened(self, num_steps: int) -> "History":
        """The history so far as that of a run of `num_steps`, its blocks merged to larger ones.

        Blocks that are already larger than that run's are kept as they are.
        """
        result = History(num_steps)
        result.evaluations = list(self.evaluations)
        if result.block_steps <= self.block_steps:
            same = self.upto(self.last_step)
            same.num_steps, same.evaluations = num_steps, result.evaluations
            return same
        for block in self._finished:
            result._add(_sums_of_block(block))
        if self._open:
            result._add(self._open)
        return result

    def _empty_copy(self) -> "History":
        result = History(self.num_steps)
        result.block_steps = self.block_steps
        return result

    def write(self, path: str) -> None:
        """Writes the history to a file, atomically. Belongs to each checkpoint: see upto()."""
        if self._open and self._open not in self._unfinished[-1:]:
            self._unfinished = (self._unfinished + [self._open])[-_NUM_UNFINISHED:]
        files.write_json(path, {
            "num_steps": self.num_steps,
            "block_steps": self.block_steps,
            "blocks": [dict(b.values, step=b.step, steps=b.steps) for b in self._finished],
            "unfinished": [s._asdict() for s in self._unfinished],
            "evaluations": [e._asdict() for e in self.evaluations],
        })

    @classmethod
    def read(cls, path: str) -> Optional["History"]:
        """The history in a file; None if there is no such file.

        Raises:
          UserError: it cannot be read, or holds something else.
        """
        content = files.read_json(path)
        if content is None:
            return None
        try:
            return cls._of_json(content)
        except (AttributeError, KeyError, TypeError, ValueError) as e:
            raise UserError("%s is not the history of a training run (%s: %s): remove it"
                            % (path, type(e).__name__, e)) from e

    @classmethod
    def _of_json(cls, content: Any) -> "History":
        result = cls(_count(content["num_steps"]))
        result.block_steps = _count(content["block_steps"], 1)
        for values in content["blocks"]:
            values = _numbers(values)
            result._finished.append(
                Block(_count(values.pop("step")), _count(values.pop("steps")), values))
        result._unfinished = [_Sums(
            _count(s["step"]), _count(s["steps"]), _numbers(s["sums"]),
            {name: _count(s["counts"][name], 1) for name in s["sums"]})
            for s in content["unfinished"]]
        if result._unfinished and result._unfinished[-1].step > result._last_added():
            result._open = result._unfinished[-1]
        result.evaluations = [Evaluation(_count(e["step"]), _numbers(e["scores"]))
                              for e in content["evaluations"]]
        return result

    @classmethod
    def resumed(cls, path: str, num_steps: int, step: int) -> "History":
        """The history for a run of `num_steps` that goes on after `step`.

        It is the file's, as far as it fits; empty if there is no file.

        Raises:
          UserError: see read().
        """
        history = cls.read(path) or cls(num_steps)
        return history.upto(step).lengthened(num_steps)


def _count(value: Any, least: int = 0) -> int:
    """A whole number as JSON has it; ValueError where it is something else, or too small."""
    if type(value) is not int or not least <= value < 2 ** 63:
        raise ValueError("%.40r is no number of steps" % (value,))
    return value


def _numbers(values: Any) -> Dict[str, Any]:
    """A copy of numbers by name; ValueError where one is no finite number."""
    for name, value in values.items():
        if not is_finite(value):
            raise ValueError("%s is %.40r, not a finite number" % (name, value))
    return dict(values)
