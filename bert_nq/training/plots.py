"""A picture of a training run: its losses, and the scores on dev, over the steps."""
from typing import Iterator, List, Optional, Sequence, Tuple

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bert_nq.base import files
from bert_nq.scoring.measure import Measure
from bert_nq.training.history import History

_WIDTH, _HEIGHT, _DPI = 12, 9, 100  # inches: 1200 x 900 pixels
# Shares of these: room for all labels. Having it found by drawing takes half of the time.
_MARGINS = {"left": 0.07, "right": 0.93, "bottom": 0.06, "top": 0.92, "hspace": 0.12}

# Colours that are told apart by people who see no red or green as well (Okabe and Ito 2008).
_BLACK = "#000000"
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442")

Labels = Sequence[Tuple[str, str]]  # (name, label)

_SMOOTH_SHARE = 50  # the smooth line's value is a mean over a 50th of the run to both sides

_FEWEST_FALLS = 5  # with fewer there is no usual one
_SUDDEN = 4  # times as large as the usual fall of the learning rate from step to step
_DROP = "end of the warm-up: the decay, which counts from step 0, sets in"


def write_plot(history: History, path: str, measure: Measure, labels: Labels = ()) -> None:
    """Writes a PNG of 1200 x 900 pixels, atomically; arguments as in `draw`."""
    figure = draw(history, measure, labels)
    with files.replacing(path) as out:
        FigureCanvasAgg(figure).print_png(out)


def draw(history: History, measure: Measure, labels: Labels = ()) -> Figure:
    """The losses, the learning rate behind them, and below it the scores on dev, if there are any.

    Args:
      history: of the run.
      measure: which scores are drawn.
      labels: of losses, in the order in which they are drawn, see Head.labels.
    """
    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_DPI)
    figure.subplots_adjust(**_MARGINS)
    figure.suptitle("Training, step %s of %s" % (format(history.last_step, ","),
                                                 format(history.num_steps, ",")))
    if history.evaluations:
        above, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3, 2]})
        _draw_scores(below, history, measure)
    else:
        above = below = figure.subplots()
    _draw_losses(above, history, labels)
    below.set_xlabel("step")
    below.set_xlim(0, 1.015 * max(history.num_steps, 1))  # A mark at the end is not cut.
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _losses(history: History, labels: Labels) -> Iterator[Tuple[str, str, str]]:
    """Yields name, label and colour of each loss: the total, those with labels, then the others."""
    there = list(dict.fromkeys(name for block in history.blocks for name in block.values))
    if "loss" in there:
        yield "loss", "total", _BLACK
    known = [(name, label) for name, label in labels if name in there]
    others = [(name, name[:-len("_loss")].replace("_", " ")) for name in there
              if name.endswith("_loss") and name not in dict(labels)]
    for i, (name, label) in enumerate(known + others):
        yield name, label, _COLOURS[i % len(_COLOURS)]


def _draw_losses(axes: Axes, history: History, labels: Labels) -> None:
    for name, label, colour in _losses(history, labels):
        steps, values = history.series(name)
        reach = len(values) // _SMOOTH_SHARE
        if reach:
            axes.plot(steps, values, color=colour, alpha=0.2, linewidth=0.8)
        axes.plot(steps[reach:len(steps) - reach], smoothed(values, reach), color=colour,
                  label=label, linewidth=2.2 if name == "loss" else 1.4,
                  marker="o" if len(values) == 1 else None)  # A line through one point is none.
    axes.set_title("Loss of training")
    axes.set_ylabel("cross entropy (nats)")
    axes.set_ylim(bottom=0)
    axes.grid(color="0.9")
    _draw_learning_rate(axes, history)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper right")


def _draw_learning_rate(axes: Axes, history: History) -> None:
    steps, rates = history.series("learning_rate")
    if not steps:
        return
    behind = axes.twinx()
    behind.plot(steps, rates, color="0.75", linestyle="--", linewidth=1.2,
                marker="o" if len(rates) == 1 else None)
    behind.set_ylabel("learning rate (dashed)", color="0.55")
    behind.tick_params(axis="y", colors="0.55")
    behind.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))  # 5 under 1e-5
    behind.set_ylim(bottom=0)
    place = drop(rates)
    if place is not None:
        behind.annotate(_DROP, (steps[place], rates[place]), (12, 8), color="0.45", fontsize=8,
                        textcoords="offset points", va="center",
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})
    # The losses are in front of it.
    axes.set_zorder(behind.get_zorder() + 1)
    axes.set_frame_on(False)


def _draw_scores(axes: Axes, history: History, measure: Measure) -> None:
    steps = [e.step for e in history.evaluations]
    zeros = []
    for i, (key, label) in enumerate(measure.drawn()):
        colour = _COLOURS[i % len(_COLOURS)]
        best = history.best([key])
        if not any(e.scores[key] for e in history.evaluations):
            zeros.append(label)
            axes.plot(steps, [0.0] * len(steps), color=colour, marker="o", markersize=4,
                      label=label + ", always 0")
            continue
        axes.plot(steps, [e.scores[key] for e in history.evaluations], color=colour, marker="o",
                  markersize=4, label="%s, best %.3f at step %s"
                  % (label, best.scores[key], format(best.step, ",")))
        axes.plot([best.step], [best.scores[key]], color=colour, marker="*", markersize=16,
                  linestyle="none")
    axes.set_title(measure.title)
    axes.set_ylabel(measure.axis)
    axes.margins(y=0.1)
    if len(zeros) == len(measure.drawn()):
        axes.set_ylim(top=1)  # Else a range around 0 would be made up.
    axes.set_ylim(bottom=0)
    if zeros:
        axes.text(0.5, 0.5, "%s: 0 at every scoring" % " and ".join(zeros), color="0.35",
                  fontsize=12, ha="center", va="center", transform=axes.transAxes)
    axes.grid(color="0.9")
    axes.legend(loc="best")


def smoothed(values: List[float], reach: int) -> List[float]:
    """The mean of the `reach` values before each value, itself and the `reach` after it.

    The first and the last `reach` values have none: means of fewer values would be the rougher the
    nearer the ends, and the line would seem to jump there.
    """
    if not reach:
        return list(values)  # Not differences of sums, which round.
    total = [0.0]
    for value in values:
        total.append(total[-1] + value)
    width = 2 * reach + 1
    return [(total[i + width] - total[i]) / width for i in range(len(values) - width + 1)]


def drop(rates: Sequence[float]) -> Optional[int]:
    """The index of the last rate before a sudden drop; None where rates only rise or decay.

    BERT's schedule has one where the warm-up ends: the decay counts from step 0.
    """
    falls = [(before - after, i) for i, (before, after) in enumerate(zip(rates, rates[1:]))
             if after < before]
    if len(falls) < _FEWEST_FALLS:
        return None
    largest, place = max(falls)
    usual = sorted(fall for fall, _ in falls)[len(falls) // 2]
    return place if largest > _SUDDEN * usual else None
