"""Measures: the scores that decide between models, and those that are shown."""
from typing import Mapping, NamedTuple, Optional, Tuple


class Measure(NamedTuple):
    """A way to read the scores of a task, a dict from keys to numbers."""

    # Name, a value of --metric, to the keys of the scores whose mean is compared; higher is better.
    choices: Mapping[str, Tuple[str, ...]]
    default: str  # one of these names
    shown: Tuple[Tuple[str, str], ...]  # (key, label) of what lines, tables and pictures show
    title: str = "Scores on dev"  # of a picture
    axis: str = "score"  # beside its values
    legend: Tuple[Tuple[str, str], ...] = ()  # (key, label in pictures) where it is another one

    def keys(self, choice: Optional[str] = None) -> Tuple[str, ...]:
        """The keys of a choice, by default of the default one.

        Raises:
          ValueError: there is no such choice.
        """
        name = self.default if choice is None else choice
        if name not in self.choices:
            raise ValueError("unknown metric %r" % name)
        return tuple(self.choices[name])

    def line(self, scores: Mapping[str, float]) -> str:
        """The shown scores in a line: "long F1 0.412, short F1 0.301"."""
        return ", ".join("%s %.3f" % (label, scores[key]) for key, label in self.shown)

    def drawn(self) -> Tuple[Tuple[str, str], ...]:
        """(key, label) of the scores in pictures."""
        return tuple((key, dict(self.legend).get(key, label)) for key, label in self.shown)
