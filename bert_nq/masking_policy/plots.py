"""A picture of a run: who won, by how much, and how the policy learned, over the episodes."""
from typing import Dict, List, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bert_nq.base import files

_WIDTH, _HEIGHT, _DPI = 12, 10, 100  # inches: 1200 x 1000 pixels
# Colours that are told apart by people who see no red or green as well (Okabe and Ito 2008).
_PLAYER, _OPPONENT, _RANDOM = "#0072b2", "#d55e00", "#000000"
_REACH = 10  # episodes to both sides, of which the lines are means


def write_plot(records: Sequence[Dict[str, float]], path: str) -> None:
    """Writes a PNG of 1200 x 1000 pixels, atomically; `records` as history.json has them."""
    figure = draw(records)
    with files.replacing(path) as out:
        FigureCanvasAgg(figure).print_png(out)


def draw(records: Sequence[Dict[str, float]]) -> Figure:
    """Wins less losses, scores, and the policy's entropy and value loss."""
    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_DPI, layout="constrained")
    figure.suptitle("Masking policy, %d episodes" % len(records))
    wins, scores, learning = figure.subplots(3, 1, sharex=True)
    for axes, title in ((wins, "Wins less losses of the policy, all episodes so far"),
                        (scores, "Score on validation texts, mean of up to %d episodes"
                         % (2 * _REACH + 1)),
                        (learning, "The policy: entropy (1 is no choice) and value loss")):
        axes.set_title(title)
        axes.grid(alpha=0.3)
    for name, label, colour in (("outcome_random", "against random masks", _RANDOM),
                                ("outcome_opponent", "against the opponent", _OPPONENT)):
        _line(wins, range(1, len(records) + 1), np.cumsum([r[name] for r in records]), label,
              colour)
    wins.axhline(0, color="#888888", linewidth=0.8)
    for name, label, colour in (("score", "policy", _PLAYER),
                                ("score_opponent", "opponent", _OPPONENT),
                                ("score_random", "random masks", _RANDOM)):
        _line(scores, range(1, len(records) + 1), _smoothed([r[name] for r in records]), label,
              colour)
    for name, label, colour in (("entropy", "entropy", _PLAYER),
                                ("value_loss", "value loss", _OPPONENT)):
        there = [(i, r[name]) for i, r in enumerate(records, 1) if name in r]
        if there:
            _line(learning, [i for i, _ in there], _smoothed([v for _, v in there]), label, colour)
    learning.set_xlabel("episode")
    learning.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _line(axes: Axes, numbers: Sequence[int], values: Sequence[float], label: str,
          colour: str) -> None:
    axes.plot(list(numbers), list(values), label=label, color=colour, linewidth=1.6,
              marker="o" if len(values) < 3 else None)
    axes.legend(loc="best", frameon=False)


def _smoothed(values: Sequence[float]) -> List[float]:
    return [float(np.mean(values[max(0, i - _REACH):i + _REACH + 1])) for i in range(len(values))]
